import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Logger } from '../log.ts';

export type { Pool } from 'pg';

export interface PoolOptions {
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
   * tries, a quarter of an hour. @default 15_000
   */
  queryTimeoutMs?: number;
}

/**
 * `url` with `search_path` set to one schema. (Prisma's own `?schema=` is ignored by migrations, and its adapter's
 * `schema` option does not reach raw queries: `search_path` reaches everything.)
 */
export function withSearchPath(url: string, schema: string): string {
  const at = new URL(url);
  const options = at.searchParams.get('options');
  at.searchParams.set('options', `${options ? `${options} ` : ''}-c search_path=${schema}`);
  at.searchParams.delete('schema');
  return at.href;
}

/** A node-postgres pool in one schema. A connection that breaks while idle is logged and replaced. */
export function createPool(options: PoolOptions): pg.Pool {
  const { url, schema, max = 10, log, applicationName, connectTimeoutMs = 5_000, queryTimeoutMs = 15_000 } = options;
  const pool = new pg.Pool({
    connectionString: withSearchPath(url, schema),
    max,
    application_name: applicationName ?? schema,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
  });
  // Without a listener the first broken idle connection would end the process.
  pool.on('error', (error) => log?.warn({ err: error }, 'an idle database connection broke'));
  // Nor one that breaks while somebody has it: its query fails, and tells him.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
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
