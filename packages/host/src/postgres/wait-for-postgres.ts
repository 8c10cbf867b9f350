import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../log.ts';
import { StartError } from '../process/start-error.ts';
import { isUnavailable } from './fate.ts';
import { withSettings } from './session-settings.ts';

/**
 * Waits until PostgreSQL takes connections.
 *
 * @throws StartError after `deadlineMs`, or at once when waiting can't help: wrong password, no such database, one that is
 *   read-only or not encoded in UTF8
 */
export async function waitForPostgres(options: { url: string; deadlineMs: number; log?: Logger }): Promise<void> {
  const { url, deadlineMs, log } = options;
  const { hostname, port, pathname } = new URL(url);
  const place = `${hostname}:${port || 5432}${pathname}`;
  const giveUpAt = performance.now() + deadlineMs;
  // However little time the database gives its sessions.
  const connectionString = withSettings(url, { statement_timeout: '0' });
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: Math.min(deadlineMs, 5_000) });
    client.on('error', () => {}); // the connection may break between two lines
    try {
      await client.connect();
      const reason = await unfitness(client);
      if (reason) throw new StartError(`PostgreSQL at ${place} ${reason}`);
      return;
    } catch (error) {
      if (error instanceof StartError) throw error;
      const reason = reasonOf(error);
      if (!isUnavailable(error)) throw new StartError(`PostgreSQL at ${place} refuses: ${reason}`, { cause: error });
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
  return error instanceof Error ? error.message : String(error);
}
