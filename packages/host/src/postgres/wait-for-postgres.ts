import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../log.ts';
import { StartError } from '../process/start-error.ts';
import { isUnavailable } from './fate.ts';
import { withSettings } from './session-settings.ts';

/**
 * Waits until PostgreSQL takes connections.
 *
 * @throws StartError after `deadlineMs`, or at once when waiting can't help: wrong password, no such database
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
      await client.query('SELECT 1');
      return;
    } catch (error) {
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

// The error that Node makes of several addresses has an empty message.
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
