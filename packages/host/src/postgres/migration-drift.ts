import { readMigrations } from './migration-files.ts';
import { migrationList, openSchemaEngine } from './schema-engine.ts';
import { connectTo, openScratchDatabase } from './scratch-database.ts';

/**
 * SQL that leads from what the migrations build to what `schema.prisma` says; empty when both agree. It is the body of
 * the next migration, or the proof that one was forgotten. Needs a role that may create databases (a scratch one is
 * made and dropped). What Prisma does not model is not compared: functions are `draftMigration`'s, checks and partial
 * indexes nobody's.
 */
export async function diffMigrations(options: { url: string; schema: string; dir: string }): Promise<string> {
  const { url, schema, dir } = options;
  const files = readMigrations(dir);
  const client = await connectTo(url, schema);
  try {
    await client.query('BEGIN'); // the engine's connection wants to be in a transaction; nothing is written here
    const openShadow = () => openScratchDatabase(url, schema);
    const engine = await openSchemaEngine({ client, schema, openShadow }, files.datamodel);
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrationList(files) },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: files.datamodel }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    const sql = (stdout ?? '').trim();
    return sql.startsWith('-- This is an empty migration') ? '' : sql;
  } finally {
    await client.end();
  }
}
