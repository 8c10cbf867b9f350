import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from '../process/start-error.ts';

/** One folder of `migrations/`. */
export interface MigrationFile {
  /** The folder's name; the order of names is the order of application. */
  name: string;
  sql: string;
}

/** The migrations of one service. */
export interface MigrationFiles {
  /** Absolute path of `migrations/`. */
  folder: string;
  /** Text of `schema.prisma`. */
  datamodel: string;
  migrations: MigrationFile[];
  /** Changes when any migration does. */
  hash: string;
}

/**
 * Reads `schema.prisma` and `migrations/NNNN_name/migration.sql` below `dir`.
 *
 * @throws StartError when one of them is missing
 */
export function readMigrations(dir: string): MigrationFiles {
  const folder = resolve(dir, 'migrations');
  const schemaFile = resolve(dir, 'schema.prisma');
  if (!existsSync(schemaFile)) throw new StartError(`${schemaFile} is missing`);
  const names = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];
  const migrations = names.map((name) => {
    const file = join(folder, name, 'migration.sql');
    if (!existsSync(file)) throw new StartError(`${file} is missing`);
    return { name, sql: readFileSync(file, 'utf8') };
  });
  const hash = createHash('sha256').update(JSON.stringify(migrations)).digest('hex');
  return { folder, datamodel: readFileSync(schemaFile, 'utf8'), migrations, hash };
}

/** The checksums that Prisma may have stored for this script: Git may have changed its line ends since. */
export function checksumsOf(sql: string): string[] {
  const lf = sql.replaceAll('\r\n', '\n');
  return [sql, lf, lf.replaceAll('\n', '\r\n')].map((text) => createHash('sha256').update(text).digest('hex'));
}
