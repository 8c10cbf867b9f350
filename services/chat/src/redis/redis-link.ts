import type { Clock, Logger, Timer } from '@gongu/host';
import type { RedisClient } from './redis-url.ts';
import { redisWords } from './redis-words.ts';

export interface RedisLinkOptions {
  /** A client that has not connected yet (`RedisTarget.open`). */
  readonly open: () => RedisClient;
  /** For logs: what the connection is for. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'debug'>;
  /** A new client is ready. Nothing of an earlier one remains: subscribe and register again. */
  readonly onReady: (client: RedisClient) => void;
  /** The client that was ready is no more. */
  readonly onDown: () => void;
  /** Milliseconds until a new client must be ready. Default 3 000: a half-open server accepts and never answers. */
  readonly readyMs?: number;
}

/** One place at Redis, whichever client holds it at the moment. */
export interface RedisLink {
  /** The client, while it is ready. */
  client(): RedisClient | null;
  /** Gives up the present client: it looks connected, but nothing comes through. */
  replace(why: string): void;
  close(): Promise<void>;
}

/** Milliseconds before the first attempt to come back; doubled up to the longest. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;
/** A client that was ready for as long as this starts the delays over. */
const STEADY_MS = 5_000;
/** Milliseconds that `close` waits for the client's end. */
const CLOSE_MS = 500;

/**
 * Keeps one client connected. A client that ends, does not get ready in time or is given up is thrown away whole and
 * another one opened after a delay, so no state of a dead connection can leak into the next.
 */
export function createRedisLink(options: RedisLinkOptions): RedisLink {
  const { open, name, clock, log, onReady, onDown, readyMs = 3_000 } = options;
  let current: RedisClient | null = null;
  let readySince: number | null = null;
  let failures = 0;
  let timer: Timer | undefined;
  let closed = false;

  function start(): void {
    const client = open();
    let cause: unknown = null;
    current = client;
    client.on('error', (error) => {
      cause = error;
    });
    client.once('ready', () => {
      if (current !== client) return;
      // ioredis would go on in database 0, where there is something else.
      if (isOfSelect(cause)) return lose(client, cause);
      clock.clear(timer);
      readySince = clock.monotonic();
      if (failures > 0) log.info({ redis: name }, 'Redis is back');
      onReady(client);
    });
    client.once('end', () => lose(client, cause));
    timer = clock.setTimeout(() => lose(client, new Error(`not ready within ${readyMs} ms`)), readyMs);
    // It rejects where 'end' follows.
    client.connect().catch(() => {});
  }

  function lose(client: RedisClient, cause: unknown): void {
    if (current !== client) return;
    const ready = readySince;
    current = null;
    readySince = null;
    clock.clear(timer);
    client.disconnect();
    if (closed) return;
    if (ready !== null && clock.monotonic() - ready >= STEADY_MS) failures = 0;
    failures += 1;
    const reason = cause instanceof Error ? redisWords(cause) : 'connection closed';
    log[failures === 1 ? 'warn' : 'debug']({ redis: name, reason }, 'Redis is away');
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
    // Half of it at random: instances that lost the same Redis shall not all return in the same moment.
    timer = clock.setTimeout(start, delayMs * (0.5 + Math.random() / 2));
    if (ready !== null) onDown();
  }

  start();
  return {
    client: () => (readySince === null ? null : current),
    replace(why) {
      if (current) lose(current, new Error(why));
    },
    async close() {
      if (closed) return;
      closed = true;
      const client = current;
      clock.clear(timer);
      if (!client) return;
      current = null;
      readySince = null;
      await new Promise<void>((resolve) => {
        const deadline = clock.setTimeout(resolve, CLOSE_MS);
        client.once('end', () => {
          clock.clear(deadline);
          resolve();
        });
        client.disconnect();
      });
    },
  };
}

/** Whether it is the choice of the database that failed. */
function isOfSelect(error: unknown): boolean {
  return (error as { command?: { name?: string } } | null)?.command?.name === 'select';
}
