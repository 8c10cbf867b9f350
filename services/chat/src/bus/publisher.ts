import { Cluster } from 'ioredis';
import type { RedisClient } from '../redis/redis-url.ts';

export interface PublisherOptions {
  /** The client, while it is ready. */
  readonly client: () => RedisClient | null;
  /** Bytes handed to Redis and not yet answered; what would go beyond is lost. */
  readonly unansweredBytes: number;
  /** `count` publishes failed, or were not even tried (no `error`). */
  readonly onLost: (count: number, error?: unknown) => void;
}

export interface Publisher {
  /** Never throws and never waits. All that one turn of the event loop publishes goes out in one write. */
  send(channel: string, said: string | Buffer): void;
  /** Marks a moment; see `overdue`. */
  step(): void;
  /** Whether something has been unanswered for at least `steps` steps. */
  overdue(steps: number): boolean;
  /** The client is gone, and with it all that is unanswered. */
  reset(): void;
}

interface Batch {
  readonly bytes: number;
  readonly count: number;
  readonly since: number;
}

/**
 * The publishing side. What is unanswered counts against a bound until Redis answers or the client is given up, so a
 * slow Redis costs a fixed amount of memory. A command timeout of the client's own would cost a timer for each publish,
 * and let go of the count while the bytes are still queued; `overdue` is the timeout.
 */
export function createPublisher({ client, unansweredBytes, onLost }: PublisherOptions): Publisher {
  let queue: [channel: string, said: string | Buffer][] = [];
  let queuedBytes = 0;
  let unanswered = new Set<Batch>();
  let unansweredSum = 0;
  let now = 0;

  function flush(): void {
    const batch = queue;
    const bytes = queuedBytes;
    queue = [];
    queuedBytes = 0;
    if (batch.length === 0) return;
    const redis = client();
    if (!redis) {
      onLost(batch.length);
      return;
    }
    const entry: Batch = { bytes, count: batch.length, since: now };
    const waiting = unanswered;
    waiting.add(entry);
    unansweredSum += bytes;
    publish(redis, batch).then(
      (errors) => {
        if (!waiting.delete(entry) || waiting !== unanswered) return;
        unansweredSum -= bytes;
        if (errors.length > 0) onLost(errors.length, errors[0]);
      },
      (error) => {
        if (!waiting.delete(entry) || waiting !== unanswered) return;
        unansweredSum -= bytes;
        onLost(batch.length, error);
      },
    );
  }

  return {
    send(channel, said) {
      const bytes = Buffer.byteLength(said);
      if (!client() || unansweredSum + queuedBytes + bytes > unansweredBytes) {
        onLost(1);
        return;
      }
      queuedBytes += bytes;
      if (queue.push([channel, said]) === 1) queueMicrotask(flush);
    },
    step() {
      now += 1;
    },
    overdue(steps) {
      // Sets keep the order of insertion: the first is the oldest.
      for (const batch of unanswered) return now - batch.since >= steps;
      return false;
    },
    reset() {
      let count = 0;
      for (const batch of unanswered) count += batch.count;
      unanswered = new Set();
      unansweredSum = 0;
      if (count > 0) onLost(count);
    },
  };
}

/** Resolves with what Redis refused. */
async function publish(redis: RedisClient, batch: readonly (readonly [string, string | Buffer])[]): Promise<unknown[]> {
  if (redis instanceof Cluster) {
    const settled = await Promise.allSettled(batch.map(([channel, said]) => redis.spublish(channel, said)));
    return settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  }
  const [first] = batch;
  if (first && batch.length === 1) {
    await redis.publish(...first);
    return [];
  }
  const pipeline = redis.pipeline();
  for (const [channel, said] of batch) pipeline.publish(channel, said);
  const results = (await pipeline.exec()) ?? [];
  return results.flatMap(([error]) => (error ? [error] : []));
}
