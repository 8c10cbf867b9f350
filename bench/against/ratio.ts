import { median } from '../median.ts';

/** A median, and where it lies nine times out of ten. */
export interface MedianOfRatios {
  readonly median: number;
  /** Null: too few values to say. */
  readonly interval: readonly [low: number, high: number] | null;
}

const CONFIDENCE = 0.9;

/**
 * The median with its 90 % interval, by order statistics, interpolated between the two pairs of them whose exact
 * coverage is next to 90 % (Hettmansperger and Sheather 1986). It assumes nothing of how the values are spread, and
 * needs five of them.
 *
 * @throws RangeError without values
 */
export function medianOfRatios(values: readonly number[]): MedianOfRatios {
  const middle = median(values);
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let k = 0;
  while (k + 1 <= n / 2 && coverage(n, k + 1) >= CONFIDENCE) k++;
  if (k === 0) return { median: middle, interval: null };
  const part = (coverage(n, k) - CONFIDENCE) / (coverage(n, k) - coverage(n, k + 1));
  const inward = ((n - k) * part) / (k + (n - 2 * k) * part);
  const between = (outer: number, inner: number) => (1 - inward) * outer + inward * inner;
  return {
    median: middle,
    interval: [between(sorted[k - 1]!, sorted[k]!), between(sorted[n - k]!, sorted[n - k - 1]!)],
  };
}

/** How often the median of `n` draws' distribution lies between the `k`-th least and the `k`-th greatest of them. */
function coverage(n: number, k: number): number {
  let outside = 0;
  for (let i = 0, ways = 1; i < k; i++) {
    outside += ways;
    ways = (ways * (n - i)) / (i + 1);
  }
  return 1 - (2 * outside) / 2 ** n;
}

/** An interval that reaches further than 5 % to each side, all in all, says nothing of the changes one looks for. */
const WIDEST = 0.1;

/**
 * What the ratios say of the new side. `inconclusive`: the interval is wider than ±5 %, or there is none.
 * `same`: it holds 1.
 */
export function verdict(found: MedianOfRatios, better: 'more' | 'less'): 'inconclusive' | 'same' | 'better' | 'worse' {
  if (found.interval === null) return 'inconclusive';
  const [low, high] = found.interval;
  if (high - low > WIDEST * found.median) return 'inconclusive';
  if (low <= 1 && high >= 1) return 'same';
  return low > 1 === (better === 'more') ? 'better' : 'worse';
}
