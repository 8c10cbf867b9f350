import { createHistogram } from 'node:perf_hooks';

export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Milliseconds as they come, kept to three digits in fixed memory. */
export function createLatency() {
  const microseconds = createHistogram({ figures: 3, highest: 3_600_000_000 });
  return {
    record(ms: number): void {
      microseconds.record(Math.max(1, Math.round(ms * 1_000)));
    },
    get count() {
      return microseconds.count;
    },
    summary(): LatencySummary {
      const { count } = microseconds;
      const at = (percentile: number) => (count === 0 ? 0 : microseconds.percentile(percentile) / 1_000);
      return { count, p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), maxMs: count === 0 ? 0 : microseconds.max / 1_000 };
    },
  };
}

export type Latency = ReturnType<typeof createLatency>;
