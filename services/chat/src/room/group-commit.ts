import { AppError } from '@gongu/shared';

export interface GroupCommitOptions<In, Out> {
  /** Does a batch; one result an item, in order. */
  readonly run: (items: readonly In[]) => Promise<readonly Out[]>;
  /** Most items in one batch. Default 400: measured, larger ones only add latency (7 ms at 400). */
  readonly batchMax?: number;
  /** Most items waiting; more are refused with UNAVAILABLE, which means that nothing was done. Default 10 000. */
  readonly queueMax?: number;
  /**
   * What stays in order is what has the same key, for instance a room. Then a second batch may be under way, of other
   * keys, when many items wait: the server works while the database does. Default: all stays in order.
   */
  readonly orderBy?: (item: In) => string;
  /**
   * Milliseconds from the beginning of one batch to that of the next, where something was waiting when the first was
   * done. An item that finds nothing waiting is not held up, nor is a batch of a hundred. Default: none.
   */
  readonly spacingMs?: () => number;
  /** Milliseconds, of any origin, that never go back. Default: the real time. */
  readonly now?: () => number;
  /** Hears of each batch, for metrics: how long it took, and how long ago its oldest item was queued. */
  readonly observe?: (size: number, milliseconds: number, oldestMs: number) => void;
}

interface Entry<In, Out> {
  readonly item: In;
  readonly key: string;
  readonly at: number;
  readonly resolve: (out: Out) => void;
  readonly reject: (error: unknown) => void;
}

const systemNow = () => performance.now();

/** Items for which a second batch is worth its commit. Fewer would only make two small batches of one. */
const SECOND_FROM = 100;

/**
 * Group commit: items that arrive while a batch is under way form the next one, so latency stays one commit (and
 * `spacingMs`) while throughput grows with load. Items of one key are never in two batches at a time, which keeps them
 * in their order.
 */
export function createGroupCommit<In, Out>(options: GroupCommitOptions<In, Out>) {
  const { run, batchMax = 400, queueMax = 10_000, orderBy, spacingMs = () => 0, now = systemNow, observe } = options;
  let waiting: Entry<In, Out>[] = [];
  /** Those whose key is in a batch that is under way. */
  let blocked: Entry<In, Out>[] = [];
  const busy = new Set<string>();
  let underWay = 0;
  let scheduled = false;
  /** When the next batch may begin. */
  let notBefore = 0;
  let resting = false;
  let idlers: (() => void)[] = [];

  function pump(): void {
    scheduled = false;
    if (waiting.length > 0 && waiting.length < SECOND_FROM && notBefore > 0) {
      const restMs = notBefore - now();
      if (restMs >= 1) {
        if (resting) return;
        resting = true;
        setTimeout(() => {
          resting = false;
          pump();
        }, restMs);
        return;
      }
    }
    while (waiting.length > 0 && (underWay === 0 || (orderBy && underWay === 1 && waiting.length >= SECOND_FROM))) {
      const batch = waiting.slice(0, batchMax);
      const rest = waiting.slice(batchMax);
      for (const { key } of batch) busy.add(key);
      waiting = [];
      for (const entry of rest) place(entry);
      underWay++;
      const began = now();
      void carryOut(batch).then(() => {
        underWay--;
        release(batch);
        notBefore = waiting.length > 0 ? began + spacingMs() : 0;
        pump();
      });
    }
    if (underWay > 0) return;
    const resolved = idlers;
    idlers = [];
    for (const idle of resolved) idle();
  }

  function place(entry: Entry<In, Out>): void {
    (orderBy && busy.has(entry.key) ? blocked : waiting).push(entry);
  }

  function release(batch: readonly Entry<In, Out>[]): void {
    for (const { key } of batch) busy.delete(key);
    const candidates = blocked;
    blocked = [];
    for (const entry of candidates) place(entry);
  }

  /**
   * The store is away, and has been tried for long enough: those who wait would each wait as long again, batch after
   * batch, to be told the same. Nothing of theirs was sent.
   */
  function giveUpWaiting(cause: AppError): void {
    const all = [...waiting, ...blocked];
    waiting = [];
    blocked = [];
    for (const { reject } of all) {
      reject(new AppError('UNAVAILABLE', { retryAfterMs: cause.retryAfterMs ?? 1_000, cause }));
    }
  }

  /** Never rejected. */
  async function carryOut(batch: readonly Entry<In, Out>[]): Promise<void> {
    const began = now();
    try {
      const results = await run(batch.map((entry) => entry.item));
      batch.forEach((entry, i) => {
        entry.resolve(results[i]!);
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
      if (error instanceof AppError && error.retryAfterMs !== undefined) giveUpWaiting(error);
    }
    const ended = now();
    observe?.(batch.length, ended - began, ended - batch[0]!.at);
  }

  return {
    /** Queues an item; resolves with its result once its batch is done. */
    add(item: In): Promise<Out> {
      if (waiting.length + blocked.length >= queueMax) {
        return Promise.reject(
          new AppError('UNAVAILABLE', { detail: 'Too much is waiting to be stored', retryAfterMs: 1_000 }),
        );
      }
      return new Promise<Out>((resolve, reject) => {
        place({ item, key: orderBy?.(item) ?? '', at: now(), resolve, reject });
        if (scheduled) return;
        scheduled = true;
        // In a microtask, so that what one turn of the event loop brings goes into the first batch together.
        queueMicrotask(pump);
      });
    },
    /** Items that wait for the next batch. */
    size: () => waiting.length + blocked.length,
    /** Resolves when nothing waits and no batch is under way. */
    idle(): Promise<void> {
      if (underWay === 0 && waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => idlers.push(resolve));
    },
  };
}
