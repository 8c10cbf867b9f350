import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSpacingShare } from '../../src/app/spacing-share.ts';

/** A loop whose work in each stretch of time is said by the test. */
function createLoop() {
  const times = { active: 0, idle: 0 };
  return {
    now: () => times.active + times.idle,
    loop: () => ({ ...times }),
    pass(ms: number, busy: number): void {
      times.active += ms * busy;
      times.idle += ms * (1 - busy);
    },
  };
}

function createSpaced({ load = 0.3 } = {}) {
  const loop = createLoop();
  return { loop, share: createSpacingShare({ load, ...loop }) };
}

describe('how much of their longest spacing writes and commits need', () => {
  it('is nothing for a loop that has time left', () => {
    const { loop, share } = createSpaced();
    for (let i = 0; i < 100; i++) {
      loop.pass(100, 0.29);
      expect(share()).toBe(0);
    }
  });

  it('grows while the loop has too much to do, as far as it may, and no further', () => {
    const { loop, share } = createSpaced();
    const seen = Array.from({ length: 30 }, () => {
      loop.pass(100, 0.8);
      return share();
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen[0]).toBeCloseTo(0.2);
    expect(seen.at(-1)).toBe(1);
  });

  it('goes back to nothing within a second of a loop that is idle again, however long nobody asked', () => {
    const { loop, share } = createSpaced();
    for (let i = 0; i < 30; i++) {
      loop.pass(100, 1);
      share();
    }
    loop.pass(1_000, 0);
    expect(share()).toBe(0);
  });

  it('is not decided by work of which the last minute was full before anybody asked', () => {
    const { loop, share } = createSpaced();
    loop.pass(60_000, 1);
    expect(share()).toBeLessThan(0.6);
  });

  it('settles where the loop works as much as it should, when writes are what it works for', () => {
    const { loop, share } = createSpaced();
    // A room of 100 messages a second: half of the loop's time for 100 writes a second, less for fewer.
    const busy = () => 0.1 + 0.5 * Math.min(1, 10 / Math.max(10, share() * 100));
    for (let i = 0; i < 100; i++) loop.pass(100, busy());
    for (let i = 0; i < 50; i++) {
      loop.pass(100, busy());
      expect(Math.abs(busy() - 0.3)).toBeLessThan(0.02);
    }
  });

  it('is always all of it where no load is said', () => {
    const { loop, share } = createSpaced({ load: 0 });
    for (const busy of [0, 1, 0.5]) {
      loop.pass(1_000, busy);
      expect(share()).toBe(1);
    }
  });

  it('is between nothing and all of it, whatever the loop does and whenever it is asked for', () => {
    const stretches = fc.array(
      fc.tuple(fc.double({ min: 0, max: 5_000, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    );
    fc.assert(
      fc.property(stretches, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, load) => {
        const { loop, share } = createSpaced({ load });
        for (const [ms, busy] of all) {
          loop.pass(ms, busy);
          const found = share();
          expect(found).toBeGreaterThanOrEqual(0);
          expect(found).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
