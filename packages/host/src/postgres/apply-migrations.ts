import { createHash } from 'node:crypto';
import pg from 'pg';
import { StartError } from '../process/start-error.ts';
import type { MigrationFiles } from './migration-files.ts';

/** As Prisma makes it, so that its own commands can go on from here. */
const tableOf = (list: string) => `
  CREATE TABLE ${list} (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL,
    logs TEXT,
    rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;
const noteIn = (list: string) => `
  INSERT INTO ${list} (id, checksum, finished_at, migration_name, applied_steps_count)
  VALUES (gen_random_uuid(), $1, clock_timestamp(), $2, 1)`;
/** What somebody may have put into a schema; what an extension brought is nobody's. */
const FIRST_OBJECT = `
  SELECT relname AS name FROM pg_class
  WHERE relnamespace = $1::regnamespace AND relkind NOT IN ('i', 'I') AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = pg_class.oid AND d.deptype = 'e')
  UNION ALL
  SELECT proname FROM pg_proc
  WHERE pronamespace = $1::regnamespace AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = pg_proc.oid AND d.deptype = 'e')
  ORDER BY 1 LIMIT 1`;

/**
 * Runs what is pending, in the transaction and on the `search_path` of `client`, and notes it as Prisma's `migrate deploy`
 * does. Prisma's own engine does the same with 0.6 s of CPU to get under way.
 *
 * @returns names of the migrations that were run
 * @throws StartError when a script fails, when Prisma's own has left one half done, or when the schema holds what no
 *   migration has made
 */
export async function applyMigrations(
  client: pg.Client,
  schema: string,
  { migrations }: MigrationFiles,
): Promise<string[]> {
  const list = `${pg.escapeIdentifier(schema)}._prisma_migrations`;
  const finished = await openList(client, schema, list);
  const pending = migrations.filter(({ name }) => !finished.has(name));
  for (const { name, sql } of pending) {
    try {
      await client.query(sql);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StartError(`migrating ${schema} failed at ${name}: ${reason}`, { cause: error });
    }
    await client.query(noteIn(list), [createHash('sha256').update(sql).digest('hex'), name]);
  }
  return pending.map(({ name }) => name);
}

/** Makes schema and list where they are missing. @returns names of what was applied before */
async function openList(client: pg.Client, schema: string, list: string): Promise<Set<string>> {
  const name = pg.escapeIdentifier(schema);
  // Asked for first: `IF NOT EXISTS` demands the right to create even when there is nothing to do.
  const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`CREATE SCHEMA ${name}`);
  const { rows } = await client.query('SELECT to_regclass($1) IS NULL AS missing', [list]);
  if (rows[0].missing) {
    const found = await client.query<{ name: string }>(FIRST_OBJECT, [name]);
    if (found.rows[0]) {
      throw new StartError(
        `migrating ${schema} failed: the schema holds ${found.rows[0].name} and no list of migrations: they need a schema of their own`,
      );
    }
    await client.query(tableOf(list));
    return new Set();
  }
  const { rows: known } = await client.query<{ name: string; isFinished: boolean }>(
    `SELECT migration_name AS name, finished_at IS NOT NULL AS "isFinished" FROM ${list}
     WHERE rolled_back_at IS NULL`,
  );
  const halfDone = known.find(({ isFinished }) => !isFinished);
  if (halfDone) {
    throw new StartError(
      `migrating ${schema} failed: ${halfDone.name} was begun by Prisma's own command and did not end: resolve it with that first`,
    );
  }
  return new Set(known.map(({ name }) => name));
}
