import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftMigration, readMigrations, StartError } from '@gongu/host';
import type { MigrationArguments } from './arguments.ts';

/**
 * Writes the migration that the arguments ask for.
 *
 * @param url of a PostgreSQL whose role may create databases
 * @returns the file's path; null when nothing differs, and then nothing is written
 * @throws StartError when the name is taken, or the files are no good
 */
export async function writeMigration({ service, name, dir }: MigrationArguments, url: string): Promise<string | null> {
  const { folder, migrations } = readMigrations(dir);
  const taken = migrations.find((one) => one.name.replace(/^\d+_/, '') === name);
  if (taken) throw new StartError(`there is a migration ${taken.name} already: give this one another name`);
  const sql = await draftMigration({ url, schema: service, dir });
  if (sql === '') return null;
  const last = Math.max(0, ...migrations.map((one) => Number.parseInt(one.name, 10) || 0));
  const path = join(folder, `${String(last + 1).padStart(4, '0')}_${name}`);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'migration.sql'), sql);
  return join(path, 'migration.sql');
}
