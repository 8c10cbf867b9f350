import { describe, expect, it } from 'vitest';
import { medianOfRatios, verdict } from '../../against/ratio.ts';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('the median of ratios', () => {
  it.each([
    [[7], 7],
    [[2, 1], 1.5],
    [[3, 1, 2], 2],
    [upTo(10).reverse(), 5.5],
  ])('of %j is %d', (values, median) => {
    expect(medianOfRatios(values).median).toBe(median);
  });

  it.each([1, 2, 3, 4])('has no interval of %d values: no two of them hold the median 9 times out of 10', (n) => {
    expect(medianOfRatios(upTo(n)).interval).toBeNull();
  });

  // From the coverages of pairs of order statistics, for instance 1 - 2 * 11 / 1024 and 1 - 2 * 56 / 1024 with ten.
  it.each([
    [5, 1.353, 4.647],
    [6, 1.743, 5.257],
    [10, 2.971, 8.029],
  ])('of the numbers to %d has the interval that the exact coverages give', (n, low, high) => {
    const { interval } = medianOfRatios(upTo(n).reverse());
    expect(interval![0]).toBeCloseTo(low, 3);
    expect(interval![1]).toBeCloseTo(high, 3);
  });

  it('lies in its interval, and both go with the scale of the values', () => {
    const random = numbers(1);
    for (let n = 5; n <= 50; n++) {
      const values = upTo(n).map(() => random());
      const { median, interval } = medianOfRatios(values);
      expect(median).toBeGreaterThanOrEqual(interval![0]);
      expect(median).toBeLessThanOrEqual(interval![1]);
      const doubled = medianOfRatios(values.map((value) => value * 2));
      expect(doubled.median).toBeCloseTo(median * 2, 12);
      expect(doubled.interval![0]).toBeCloseTo(interval![0] * 2, 12);
    }
  });

  it.each([
    ['even', (random: () => number) => random(), 0.5],
    ['skewed', (random: () => number) => -Math.log(random()), Math.LN2],
  ])('holds the true median 9 times out of 10, of %s values', (_, draw, truth) => {
    for (const n of [5, 8, 10, 15]) {
      const random = numbers(n);
      let held = 0;
      for (let turn = 0; turn < 4_000; turn++) {
        const [low, high] = medianOfRatios(upTo(n).map(() => draw(random))).interval!;
        if (low <= truth && truth <= high) held++;
      }
      expect(held / 4_000, `${n} values`).toBeGreaterThan(0.88);
      expect(held / 4_000, `${n} values`).toBeLessThan(0.92);
    }
  });

  it('of nothing is an error', () => {
    expect(() => medianOfRatios([])).toThrow(RangeError);
  });
});

it.each([
  [1, null, 'more', 'inconclusive'],
  [1, [0.949, 1.051], 'more', 'inconclusive'],
  [1, [0.951, 1.05], 'more', 'same'],
  [2, [1.91, 2.09], 'more', 'better'],
  [2, [1.91, 2.09], 'less', 'worse'],
  [0.9, [0.88, 0.92], 'more', 'worse'],
  [0.9, [0.88, 0.92], 'less', 'better'],
  [0.9, [0.8, 0.92], 'less', 'inconclusive'],
] as const)('a median of %d in %j, where %s is better, is %s', (median, interval, better, said) => {
  expect(verdict({ median, interval }, better)).toBe(said);
});

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
