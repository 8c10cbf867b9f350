/** The services' time of day, as their answers tell it. The device's own may be set to anything. */
export interface ServerClock {
  /** Epoch milliseconds; the device's time as long as there was no answer. */
  now(): number;
  /**
   * @param date `Date` of an answer: its whole second; null where it has none
   * @param tookMs milliseconds from the question to the answer
   */
  heard(date: string | null, tookMs: number): void;
}

export function createServerClock(deviceNow: () => number = Date.now): ServerClock {
  let offsetMs: number | null = null;
  return {
    now: () => deviceNow() + (offsetMs ?? 0),
    heard(date, tookMs) {
      const leastMs = Date.parse(date ?? '');
      if (Number.isNaN(leastMs)) return;
      // The answer was written within that second, and has been on its way for as long as it took at most.
      const mostMs = leastMs + 1_000 + tookMs;
      const device = deviceNow();
      const known = device + (offsetMs ?? (leastMs + mostMs) / 2 - device);
      // What fits stays as it is: a countdown does not jump with every answer.
      offsetMs = Math.min(mostMs, Math.max(leastMs, known)) - device;
    },
  };
}
