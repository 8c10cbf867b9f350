import type { Clock } from './clock.ts';

/** One value that can be listened to; fits React's `useSyncExternalStore`. */
export interface Store<T> {
  /** The present value: the same object until something in it changes. */
  get(): T;
  set(next: T): void;
  /** Tells now what waits to be told. */
  flush(): void;
  /** `listener` is called after changes. The answer ends that. */
  subscribe(listener: () => void): () => void;
}

/**
 * Milliseconds between two calls of the listeners: one frame of a screen. The first change after a pause is told at once,
 * so that a person's own doing shows without delay; in a burst, all that came within a frame is told together.
 */
const PACE_MS = 16;

export function createStore<T>(initial: T, clock: Clock): Store<T> {
  const listeners = new Set<() => void>();
  let value = initial;
  let scheduled = false;
  let toldAt = Number.NEGATIVE_INFINITY;

  function tell(): void {
    // It may have been told before its time.
    if (!scheduled) return;
    scheduled = false;
    toldAt = clock.monotonic();
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (error) {
        // One listener's fault is not the others', nor the connection's; it is still seen.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      if (scheduled || listeners.size === 0) return;
      scheduled = true;
      const sinceMs = clock.monotonic() - toldAt;
      if (sinceMs >= PACE_MS) queueMicrotask(tell);
      else clock.after(PACE_MS - sinceMs, tell);
    },
    flush: tell,
    subscribe(listener) {
      // Each subscription is its own, even of one function twice.
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}
