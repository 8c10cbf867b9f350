/** Time, as an argument: tests move it by hand. */
export interface Clock {
  /** The time of day: epoch milliseconds. It may be set, also back. */
  now(): number;
  /** For durations: milliseconds, of any origin, that never go back. */
  monotonic(): number;
  /** Runs `task` once after `delayMs`. The answer cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};
