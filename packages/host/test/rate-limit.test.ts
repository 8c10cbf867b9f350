import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../src/index.ts';

describe('a rate limit', () => {
  it('lets twice the rate pass in a burst and then tells how long to wait', () => {
    let now = 1_000;
    const rate = createRateLimit({ perSecond: 10, now: () => now });
    for (let i = 0; i < 20; i++) expect(rate.take('ann')).toBe(0);
    expect(rate.take('ann')).toBe(100);
    now += 99;
    expect(rate.take('ann')).toBeGreaterThan(0);
    now += 1;
    expect(rate.take('ann')).toBe(0);
    expect(rate.take('ann')).toBe(100);
  });

  it('counts each key by itself', () => {
    const rate = createRateLimit({ perSecond: 1, now: () => 0 });
    expect([rate.take('ann'), rate.take('ann'), rate.take('bob')]).toEqual([0, 0, 0]);
    expect(rate.take('ann')).toBe(1_000);
    expect(rate.take('bob')).toBe(0);
  });

  it('is off at 0', () => {
    const rate = createRateLimit({ perSecond: 0, now: () => 0 });
    for (let i = 0; i < 1_000; i++) expect(rate.take('ann')).toBe(0);
    rate.sweep();
  });

  it('neither punishes nor rewards a clock that is set back', () => {
    let now = 100_000;
    const rate = createRateLimit({ perSecond: 1, now: () => now });
    rate.take('ann');
    now = 0;
    expect(rate.take('ann')).toBe(0);
    expect(rate.take('ann')).toBeGreaterThan(0);
    now = 1_000;
    expect(rate.take('ann')).toBe(0);
  });

  it('forgets full buckets only: a sweep gives nobody anything', () => {
    let now = 0;
    const rate = createRateLimit({ perSecond: 2, now: () => now });
    for (let i = 0; i < 4; i++) rate.take('ann');
    now = 1_900;
    rate.sweep();
    expect([1, 2, 3].map(() => rate.take('ann'))).toEqual([0, 0, 0]);
    expect(rate.take('ann')).toBeGreaterThan(0);
  });

  it('never lets more pass than the rate and one burst, and a wait it told is long enough', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(500), { maxLength: 200 }), (perSecond, gaps) => {
        let now = 0;
        let passed = 0;
        const rate = createRateLimit({ perSecond, now: () => now });
        for (const gap of gaps) {
          now += gap;
          const wait = rate.take('ann');
          if (wait === 0) passed++;
          expect(passed).toBeLessThanOrEqual(perSecond * 2 + (now * perSecond) / 1_000 + 1e-6);
          if (wait > 0) {
            now += wait;
            expect(rate.take('ann')).toBe(0);
            passed++;
          }
        }
      }),
      // A sum of fractions that was a hair below the token that had been promised.
      { examples: [[1, [0, 170, 141]]] },
    );
  });

  it('keeps a bounded number of buckets, whoever comes: full ones go first, then those used longest ago', () => {
    let now = 0;
    let most = 0;
    const rate = createRateLimit({ perSecond: 1, burst: 4, now: () => now, bucketsMax: 1_000 });
    for (let i = 0; i < 100_000; i++) {
      if (i % 100 === 0) rate.take('ann');
      rate.take(`address ${i}`);
      most = Math.max(most, rate.size());
    }
    expect(most).toBeLessThanOrEqual(1_000);
    // Used all the time, so still known.
    expect(rate.take('ann')).toBeGreaterThan(0);
    now = 5_000;
    rate.take('bob');
    rate.sweep();
    expect(rate.size()).toBe(1);
  });

  it('has a burst of its own where it is given one', () => {
    const rate = createRateLimit({ perSecond: 5, burst: 20, now: () => 0 });
    for (let i = 0; i < 20; i++) expect(rate.take('ann')).toBe(0);
    expect(rate.take('ann')).toBe(200);
  });
});
