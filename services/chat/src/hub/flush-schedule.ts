/** What is flushed: a room's events. */
export interface Flushable {
  /** When that was last, by the schedule's clock. */
  readonly flushedAt: number;
  flush(): void;
}

export interface FlushScheduleOptions {
  /** Least milliseconds from one flush of a room to the next. */
  readonly spacingMs: () => number;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
  /** Runs a task at the end of this turn of the event loop. @default `setImmediate` */
  readonly atTurnEnd?: ((task: () => void) => void) | undefined;
}

/**
 * When a room's events leave. What a turn of the event loop brings leaves together, after its I/O callbacks. A room that
 * was quiet for `spacingMs` is written to at once; one that is not, `spacingMs` after the last time: a write costs a system
 * call for each of the room's sockets.
 */
export function createFlushSchedule({ spacingMs, now, atTurnEnd = setImmediately }: FlushScheduleOptions) {
  let soon: Flushable[] = [];
  const waiting = new Map<Flushable, NodeJS.Timeout | null>();

  function flushSoon(room: Flushable): void {
    waiting.set(room, null);
    if (soon.push(room) > 1) return;
    atTurnEnd(() => {
      const rooms = soon;
      soon = [];
      for (const each of rooms) {
        waiting.delete(each);
        each.flush();
      }
    });
  }

  return {
    /** `room` has something to tell; `urgent`: with this turn, however short the time since the last write. */
    add(room: Flushable, urgent = false): void {
      const timer = waiting.get(room);
      if (timer === null || (timer && !urgent)) return;
      clearTimeout(timer);
      const restMs = urgent ? 0 : room.flushedAt + spacingMs() - now();
      if (restMs < 1) flushSoon(room);
      else
        waiting.set(
          room,
          setTimeout(() => flushSoon(room), restMs),
        );
    },

    /** Flushes all that waits, now. */
    flush(): void {
      for (const [room, timer] of waiting) {
        // Those of this turn stay in its list, and have nothing left to tell when it comes to them.
        if (timer !== null) {
          clearTimeout(timer);
          waiting.delete(room);
        }
        room.flush();
      }
    },
  };
}

function setImmediately(task: () => void): void {
  setImmediate(task);
}
