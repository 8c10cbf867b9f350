import { AppError, type User } from '@gongu/shared';
import type { Clock } from '../clock.ts';
import type { BarRow, BarStore } from './bar-store.ts';

export interface BarsOptions {
  readonly clock: Clock;
}

/** Milliseconds between two readings: with the look at all sockets it is less than a second until one has ended. */
const READ_MS = 500;

interface Bar {
  /** By `monotonic`; infinite without an end. */
  readonly blockedUntilMs: number;
  readonly revokedAtS: number;
}

/**
 * Whose tokens are refused, in memory: each token and each open socket is held against it. Every instance reads what has
 * changed twice a second, from the database and from nothing else, so it does not depend on Redis.
 */
export function createBars({ clock }: BarsOptions) {
  const bars = new Map<string, Bar>();
  let version = 0;

  function take({ userId, leftMs, revokedAtS, version: at }: BarRow): void {
    version = Math.max(version, at);
    if (leftMs === 0 && revokedAtS === null) {
      bars.delete(userId);
      return;
    }
    const blockedUntilMs = leftMs === null ? Number.POSITIVE_INFINITY : clock.monotonic() + leftMs;
    bars.set(userId, { blockedUntilMs, revokedAtS: revokedAtS ?? Number.NEGATIVE_INFINITY });
  }

  /** What a user is refused with; null where he is not. */
  function refusalOf({ userId, issuedAtS }: Pick<User, 'userId' | 'issuedAtS'>): AppError | null {
    if (bars.size === 0) return null;
    const bar = bars.get(userId);
    if (!bar) return null;
    if (bar.blockedUntilMs > clock.monotonic()) return new AppError('BLOCKED');
    if (bar.revokedAtS === Number.NEGATIVE_INFINITY) return null;
    return (issuedAtS ?? Number.NEGATIVE_INFINITY) <= bar.revokedAtS ? new AppError('TOKEN_REVOKED') : null;
  }

  return {
    refusalOf,

    /** Reads what has changed, now and from then on. Call what it gives to stop; `onFailure` hears of the first of several. */
    async follow(store: BarStore, onFailure: (error: unknown) => void): Promise<() => void> {
      let timer: NodeJS.Timeout;
      let isOver = false;
      let isFailing = false;
      const read = async () => {
        for (const row of await store.after(version)) take(row);
      };
      const tick = async () => {
        try {
          await read();
          isFailing = false;
        } catch (error) {
          if (!isFailing) onFailure(error);
          isFailing = true;
        }
        if (!isOver) timer = setTimeout(tick, READ_MS).unref();
      };
      await read();
      timer = setTimeout(tick, READ_MS).unref();
      return () => {
        isOver = true;
        clearTimeout(timer);
      };
    },

    /** What this instance has just written counts here at once. */
    async refresh(store: BarStore): Promise<void> {
      for (const row of await store.after(version)) take(row);
    },
  };
}

export type Bars = ReturnType<typeof createBars>;
