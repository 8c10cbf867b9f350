import { type ChangeCursor, createChangeCursor, type SafeChange } from './change-cursor.ts';
import type { ChangeStore } from './ports/change-store.ts';

/** What the feed needs of a clock. */
export interface FeedClock {
  /** Milliseconds, of any origin, that never go back. */
  monotonic(): number;
  setTimeout(task: () => void, ms: number): object;
  clear(timer: object | undefined): void;
}

export interface ChangeFeedOptions {
  store: ChangeStore;
  clock: FeedClock;
  /** Milliseconds between looks at the database while somebody listens: how late a change of another instance may be. Default 1 000. */
  pollMs?: number;
  /** Milliseconds a number may be absent. Default 20 000: longer than a statement may take. */
  gapMs?: number;
  /** Hears why a look failed, of several in a row the first. The next one is tried all the same. */
  onFailure: (error: unknown) => void;
}

export type ChangeListener = (changes: readonly SafeChange[]) => void;

/** Changes read at once. */
const READ_LIMIT = 500;
/** How far back numbers are looked at for transactions that were under way when reading began. */
const LOOK_BACK = 200;

/**
 * Live changes of products, those of other instances on the same database included: one reader per instance, which rests
 * while nobody listens. A listener gets every change from the moment `subscribe` resolved, at least once.
 */
export function createChangeFeed({ store, clock, pollMs = 1_000, gapMs = 20_000, onFailure }: ChangeFeedOptions) {
  const listeners = new Set<ChangeListener>();
  let cursor: Promise<ChangeCursor> | null = null;
  let reading = false;
  let again = false;
  let failing = false;
  let timer: object | undefined;
  let stopped = false;

  async function begin(): Promise<ChangeCursor> {
    return createChangeCursor({ known: await store.newest(LOOK_BACK), now: clock.monotonic(), gapMs });
  }

  async function look(): Promise<void> {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    endRest();
    try {
      do {
        again = false;
        await readAll();
        failing = false;
      } while (again && listeners.size > 0);
    } catch (error) {
      if (!failing) onFailure(error);
      failing = true;
    } finally {
      reading = false;
      rest();
    }
  }

  function rest(): void {
    endRest();
    if (listeners.size > 0 && !stopped) timer = clock.setTimeout(() => void look(), pollMs);
  }

  function endRest(): void {
    clock.clear(timer);
    timer = undefined;
  }

  async function readAll(): Promise<void> {
    for (;;) {
      const reader = await cursor;
      if (reader === null || listeners.size === 0) return;
      const { after, also } = reader.wanted(clock.monotonic());
      const read = await store.read(after, also, READ_LIMIT);
      const fresh = reader.accept(read, clock.monotonic());
      if (fresh.length > 0) for (const listener of [...listeners]) listener(fresh);
      if (read.length < READ_LIMIT) return;
    }
  }

  function leave(listener: ChangeListener): void {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    cursor = null;
    endRest();
  }

  return {
    /**
     * @returns the number after which the listener's changes begin, and the end of the subscription
     * @throws what the store throws, and then nothing is subscribed
     */
    async subscribe(listener: ChangeListener): Promise<{ after: number; unsubscribe: () => void }> {
      listeners.add(listener);
      cursor ??= begin();
      const mine = cursor;
      try {
        const { safe } = await mine;
        if (!reading && timer === undefined) rest();
        return { after: safe(), unsubscribe: () => leave(listener) };
      } catch (error) {
        if (cursor === mine) cursor = null;
        leave(listener);
        throw error;
      }
    },

    /** Something was committed here: look now. */
    wake(): void {
      if (listeners.size > 0 && !stopped) void look();
    },

    listeners: () => listeners.size,

    stop(): void {
      stopped = true;
      listeners.clear();
      cursor = null;
      endRest();
    },
  };
}
export type ChangeFeed = ReturnType<typeof createChangeFeed>;
