import { type Clock, sqlState } from '@gongu/host';
import { AppError } from '@gongu/shared';

export interface TogetherOptions<In, Out> {
  /** Does one. */
  readonly one: (key: string, item: In) => Promise<Out>;
  /** Does two or more in one transaction: all of it, or nothing. One result an item, in order. */
  readonly many: (key: string, items: readonly In[]) => Promise<readonly Out[]>;
  /** Items of a key that are equal in this go one after the other, not together. */
  readonly idOf: (item: In) => string;
  /** Most items that go together. Default 100: some 10 ms under the lock, and larger ones save nothing that shows. */
  readonly max?: number;
  /**
   * Milliseconds from the beginning of one call to that of the next, where somebody waits by the end of the first. Default 10:
   * see docs/decisions/0033-purchases-together.md.
   */
  readonly spacingMs?: number;
  readonly clock: Pick<Clock, 'monotonic' | 'setTimeout'>;
}

interface Entry<In, Out> {
  readonly item: In;
  readonly resolve: (out: Out) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit for those who want the same row: while a call of a key is under way, whoever comes waits here rather than on
 * a connection for the row's lock, and all of them are the next call. `pnpm bench buy`: 0.5 ms of PostgreSQL's CPU for a
 * purchase in place of 2.9. Keys do not wait for each other. One that comes alone is not held up. Where PostgreSQL refuses a
 * call for the data of one, it has undone all of it, and each is called by itself.
 */
export function createTogether<In, Out>(options: TogetherOptions<In, Out>) {
  const { one, many, idOf, max = 100, spacingMs = 10, clock } = options;
  const lanes = new Map<string, Entry<In, Out>[]>();

  async function run(key: string, lane: Entry<In, Out>[]): Promise<void> {
    while (lane.length > 0) {
      const began = clock.monotonic();
      await carryOut(key, take(lane));
      const restMs = began + spacingMs - clock.monotonic();
      if (lane.length > 0 && lane.length < max && restMs > 0) {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, restMs));
      }
    }
    lanes.delete(key);
  }

  function take(lane: Entry<In, Out>[]): Entry<In, Out>[] {
    const ids = new Set<string>();
    const taken: Entry<In, Out>[] = [];
    const left: Entry<In, Out>[] = [];
    for (const entry of lane) {
      const id = idOf(entry.item);
      if (taken.length >= max || ids.has(id)) {
        left.push(entry);
        continue;
      }
      ids.add(id);
      taken.push(entry);
    }
    lane.splice(0, lane.length, ...left);
    return taken;
  }

  async function carryOut(key: string, entries: readonly Entry<In, Out>[]): Promise<void> {
    if (entries.length === 1) return alone(key, entries[0]!);
    try {
      const results = await many(
        key,
        entries.map(({ item }) => item),
      );
      for (const [i, { resolve }] of entries.entries()) resolve(results[i]!);
    } catch (error) {
      // Anything else is no refusal of the data: what became of them, or that nothing did, is the same for all.
      if (sqlState(error) === undefined && !isOfErased(error)) {
        for (const { reject } of entries) reject(error);
        return;
      }
      for (const entry of entries) await alone(key, entry);
    }
  }

  async function alone(key: string, { item, resolve, reject }: Entry<In, Out>): Promise<void> {
    await one(key, item).then(resolve, reject);
  }

  /** Rejects as `one` does, or with what `many` rejected with where that was no refusal by PostgreSQL. */
  return function together(key: string, item: In): Promise<Out> {
    return new Promise<Out>((resolve, reject) => {
      const entry = { item, resolve, reject };
      const lane = lanes.get(key);
      if (lane) return void lane.push(entry);
      const made = [entry];
      lanes.set(key, made);
      // In a microtask, so that what one turn of the event loop brings goes together.
      queueMicrotask(() => void run(key, made));
    });
  };
}

/** One of them was erased: see `refuse_erased`. */
function isOfErased(error: unknown): boolean {
  return error instanceof AppError && error.code === 'TOKEN_REVOKED';
}
