import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../log.ts';
import { StartError } from '../process/start-error.ts';
import { tlsWords } from '../tls/tls-words.ts';
import { isUnavailable, sqlState } from './fate.ts';
import { type Pooler, withoutSettings, withSettings } from './session-settings.ts';

export interface WaitForPostgresOptions {
  url: string;
  deadlineMs: number;
  /** What is said to stand between. @default 'none' */
  pooler?: Pooler;
  /** What to do about a pooler of which nobody spoke. @default to speak of it */
  remedy?: string;
  log?: Logger;
}

/** A setting that no database has: whether it arrives tells whether the others do. */
const MARK = 'gongu.direct';

/**
 * Waits until PostgreSQL takes connections.
 *
 * @throws StartError after `deadlineMs`, or at once when waiting can't help: wrong password, no such database, one that is
 *   read-only or not encoded in UTF8, a certificate that is not believed or not found, a pooler of which nobody spoke, or
 *   another one
 */
export async function waitForPostgres(options: WaitForPostgresOptions): Promise<void> {
  const { url, deadlineMs, log, pooler = 'none', remedy = ASK } = options;
  const { hostname, port, pathname } = new URL(url);
  const place = `${hostname}:${port || 5432}${pathname}`;
  const giveUpAt = performance.now() + deadlineMs;
  const connectionString =
    pooler === 'none'
      ? // However little time the database gives its sessions.
        withSettings(url, { statement_timeout: '0', idle_session_timeout: '0', [MARK]: 'yes' })
      : withoutSettings(url);
  for (let attempt = 0; ; attempt++) {
    const client = clientFor({ connectionString, connectionTimeoutMillis: Math.min(deadlineMs, 5_000) });
    client.on('error', () => {}); // the connection may break between two lines
    try {
      await client.connect();
      const reason = (await unfitness(client)) ?? (await MISFITS[pooler](client, connectionString, remedy));
      if (reason) throw new StartError(`PostgreSQL at ${place} ${reason}`);
      return;
    } catch (error) {
      if (error instanceof StartError) throw error;
      const reason = reasonOf(error);
      const isRefused = sqlState(error) === '08P01' && /unsupported startup parameter|not allowed/.test(reason);
      if (isRefused && pooler === 'none') {
        throw new StartError(`PostgreSQL at ${place} is behind a pooler (${reason}): ${remedy}`, { cause: error });
      }
      if (isRefused || !isUnavailable(error))
        throw new StartError(`PostgreSQL at ${place} refuses: ${reason}`, { cause: error });
      if (performance.now() >= giveUpAt) {
        throw new StartError(`PostgreSQL at ${place} is not reachable: ${reason}`, { cause: error });
      }
      if (attempt === 0) log?.warn({ reason }, 'waiting for PostgreSQL');
    } finally {
      await client.end().catch(() => {});
    }
    await sleep(Math.min(250, Math.max(0, giveUpAt - performance.now())));
  }
}

const ASK = 'set DATABASE_POOLER to session or transaction, whichever it is';

/** Why that is not what stands between; undefined where nothing speaks against it. */
const MISFITS: Readonly<
  Record<Pooler, (client: pg.ClientBase, url: string, remedy: string) => Promise<string | undefined>>
> = {
  async none(client, _, remedy) {
    const { rows } = await client.query('SELECT pg_catalog.current_setting($1, true) AS mark', [MARK]);
    if (rows[0].mark === 'yes') return undefined;
    return `is behind a pooler, which keeps settings of sessions to itself: ${remedy}`;
  },

  // Lent for as long as this client is connected, no other client has it.
  async session(client, connectionString) {
    const other = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
    other.on('error', () => {});
    try {
      const pid = await pidOf(client);
      await other.connect();
      if ((await pidOf(other)) !== pid) return undefined;
      return 'is behind a pooler in transaction mode: set DATABASE_POOLER=transaction';
    } catch (error) {
      // The pooler has a single connection, which is this one's.
      if (isUnavailable(error)) return undefined;
      throw error;
    } finally {
      await other.end().catch(() => {});
    }
  },

  async transaction(client) {
    await client.query('BEGIN'); // refused by a pooler in statement mode
    await client.query('COMMIT');
    const { rows } = await client.query(`SELECT current_setting('default_transaction_isolation') AS isolation`);
    const { isolation } = rows[0];
    if (isolation === 'read committed') return undefined;
    const remedy = `ALTER ROLE … SET default_transaction_isolation = 'read committed'`;
    return `begins transactions as ${isolation}, which nothing can change behind a pooler in transaction mode: ${remedy}`;
  },
};

async function pidOf(client: pg.ClientBase): Promise<number> {
  return (await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid')).rows[0]!.pid;
}

/** Here the files that the URL names are read. */
function clientFor(config: pg.ClientConfig): pg.Client {
  try {
    return new pg.Client(config);
  } catch (error) {
    throw new StartError(`DATABASE_URL can't be used: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Why gongu can't work with the database that answers, in words for whoever runs it; undefined when it can. Asked before
 * the first migration: each of these is otherwise found late, by a message with an emoji or by the first change.
 */
async function unfitness(client: pg.ClientBase): Promise<string | undefined> {
  const { rows } = await client.query<{ encoding: string; read_only: string; standby: boolean }>(
    `SELECT pg_catalog.current_setting('server_encoding') AS encoding,
      pg_catalog.current_setting('transaction_read_only') AS read_only, pg_catalog.pg_is_in_recovery() AS standby`,
  );
  const { encoding, read_only: readOnly, standby } = rows[0]!;
  if (standby) return 'is a standby, which is read-only: DATABASE_URL must lead to the primary';
  if (readOnly === 'on') {
    return 'is read-only: default_transaction_read_only is on, for the database, the role or in the URL';
  }
  if (encoding !== 'UTF8') {
    return `is encoded in ${encoding}, and texts need UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`;
  }
  return undefined;
}

// The error that Node makes of several addresses has an empty message.
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? tlsWords(error.message) : String(error);
}
