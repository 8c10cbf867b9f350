import { AppError } from '@gongu/shared';
import type { Clock } from '../clock.ts';

/** Who wants a place. Nothing of it is asked for while there is one. */
export interface Asking {
  /** Those with equal keys are one client: they have one turn together. */
  readonly key: () => string;
  /** Calls `leave` when nobody waits for the answer any more. */
  readonly onGone?: (leave: () => void) => void;
}

export interface FairQueueOptions {
  /** How many may be at work at once. */
  readonly places: number;
  /** Milliseconds that one waits for a place at most. */
  readonly waitMs: number;
  readonly clock: Pick<Clock, 'setTimeout' | 'clear'>;
  /** Hears of each that waited for all that time. */
  readonly onLate?: () => void;
}

/** Milliseconds after which who waited in vain may ask again. */
const RETRY_MS = 1_000;

/** Had no place in time, or has gone: nothing was begun. */
export class WaitedInVain extends AppError {
  constructor(detail: string) {
    super('UNAVAILABLE', { detail, retryAfterMs: RETRY_MS });
  }
}

/**
 * Shares a few places between clients: whoever asks has one at once while there is one, and else they go in turn, one of
 * each client, however many each has waiting. So a client that asks a thousand times keeps its neighbour waiting for one
 * of these. A task must not ask for a second place.
 */
export function createFairQueue({ places, waitMs, clock, onLate = () => {} }: FairQueueOptions) {
  let free = places;
  /** By client, the one whose turn is next first. Each begins a waiting task. */
  const lines = new Map<string, Set<() => void>>();

  function leave(key: string, begin: () => void): boolean {
    const line = lines.get(key);
    if (!line?.delete(begin)) return false;
    if (line.size === 0) lines.delete(key);
    return true;
  }

  function wait({ key: keyOf, onGone }: Asking): Promise<void> {
    return new Promise((resolve, reject) => {
      const key = keyOf();
      const begin = () => {
        clock.clear(timer);
        resolve();
      };
      const timer = clock.setTimeout(() => {
        if (!leave(key, begin)) return;
        onLate();
        reject(new WaitedInVain('Too many ask at once: nothing was done'));
      }, waitMs);
      const line = lines.get(key);
      if (line) line.add(begin);
      else lines.set(key, new Set([begin]));
      onGone?.(() => {
        if (!leave(key, begin)) return;
        clock.clear(timer);
        reject(new WaitedInVain('Nobody waits for the answer any more: nothing was done'));
      });
    });
  }

  /** The place goes on to the next client, whose others wait for all the other clients then. */
  function release(): void {
    for (const [key, line] of lines) {
      const [begin] = line;
      leave(key, begin!);
      if (line.size > 0) {
        lines.delete(key);
        lines.set(key, line);
      }
      return begin!();
    }
    free++;
  }

  return {
    /** Runs `task` once there is a place. @throws WaitedInVain */
    async run<T>(asking: Asking, task: () => Promise<T> | T): Promise<T> {
      if (free > 0) free--;
      else await wait(asking);
      try {
        return await task();
      } finally {
        release();
      }
    },
    /** Tasks that wait. */
    waiting(): number {
      let sum = 0;
      for (const line of lines.values()) sum += line.size;
      return sum;
    },
    /** Clients that have tasks waiting. */
    clients: (): number => lines.size,
  };
}

export type FairQueue = ReturnType<typeof createFairQueue>;
