/** How long the demo lingers, milliseconds. */
export interface Pace {
  /** Everybody talks for so long where a step needs talk. */
  readonly talkMs: number;
  /** Between two things that one shopper says while all talk. */
  readonly everyMs: number;
  /** How long one shopper's network is gone. */
  readonly tunnelMs: number;
  /** How long Redis is stopped. */
  readonly redisAwayMs: number;
}

export const CALM: Pace = { talkMs: 4_000, everyMs: 700, tunnelMs: 3_000, redisAwayMs: 10_000 };
/** `--fast`, for tests. */
export const FAST: Pace = { talkMs: 1_000, everyMs: 400, tunnelMs: 800, redisAwayMs: 3_000 };
