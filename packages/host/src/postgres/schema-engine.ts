import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from '@prisma/driver-adapter-utils';
import type * as Engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import type { MigrationFiles } from './migration-files.ts';
import { loadEngine } from './schema-engine-module.ts';

/** Where the engine works: one connection whose `search_path` is `schema`. */
export interface EngineTarget {
  client: pg.Client;
  schema: string;
  /** Hears why a script failed: the engine's own report has lost it. */
  onScriptError?(error: unknown): void;
  /** An empty database for comparing; only `diff` needs one. */
  openShadow?(): Promise<{ client: pg.Client; close(): Promise<void> }>;
}

/** Prisma's own schema engine on that connection. */
export async function openSchemaEngine(target: EngineTarget, datamodel: string): Promise<Engine.SchemaEngine> {
  const { SchemaEngine } = await loadEngine();
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterFactory(target));
  return SchemaEngine.new({ datamodels: [['schema.prisma', datamodel]] }, () => {}, adapter);
}

/** `files` as the engine wants them. */
export function migrationList({ folder, migrations }: MigrationFiles): Engine.MigrationList {
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}

function adapterFactory(target: EngineTarget): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connectionAdapter(target),
    async connectToShadowDb() {
      const shadow = await target.openShadow?.();
      if (!shadow) throw new Error('no shadow database was offered');
      return connectionAdapter({ ...target, client: shadow.client }, shadow.close);
    },
  };
}

/** PostgreSQL's internal one-byte type `"char"`, and `text`. */
const CHAR_OID = 18;
const TEXT_OID = 25;

/**
 * Prisma's adapter on one connection, inside a transaction that its owner opened. Four things differ from the
 * original: scripts go to the server whole (the original cuts them at every `;`, which ends a PL/pgSQL body in its
 * middle), a query that fails does not abort the transaction (the engine asks for tables that may not be there),
 * the catalogue's `"char"` columns are read (the original refuses them), and the engine's own lock ends with the
 * transaction (a pooler's session would keep it when we are gone).
 */
async function connectionAdapter(
  { client, schema, onScriptError }: Pick<EngineTarget, 'client' | 'schema' | 'onScriptError'>,
  dispose: () => Promise<void> = async () => {},
): Promise<SqlDriverAdapter> {
  const charColumns = new WeakMap<unknown[], number[]>();
  const query = async (config: pg.QueryConfig | string): Promise<pg.QueryResult> => {
    await client.query('SAVEPOINT engine');
    try {
      const result = await client.query(lockedByTransaction(config) as pg.QueryConfig);
      await client.query('RELEASE SAVEPOINT engine');
      const columns = (result.fields ?? []).flatMap((field, i) => (field.dataTypeID === CHAR_OID ? [i] : []));
      for (const i of columns) result.fields[i]!.dataTypeID = TEXT_OID;
      if (columns.length > 0) charColumns.set(result.rows, columns);
      return result;
    } catch (error) {
      await client.query('ROLLBACK TO SAVEPOINT engine');
      throw error;
    }
  };
  const pool = Object.assign(new pg.Pool(), { query }) as pg.Pool;
  const adapter: SqlDriverAdapter = await new PrismaPg(pool, { schema }).connect();
  const queryRaw = adapter.queryRaw.bind(adapter);
  return Object.assign(adapter, {
    dispose,
    async queryRaw(sql: SqlQuery) {
      const result = await queryRaw(sql);
      for (const i of charColumns.get(result.rows) ?? []) result.columnTypes[i] = ColumnTypeEnum.Character;
      return result;
    },
    async executeScript(script: string) {
      try {
        await query(script);
      } catch (error) {
        onScriptError?.(error);
        throw error;
      }
    },
  });
}

function lockedByTransaction(config: pg.QueryConfig | string): pg.QueryConfig | string {
  const of = (text: string) => text.replace(/\bpg_advisory_lock\(/, 'pg_advisory_xact_lock(');
  return typeof config === 'string' ? of(config) : { ...config, text: of(config.text) };
}
