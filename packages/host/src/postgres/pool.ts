import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Logger } from '../log.ts';
import { Unsent } from './fate.ts';
import { SESSION_LIMITS, type SessionLimits, sessionSettings, withSettings } from './session-settings.ts';

export type { Pool } from 'pg';

export interface PoolOptions extends Partial<SessionLimits> {
  /** `postgresql://user:password@host:port/database`. */
  url: string;
  /** The service's PostgreSQL schema: unqualified names mean tables and functions in it, and in no other. */
  schema: string;
  /** Most connections at once. @default 10 */
  max?: number;
  /** Hears of idle connections that broke. */
  log?: Logger;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
  /** Milliseconds to wait for a connection. @default 5_000 */
  connectTimeoutMs?: number;
  /**
   * Milliseconds to wait for an answer. A half-open connection would otherwise hold its caller for as long as TCP
   * tries, a quarter of an hour. More than `statementTimeoutMs`. @default `statementTimeoutMs` and 5_000
   */
  queryTimeoutMs?: number;
}

/** Milliseconds that an answer may be on its way after PostgreSQL's own time is over. */
const ANSWER_MS = 5_000;

/**
 * Says of a failure whether there was a connection at all: the words for one that ended are the same before and after. And
 * keeps a connection whose statement PostgreSQL refused, where pg's pool would make another one.
 */
class TellingPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    if (!callback) {
      return super.connect().catch((error: unknown) => {
        throw new Unsent(error);
      });
    }
    super.connect((error, client, done) => callback(error && new Unsent(error), client, done));
    return undefined;
  }

  // Of its many forms the ones with a promise: all that Prisma and we use.
  override query = (async (config: pg.QueryConfig, values?: unknown[]) => {
    const client = await this.connect();
    try {
      const result = await client.query(config, values);
      client.release();
      return result;
    } catch (error) {
      client.release(!(error instanceof pg.DatabaseError && error.severity === 'ERROR'));
      throw error;
    }
  }) as pg.Pool['query'];
}
type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/**
 * A node-postgres pool in one schema. No answer depends on what the database sets for its sessions. A connection that
 * breaks while idle is logged and replaced. A statement that could not be sent fails with {@link Unsent}.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { url, schema, max = 10, log, applicationName, connectTimeoutMs = 5_000 } = options;
  const limits: SessionLimits = {
    statementTimeoutMs: options.statementTimeoutMs ?? SESSION_LIMITS.statementTimeoutMs,
    lockTimeoutMs: options.lockTimeoutMs ?? SESSION_LIMITS.lockTimeoutMs,
    idleInTransactionMs: options.idleInTransactionMs ?? SESSION_LIMITS.idleInTransactionMs,
    clientCheckMs: options.clientCheckMs ?? SESSION_LIMITS.clientCheckMs,
  };
  const queryTimeoutMs = options.queryTimeoutMs ?? limits.statementTimeoutMs + ANSWER_MS;
  const pool = new TellingPool({
    connectionString: withSettings(url, sessionSettings(schema, limits)),
    max,
    application_name: applicationName ?? schema,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    onConnect: withoutTransactionTimeout,
  });
  // Without a listener the first broken idle connection would end the process.
  pool.on('error', (error) => log?.warn({ err: error }, 'an idle database connection broke'));
  // Nor one that breaks while somebody has it: its query fails, and tells him.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

// Of PostgreSQL 17 and later, and so nothing that could be asked for before the version is known.
async function withoutTransactionTimeout(client: pg.ClientBase): Promise<void> {
  const setting = "current_setting('transaction_timeout', true)";
  await client.query(`SELECT set_config('transaction_timeout', '0', false) WHERE ${setting} <> '0'`);
}

/**
 * What `new PrismaClient({ adapter })` wants. With `pool`, Prisma shares the connections of that pool (and does not end
 * it); else it makes its own.
 */
export function prismaAdapter(options: { pool: pg.Pool; schema: string } | PoolOptions): PrismaPg {
  const own = !('pool' in options);
  // Prisma writes qualified names, `public` unless told: search_path alone would not reach them.
  return new PrismaPg(own ? createPool(options) : options.pool, {
    schema: options.schema,
    disposeExternalPool: own,
  });
}
