import { vi } from 'vitest';

/** How long something is waited for. The time is generous: a busy machine is no failure, and nothing waits longer than it must. */
export interface Patience {
  /** Default 60 000, as `expect.poll` has it by `vitest.config.ts`: `vi` by itself gives up after one second. */
  timeoutMs?: number;
  /** Between one look and the next. Default 15. */
  intervalMs?: number;
}

/** Repeats `check` until it no longer throws, and returns what it returned. @throws what it threw last, when the time is over */
export function eventually<T>(check: () => T | Promise<T>, patience: Patience = {}): Promise<T> {
  return vi.waitFor(check, optionsOf(patience));
}

/** Asks until the answer is not false, null, undefined, 0 or empty, and returns it. @throws Error when the time is over */
export function until<T>(condition: () => T | Promise<T>, patience: Patience = {}) {
  return vi.waitUntil(condition, optionsOf(patience));
}

function optionsOf({ timeoutMs = 60_000, intervalMs = 15 }: Patience) {
  return { timeout: timeoutMs, interval: intervalMs };
}
