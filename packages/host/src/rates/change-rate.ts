import { createRateLimit, type RateLimit } from './rate-limit.ts';

export interface ChangeRateOptions {
  /** `RATE_CHANGES_PER_SECOND`; 0 = no limit. */
  readonly perSecond: number;
  readonly now: () => number;
}

/** What one user may change, by his id: joins, leaves, purchases, titles and the like. Four seconds' worth at once. */
export function createChangeRate({ perSecond, now }: ChangeRateOptions): RateLimit {
  return createRateLimit({ perSecond, burst: perSecond * 4, now });
}
