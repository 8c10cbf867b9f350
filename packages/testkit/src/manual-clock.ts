import type { Clock, Timer } from '@gongu/host';

/** A clock that stands still until it is told to go. */
export interface ManualClock extends Clock {
  /**
   * Lets time pass. Timers fire in the order in which they are due, those that were set meanwhile too; after each one,
   * promises get their turn.
   */
  advance(ms: number): Promise<void>;
  /** Jumps to a time, back as well, without firing anything: an operator has set the clock. */
  set(nowMs: number): void;
  /** How many timers are waiting. */
  readonly pending: number;
}

interface Waiting {
  task: () => void;
  dueMs: number;
  /** For intervals. */
  everyMs?: number;
}

/** @param startMs default: 2026-01-01T00:00:00Z */
export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startMs;
  let elapsed = 0;
  const waiting = new Set<Waiting>();

  const add = (entry: Waiting): Timer => {
    waiting.add(entry);
    return entry;
  };
  const nextDue = (untilMs: number): Waiting | undefined => {
    let first: Waiting | undefined;
    for (const entry of waiting) {
      if (entry.dueMs <= untilMs && (first === undefined || entry.dueMs < first.dueMs)) first = entry;
    }
    return first;
  };

  return {
    now: () => now,
    monotonic: () => elapsed,
    setTimeout: (task, ms) => add({ task, dueMs: now + Math.max(0, ms) }),
    setInterval: (task, ms) => add({ task, dueMs: now + Math.max(1, ms), everyMs: Math.max(1, ms) }),
    clear(timer) {
      waiting.delete(timer as Waiting);
    },
    async advance(ms) {
      const until = now + ms;
      for (let entry = nextDue(until); entry; entry = nextDue(until)) {
        elapsed += Math.max(0, entry.dueMs - now);
        now = Math.max(now, entry.dueMs);
        if (entry.everyMs === undefined) waiting.delete(entry);
        else entry.dueMs += entry.everyMs;
        entry.task();
        await settle();
      }
      elapsed += until - now;
      now = until;
      await settle();
    },
    set(nowMs) {
      now = nowMs;
    },
    get pending() {
      return waiting.size;
    },
  };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
