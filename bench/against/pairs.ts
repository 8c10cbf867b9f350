import type { Measurement } from '../generator.ts';
import { interleaved } from '../interleaved.ts';

/** `that`: the commit compared with; `this`: the working tree. */
export type Side = 'that' | 'this';

/** Runs of both sides, one shortly after the other. Null: it failed, and why is among the failures. */
export interface Pair {
  readonly that: readonly Measurement[] | null;
  readonly this: readonly Measurement[] | null;
}

export interface Pairs {
  readonly pairs: readonly Pair[];
  /** What to tell of runs that failed. */
  readonly failures: readonly string[];
}

export interface PairsOptions {
  readonly count: number;
  /** Starts a side afresh, loads it and ends it. */
  readonly run: (side: Side, label: string) => Promise<readonly Measurement[]>;
  /** Whether to end at once, with what `run` threw. */
  readonly signal: AbortSignal;
}

/** So many failures of one side, and it is not the machine's bad minute. */
const MOST_FAILURES = 3;

/** Runs pairs until there are enough, or until one side has failed three times. */
export async function runPairs({ count, run, signal }: PairsOptions): Promise<Pairs> {
  const pairs: Pair[] = [];
  const failures: string[] = [];
  const failed = { that: 0, this: 0 };
  for (const [i, sides] of interleaved<Side>(count, ['that', 'this']).entries()) {
    const pair: Record<Side, readonly Measurement[] | null> = { that: null, this: null };
    for (const side of sides) {
      try {
        pair[side] = await run(side, `pair ${i + 1} of ${count}, ${side}`);
      } catch (error) {
        if (signal.aborted) throw error;
        failed[side]++;
        failures.push(`pair ${i + 1}, ${side}: ${error instanceof Error ? error.message : error}`);
      }
    }
    pairs.push(pair);
    const hopeless = sides.find((side) => failed[side] === MOST_FAILURES);
    if (hopeless && i + 1 < count) {
      failures.push(`${hopeless} failed ${MOST_FAILURES} times: the other ${count - i - 1} pairs were not run`);
      break;
    }
  }
  return { pairs, failures };
}
