import { createHash } from 'node:crypto';
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
  readonly returned: boolean;
}

/**
 * Whose tokens are refused, in memory: each token and each open socket is held against it. Every instance reads what has
 * changed twice a second, from the database and from nothing else, so it does not depend on Redis.
 */
export function createBars({ clock }: BarsOptions) {
  const bars = new Map<string, Bar>();
  /** Of people who were erased, by their marks. */
  const marked = new Map<string, Bar>();
  /** Of them, those of whom no newer token was let in yet. */
  let away = 0;
  /** Second after which a token was issued of which no mark need be made; without an end where one is blocked. */
  let markedUpToS = Number.NEGATIVE_INFINITY;
  let markKey: Uint8Array | null = null;
  let version = 0;
  let kept: BarStore | null = null;

  function take({ userId, erased, leftMs, revokedAtS, returned, version: at }: BarRow): void {
    version = Math.max(version, at);
    const all = erased ? marked : bars;
    if (erased && marked.get(userId)?.returned === false) away--;
    if (leftMs === 0 && revokedAtS === null) {
      all.delete(userId);
      return;
    }
    const blockedUntilMs = leftMs === null ? Number.POSITIVE_INFINITY : clock.monotonic() + leftMs;
    const bar = { blockedUntilMs, revokedAtS: revokedAtS ?? Number.NEGATIVE_INFINITY, returned };
    all.set(userId, bar);
    if (erased && !returned) away++;
    if (erased) markedUpToS = Math.max(markedUpToS, leftMs === 0 ? bar.revokedAtS : Number.POSITIVE_INFINITY);
  }

  /** Whoever was erased is known by his mark alone. */
  function markedBar({ userId, issuedAtS = Number.NEGATIVE_INFINITY }: Pick<User, 'userId' | 'issuedAtS'>) {
    return issuedAtS > markedUpToS ? undefined : markOf(userId);
  }

  function markOf(userId: string): Bar | undefined {
    if (marked.size === 0 || markKey === null) return undefined;
    return marked.get(createHash('sha256').update(markKey).update(userId).digest('hex'));
  }

  /** What a user is refused with; null where he is not. */
  function refusalOf(user: Pick<User, 'userId' | 'issuedAtS'>): AppError | null {
    return refusalBy(bars.get(user.userId), user) ?? refusalBy(markedBar(user), user);
  }

  function refusalBy(bar: Bar | undefined, { issuedAtS }: Pick<User, 'issuedAtS'>): AppError | null {
    if (!bar) return null;
    if (bar.blockedUntilMs > clock.monotonic()) return new AppError('BLOCKED');
    if (bar.revokedAtS === Number.NEGATIVE_INFINITY) return null;
    return (issuedAtS ?? Number.NEGATIVE_INFINITY) <= bar.revokedAtS ? new AppError('TOKEN_REVOKED') : null;
  }

  return {
    refusalOf,

    /**
     * Whose token is not refused, though others of his are: the database is told that he is back, once. It takes nothing of who was
     * erased until then, which is how it refuses what came with an older token and is late.
     *
     * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async welcome({ userId, issuedAtS }: Pick<User, 'userId' | 'issuedAtS'>): Promise<void> {
      if (kept === null || issuedAtS === undefined) return;
      const bar = bars.get(userId) ?? (away > 0 ? markOf(userId) : undefined);
      if (!bar || bar.returned || bar.revokedAtS === Number.NEGATIVE_INFINITY) return;
      await kept.welcomeBack(userId, issuedAtS);
      for (const row of await kept.after(version)) take(row);
    },

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
      markKey = await store.markKey();
      await read();
      kept = store;
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
