import pg from 'pg';
import type { Logger } from '../log.ts';
import { StartError } from '../process/start-error.ts';
import { isUnavailable } from './fate.ts';
import { checksumsOf, type MigrationFiles, readMigrations } from './migration-files.ts';
import { migrationList, openSchemaEngine } from './schema-engine.ts';
import {
  NO_LIMITS,
  type Pooler,
  sessionSettings,
  settingStatement,
  withoutSettings,
  withSettings,
} from './session-settings.ts';

export interface MigrateOptions {
  /** Connection URL of a role that may create the schema (or owns it). */
  url: string;
  /** PostgreSQL schema of the service; made if missing. Prisma's `_prisma_migrations` lives in it too. */
  schema: string;
  /** Folder with `schema.prisma` and `migrations/`. */
  dir: string;
  log?: Logger;
  /** What stands between. @default 'none' */
  pooler?: Pooler;
  /** Milliseconds to wait while another instance migrates. @default 60_000 */
  lockTimeoutMs?: number;
}

/** "gong": one lock for a database, because schemas and extensions of two services can get into each other's way. */
const LOCK = 0x676f6e67;

/**
 * Prisma's `migrate deploy` without its native engine. All pending migrations are applied in one transaction: a start
 * that is killed or fails half way leaves the database as it was. The lock is the transaction's too: behind a pooler a
 * session outlives its client, and would keep it. So a migration must not use `CREATE INDEX
 * CONCURRENTLY`, `COMMIT` and the like. Any number of instances may call it at once. Up to date costs one query.
 *
 * @returns names of the migrations applied now
 * @throws StartError when a script fails, or one that was applied has been edited since
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const { schema, dir, log, lockTimeoutMs = 60_000 } = options;
  const files = readMigrations(dir);
  return connected(options, async (client) => {
    if (await isUpToDate(client, schema, files)) return { applied: [] };
    const applied = await inTransaction(client, schema, async () => {
      await lock(client, lockTimeoutMs);
      return (await isUpToDate(client, schema, files)) ? [] : await apply(client, schema, files);
    });
    if (applied.length > 0) log?.info({ schema, applied }, 'migrations applied');
    return { applied };
  });
}

/**
 * Whether all migrations are there already.
 *
 * @throws StartError when one that was applied has been edited since
 */
export async function isMigrated(options: MigrateOptions): Promise<boolean> {
  return connected(options, (client) => isUpToDate(client, options.schema, readMigrations(options.dir)));
}

/**
 * Whether the role of `url` may work with what the migrations have made: read and write its tables, count with its
 * sequences, call its functions.
 *
 * @throws StartError with one line that says what is missing, and how to give it
 */
export async function requireRights(options: MigrateOptions): Promise<void> {
  const { schema } = options;
  await connected(options, async (client) => {
    const { rows } = await client.query<{ role: string; missing: string[] }>(MISSING_RIGHTS, [schema]);
    const { role, missing } = rows[0]!;
    if (missing.length === 0) return;
    const [name, to] = [schema, role].map((one) => pg.escapeIdentifier(one));
    const rights = `SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${name}`;
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
    throw new StartError(
      `the role ${to} lacks rights in the schema ${name} (${missing.slice(0, NAMED).join(', ')}${more}): connect as its owner, or GRANT ${rights} TO ${to}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${name} TO ${to}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${name} TO ${to}`,
    );
  });
}

/** Missing rights that are named. */
const NAMED = 3;
/** Every table is read and written; what is only added to, such as the audit, needs no UPDATE. */
const MISSING_RIGHTS = `
  SELECT current_user::text AS role, coalesce(array_agg(lacks.right ORDER BY lacks.right), '{}') AS missing FROM (
    SELECT kind || ' on ' || c.relname AS right
    FROM pg_class c CROSS JOIN (VALUES ('SELECT'), ('INSERT')) k (kind)
    WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND c.relkind IN ('r', 'p')
      AND c.relname <> '_prisma_migrations' AND NOT has_table_privilege(c.oid, kind)
    UNION ALL
    SELECT 'USAGE on ' || c.relname FROM pg_class c
    WHERE c.relnamespace = to_regnamespace(quote_ident($1))
      AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'USAGE') END
    UNION ALL
    SELECT 'EXECUTE on ' || p.proname FROM pg_proc p
    WHERE p.pronamespace = to_regnamespace(quote_ident($1)) AND NOT has_function_privilege(p.oid, 'EXECUTE')
  ) lacks`;

async function connected<T>(options: MigrateOptions, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(options);
  try {
    return await work(client);
  } catch (error) {
    // What PostgreSQL refuses here is the operator's to allow: tables that are another role's, for instance.
    if (!(error instanceof pg.DatabaseError) || isUnavailable(error)) throw error;
    throw new StartError(`migrating ${options.schema} failed: ${error.message}`, { cause: error });
  } finally {
    await client.end();
  }
}

async function connect({ url, schema, pooler = 'none' }: MigrateOptions): Promise<pg.Client> {
  const isDirect = pooler === 'none';
  const connectionString = isDirect ? withSettings(url, sessionSettings(schema, NO_LIMITS)) : withoutSettings(url);
  const client = new pg.Client({ connectionString, application_name: 'gongu migrate' });
  client.on('error', () => {}); // what was under way fails by itself
  await client.connect();
  return client;
}

/** One transaction, with the settings that a pooler may have kept from its session, and no end in time. */
async function inTransaction<T>(client: pg.Client, schema: string, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    await client.query(settingStatement(sessionSettings(schema, NO_LIMITS), true));
    await client.query(
      `SELECT set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) <> '0'`,
    );
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function isUpToDate(client: pg.Client, schema: string, { migrations }: MigrationFiles): Promise<boolean> {
  const table = `${pg.escapeIdentifier(schema)}._prisma_migrations`;
  const { rows: found } = await client.query('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (!found[0].there) return false;
  const { rows } = await client.query<{ name: string; checksum: string }>(
    `SELECT migration_name AS name, checksum FROM ${table} WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
  );
  const checksums = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const pending = migrations.filter(({ name, sql }) => {
    const stored = checksums.get(name);
    if (stored !== undefined && !checksumsOf(sql).includes(stored)) {
      throw new StartError(
        `migration ${name} of ${schema} was edited after it had been applied: add a new one instead`,
      );
    }
    return stored === undefined;
  });
  return pending.length === 0;
}

async function lock(client: pg.Client, timeoutMs: number): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = ${Math.ceil(timeoutMs)}`);
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error; // lock_not_available
    throw new StartError(`another instance has been migrating for more than ${timeoutMs} ms`, { cause: error });
  }
  await client.query('SET LOCAL lock_timeout = 0');
}

async function apply(client: pg.Client, schema: string, files: MigrationFiles): Promise<string[]> {
  let scriptError: unknown;
  try {
    // Asked for first: `IF NOT EXISTS` demands the right to create even when there is nothing to do.
    const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
    if (rowCount === 0) await client.query(`CREATE SCHEMA ${pg.escapeIdentifier(schema)}`);
    const onScriptError = (error: unknown) => (scriptError = error);
    const engine = await openSchemaEngine({ client, schema, onScriptError }, files.datamodel);
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationList(files),
      filters: { externalTables: [], externalEnums: [] },
    });
    return appliedMigrationNames;
  } catch (error) {
    throw new StartError(`migrating ${schema} failed${reasonOf(error, scriptError)}`, { cause: scriptError ?? error });
  }
}

// The engine's report names the migration, in many lines of its own source; the database's words tell what is wrong.
function reasonOf(error: unknown, scriptError: unknown): string {
  const report = error instanceof Error ? error.message : String(error);
  const name = /migration_name="([^"]+)"/.exec(report)?.[1];
  const reason = scriptError instanceof Error ? scriptError.message : report.replace(/\s+/g, ' ').trim();
  return name ? ` at ${name}: ${reason}` : `: ${reason}`;
}
