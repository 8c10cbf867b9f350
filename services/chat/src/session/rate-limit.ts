import { AppError } from '@gongu/shared';

/** Tokens are sums of fractions: after the wait that was told, a hair may be missing. */
const HAIR = 1e-9;

/** One token bucket: `perSecond` on average, twice that in a burst. */
export class Bucket {
  readonly #perSecond: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond * 2;
    this.#atMs = nowMs;
  }

  /** Takes one: 0 when it was there, else the milliseconds after which one will be. A rate of 0 is no limit. */
  take(nowMs: number): number {
    if (this.#perSecond <= 0) return 0;
    this.#tokens = this.#tokensAt(nowMs);
    this.#atMs = nowMs;
    if (this.#tokens < 1 - HAIR) return Math.ceil(((1 - this.#tokens) * 1_000) / this.#perSecond);
    this.#tokens -= 1;
    return 0;
  }

  /** Puts some in, beyond what a burst may have. */
  put(tokens: number): void {
    this.#tokens += tokens;
  }

  /** Whether nothing has been taken for so long that the bucket is full again. */
  full(nowMs: number): boolean {
    return this.#tokensAt(nowMs) >= this.#perSecond * 2 - HAIR;
  }

  #tokensAt(nowMs: number): number {
    // A clock that was set back must not take tokens away.
    const gained = (Math.max(0, nowMs - this.#atMs) * this.#perSecond) / 1_000;
    return Math.max(this.#tokens, Math.min(this.#perSecond * 2, this.#tokens + gained));
  }
}

export interface RateLimitOptions {
  readonly perSecond: number;
  readonly now: () => number;
  /** Hears of each that was refused. */
  readonly onRefused?: () => void;
}

/** Buckets by key, made when first used. Call `sweep` now and then: full ones are forgotten. */
export function createRateLimit({ perSecond, now, onRefused = () => {} }: RateLimitOptions) {
  const buckets = new Map<string, Bucket>();

  function take(key: string): number {
    if (perSecond <= 0) return 0;
    const bucket = buckets.get(key) ?? new Bucket(perSecond, now());
    buckets.set(key, bucket);
    return bucket.take(now());
  }

  return {
    /** 0 when the event may pass, else the milliseconds after which one may. */
    take,
    /** Takes one. @throws AppError RATE_LIMITED */
    admit(key: string): void {
      const retryAfterMs = take(key);
      if (retryAfterMs === 0) return;
      onRefused();
      throw new AppError('RATE_LIMITED', { retryAfterMs });
    },
    sweep(): void {
      for (const [key, bucket] of buckets) if (bucket.full(now())) buckets.delete(key);
    },
  };
}

export type RateLimit = ReturnType<typeof createRateLimit>;
