export interface BackoffOptions {
  /** Milliseconds within which the first return happens. Default 1 000. */
  readonly baseMs?: number;
  /** Milliseconds within which every return happens, at most. Default 30 000. */
  readonly capMs?: number;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
}

/**
 * Milliseconds before try number `attempt` (0 is the first): full jitter, anywhere between nothing and a window that
 * doubles with each try. Clients that lost their server in one moment don't come back in one moment.
 */
export function backoffMs(attempt: number, { baseMs = 1_000, capMs = 30_000, random }: BackoffOptions): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)));
}
