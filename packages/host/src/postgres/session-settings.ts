import pg from 'pg';
import { settleTls } from './tls-parameters.ts';

/**
 * What stands between the service and PostgreSQL: nothing, or a pooler (PgBouncer) that lends its connections for as long
 * as a client is connected, or for one transaction each.
 */
export type Pooler = 'none' | 'session' | 'transaction';

/** How long PostgreSQL may take, as this side of the connection asks. Milliseconds; 0 = no limit. */
export interface SessionLimits {
  /**
   * A statement, which is then rolled back and says so. Below the pool's `queryTimeoutMs`: PostgreSQL answers before this
   * side gives up, and no statement goes on that nobody waits for. @default 10_000
   */
  readonly statementTimeoutMs: number;
  /** A lock, with the same end. Below `statementTimeoutMs`, to say what it was. @default 5_000 */
  readonly lockTimeoutMs: number;
  /** A transaction in which nothing is asked. @default 10_000 */
  readonly idleInTransactionMs: number;
  /**
   * Between looks at whether the client is still there while a statement runs; one whose client has gone is ended.
   * 0 where PostgreSQL's platform can't tell. @default 1_000
   */
  readonly clientCheckMs: number;
}

export const SESSION_LIMITS: SessionLimits = {
  statementTimeoutMs: 10_000,
  lockTimeoutMs: 5_000,
  idleInTransactionMs: 10_000,
  clientCheckMs: 1_000,
};

/** Without an end: for migrations, which may take long and wait for each other. */
export const NO_LIMITS: SessionLimits = {
  statementTimeoutMs: 0,
  lockTimeoutMs: 0,
  idleInTransactionMs: 0,
  clientCheckMs: 0,
};

/**
 * What the answers of our statements, or how times and lists are read, would depend on if the database or the role set it
 * otherwise (ALTER DATABASE … SET). The adapter of Prisma takes each time for UTC, and reads no date but ISO's.
 *
 * Not here on purpose: what makes a database read-only (an operator who does that means it, and a start says so), what trades safety for speed
 * (`synchronous_commit`), and what only plans differ by.
 */
const PINNED: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  timezone_abbreviations: 'Default',
  DateStyle: 'ISO,MDY',
  IntervalStyle: 'postgres',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  extra_float_digits: '1',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  array_nulls: 'on',
  xmloption: 'content',
  row_security: 'on',
  exit_on_error: 'off',
  'plpgsql.extra_errors': 'none',
  // A pool's connections rest as long as the pool likes.
  idle_session_timeout: '0',
};

/** The settings of a session in `schema`, by PostgreSQL's names. */
export function sessionSettings(schema: string, limits: SessionLimits): Readonly<Record<string, string>> {
  return {
    ...PINNED,
    search_path: schema,
    statement_timeout: String(limits.statementTimeoutMs),
    lock_timeout: String(limits.lockTimeoutMs),
    idle_in_transaction_session_timeout: String(limits.idleInTransactionMs),
    client_connection_check_interval: String(limits.clientCheckMs),
  };
}

/**
 * The settings as a statement, for where a pooler stands between: `options` do not get through one.
 *
 * @param isLocal whether they end with the transaction
 */
export function settingStatement(settings: Readonly<Record<string, string>>, isLocal: boolean): string {
  const calls = Object.entries(settings).map(
    ([name, value]) => `pg_catalog.set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, ${isLocal})`,
  );
  return `SELECT ${calls.join(', ')}`;
}

/**
 * `url` with settings of the session in its `options`, after those that it has: they reach everything on a direct
 * connection, before the first statement and without a round trip. (Prisma's own `?schema=` is ignored by migrations, and
 * its adapter's `schema` option does not reach raw queries.)
 */
export function withSettings(url: string, settings: Readonly<Record<string, string>>): string {
  const at = new URL(url);
  const given = at.searchParams.get('options');
  const own = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\\s]/g, '\\$&')}`);
  at.searchParams.set('options', [...(given ? [given] : []), ...own].join(' '));
  at.searchParams.delete('schema');
  settleTls(at);
  return at.href;
}

/** `url` without what is not PostgreSQL's. */
export function withoutSettings(url: string): string {
  const at = new URL(url);
  at.searchParams.delete('schema');
  settleTls(at);
  return at.href;
}

/** `url` with `search_path` set to one schema, and everything else as the database has it. */
export function withSearchPath(url: string, schema: string): string {
  return withSettings(url, { search_path: schema });
}
