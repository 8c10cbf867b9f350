export interface BackoffOptions {
  /** Milliseconds; the first pause is at most this long. */
  baseMs: number;
  /** Milliseconds; no pause is longer. */
  capMs: number;
  /** [0, 1). */
  random: () => number;
}

/**
 * Exponential backoff with full jitter: any time between nothing and `baseMs · 2^failures`, so that what failed
 * together does not come back together.
 */
export function backoffMs(failures: number, { baseMs, capMs, random }: BackoffOptions): number {
  // 2^30 is beyond every cap; a larger exponent would end in Infinity.
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(failures, 30));
}
