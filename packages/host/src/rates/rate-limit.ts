import { AppError } from '@gongu/shared';

/** Tokens are sums of fractions: after the wait that was told, a hair may be missing. */
const HAIR = 1e-9;

export interface BucketOptions {
  /** Tokens that come back in a second; 0 = no limit. */
  readonly perSecond: number;
  /** Tokens of a full bucket: what may pass at once. Default: two seconds' worth. */
  readonly burst?: number;
}

/** One token bucket: `perSecond` on average, `burst` at once. */
export class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor({ perSecond, burst = perSecond * 2 }: BucketOptions, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes one: 0 when it was there, else the milliseconds after which one will be. */
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
    return this.#tokensAt(nowMs) >= this.#burst - HAIR;
  }

  #tokensAt(nowMs: number): number {
    // A clock that was set back must not take tokens away.
    const gained = (Math.max(0, nowMs - this.#atMs) * this.#perSecond) / 1_000;
    return Math.max(this.#tokens, Math.min(this.#burst, this.#tokens + gained));
  }
}

export interface RateLimitOptions extends BucketOptions {
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
  /** Hears of each that was refused. */
  readonly onRefused?: () => void;
  /** Most buckets that are kept: some 20 MB. Default 100,000. */
  readonly bucketsMax?: number;
}

/**
 * Buckets by key, made when first used. Full ones are forgotten, as a new one is the same: some with each new key, all by
 * `sweep`. Where that does not do, the one that was used longest ago goes: whoever can bring a hundred thousand keys
 * needs no fuller bucket.
 */
export function createRateLimit({ now, onRefused = () => {}, bucketsMax = 100_000, ...bucket }: RateLimitOptions) {
  /** In the order of their last use. */
  const buckets = new Map<string, Bucket>();

  function take(key: string): number {
    if (bucket.perSecond <= 0) return 0;
    const at = now();
    const known = buckets.get(key);
    if (known) buckets.delete(key);
    else makeRoom(at);
    const taken = known ?? new Bucket(bucket, at);
    buckets.set(key, taken);
    return taken.take(at);
  }

  /** Two go where one comes, so that what a crowd has left behind shrinks. */
  function makeRoom(at: number): void {
    let looked = 0;
    for (const [key, oldest] of buckets) {
      if (!oldest.full(at) && buckets.size < bucketsMax) return;
      buckets.delete(key);
      if (++looked === 2) return;
    }
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
      const at = now();
      for (const [key, bucket] of buckets) if (bucket.full(at)) buckets.delete(key);
    },
    /** Buckets that are kept. */
    size: () => buckets.size,
  };
}

export type RateLimit = ReturnType<typeof createRateLimit>;
