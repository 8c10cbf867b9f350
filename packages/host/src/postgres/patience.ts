/** Milliseconds between two looks at what is left of a time. */
const STEP_MS = 250;
/** Later than this by so many milliseconds, a look comes after a stand-still. */
const LATE_MS = 100;

/**
 * Calls `giveUp` when `ms` milliseconds have passed, of which time in which this process stood still is no part: a machine that
 * was suspended, or had much else to do. `setTimeout` would end what is over already, as its answer is read after the timers.
 *
 * @returns ends it
 */
export function patience(ms: number, giveUp: () => void): () => void {
  let leftMs = ms;
  let wasLate = false;
  let timer: NodeJS.Timeout;
  const look = () => {
    const stepMs = Math.min(STEP_MS, leftMs);
    const began = performance.now();
    timer = setTimeout(() => {
      // Not twice in a row: a process that is always late gives up as well.
      wasLate = !wasLate && performance.now() - began > stepMs + LATE_MS;
      if (!wasLate) leftMs -= stepMs;
      if (leftMs > 0) look();
      else giveUp();
    }, stepMs);
  };
  look();
  return () => clearTimeout(timer);
}
