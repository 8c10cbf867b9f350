import type { Measurement } from '../generator.ts';
import { interleaved } from '../interleaved.ts';

/** `that`: the commit compared with; `this`: the working tree. */
export type Side = 'that' | 'this';

const SIDES: readonly Side[] = ['that', 'this'];

/** Runs of both sides, at the same time or one shortly after the other. Null: it failed, and why is among the failures. */
export interface Pair {
  readonly that: readonly Measurement[] | null;
  readonly this: readonly Measurement[] | null;
}

export interface Pairs {
  readonly pairs: readonly Pair[];
  /** What to tell of runs that failed. */
  readonly failures: readonly string[];
}

export interface RunOfBoth extends Pair {
  readonly failed: readonly { readonly side: Side; readonly error: unknown }[];
}

export interface PairsOptions {
  readonly count: number;
  /** Starts both sides afresh, loads them and ends them; `order` says who begins. */
  readonly run: (order: readonly Side[], label: string) => Promise<RunOfBoth>;
}

/** So many failures of one side, and it is not the machine's bad minute. */
const MOST_FAILURES = 3;

/** Runs pairs until there are enough, or until one side has failed three times. */
export async function runPairs({ count, run }: PairsOptions): Promise<Pairs> {
  const pairs: Pair[] = [];
  const failures: string[] = [];
  const failedOf = { that: 0, this: 0 };
  for (const [i, order] of interleaved(count, SIDES).entries()) {
    const { failed, ...pair } = await run(order, `pair ${i + 1} of ${count}`);
    for (const { side, error } of failed) {
      failedOf[side]++;
      failures.push(`pair ${i + 1}, ${side}: ${error instanceof Error ? error.message : error}`);
    }
    pairs.push(pair);
    const hopeless = SIDES.find((side) => failedOf[side] === MOST_FAILURES);
    if (hopeless && i + 1 < count) {
      failures.push(`${hopeless} failed ${MOST_FAILURES} times: the other ${count - i - 1} pairs were not run`);
      break;
    }
  }
  return { pairs, failures };
}
