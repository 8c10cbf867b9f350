/** What `Clock.setTimeout` and `Clock.setInterval` return; only `Clock.clear` understands it. */
export type Timer = object;

/** Time as an argument, so that a test can hold it. */
export interface Clock {
  /** The time of day: milliseconds since the epoch. An operator may set it, also back. */
  now(): number;
  /** For durations: milliseconds, of any origin, that never go back. */
  monotonic(): number;
  setTimeout(task: () => void, ms: number): Timer;
  setInterval(task: () => void, ms: number): Timer;
  /** Ends a timer of this clock; a timer that has fired, and `undefined`, are ignored. */
  clear(timer: Timer | undefined): void;
}

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (task, ms) => setTimeout(task, ms),
  setInterval: (task, ms) => setInterval(task, ms),
  // Node clears intervals and timeouts alike.
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};
