/** Milliseconds that an event loop has worked and waited, since any time. */
export interface LoopTimes {
  readonly active: number;
  readonly idle: number;
}

export interface WriteSpacingOptions {
  /** Part of its time that the loop works, up to which busy rooms are written to at once; 0: the spacing is fixed. */
  readonly load: number;
  /** Longest spacing, in milliseconds; the only one where it is fixed. */
  readonly longestMs: number;
  readonly loop: () => LoopTimes;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** Between two looks at the loop. */
const LOOK_MS = 100;
/**
 * Milliseconds by which the spacing grows in a second for a loop that works all the time and should never. A room of 500
 * settles within a second; what halves the writes of small rooms is reached in one and a half.
 */
const GAIN = 400;

/**
 * How far apart writes to a busy room are: as far as keeps the loop from working more than `load` of its time. Each write
 * is a system call for each of the room's sockets, which is most of what fan-out costs; it is worth a delay only where
 * there is much of it.
 */
export function createWriteSpacing({ load, longestMs, loop, now }: WriteSpacingOptions): () => number {
  if (load === 0) return () => longestMs;
  let spacingMs = 0;
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
    spacingMs = Math.min(longestMs, Math.max(0, spacingMs + (GAIN * excess * countedMs) / 1_000));
  }

  return () => {
    const elapsedMs = now() - lookedAt;
    if (elapsedMs >= LOOK_MS) {
      lookedAt += elapsedMs;
      look(elapsedMs);
    }
    return spacingMs;
  };
}
