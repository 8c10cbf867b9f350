/** Milliseconds that an event loop has worked and waited, since any time. */
export interface LoopTimes {
  readonly active: number;
  readonly idle: number;
}

export interface SpacingShareOptions {
  /** Part of its time that the loop works, up to which nothing is kept waiting; 0: the share is always 1. */
  readonly load: number;
  readonly loop: () => LoopTimes;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** Between two looks at the loop. */
const LOOK_MS = 100;
/**
 * How much the share grows in a second for a loop that works all the time and should never. A room of 500 settles within a
 * second; what halves the writes of small rooms is reached in one.
 */
const GAIN = 4;

/**
 * How much of their longest spacing writes to busy rooms and commits need, 0 to 1: as much as keeps the loop from working
 * more than `load` of its time. Each write is a system call for each of a room's sockets, which is most of what fan-out
 * costs; it is worth a delay only where there is much of it.
 */
export function createSpacingShare({ load, loop, now }: SpacingShareOptions): () => number {
  if (load === 0) return () => 1;
  let share = 0;
  let lookedAt = now();
  let seen = loop();

  function look(elapsedMs: number): void {
    const times = loop();
    const active = times.active - seen.active;
    const all = active + times.idle - seen.idle;
    seen = times;
    if (all <= 0) return;
    const excess = active / all - load;
    // What was long ago says that there is no more to do, but not that there is.
    const countedMs = excess > 0 ? Math.min(elapsedMs, 2 * LOOK_MS) : elapsedMs;
    share = Math.min(1, Math.max(0, share + (GAIN * excess * countedMs) / 1_000));
  }

  return () => {
    const elapsedMs = now() - lookedAt;
    if (elapsedMs >= LOOK_MS) {
      lookedAt += elapsedMs;
      look(elapsedMs);
    }
    return share;
  };
}
