/** Timers as an argument, so that a test can hold time. */
export interface Timers {
  setTimeout(task: () => void, ms: number): object;
  setInterval(task: () => void, ms: number): object;
  /** Ends a timer of these; one that has fired, and `undefined`, are ignored. */
  clear(timer: object | undefined): void;
}

/** Real time. No timer of these keeps a process alive: what waits is a socket, and that does. */
export const systemTimers: Timers = {
  setTimeout: (task, ms) => setTimeout(task, ms).unref(),
  setInterval: (task, ms) => setInterval(task, ms).unref(),
  // Node clears intervals and timeouts alike.
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};
