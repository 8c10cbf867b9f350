import { describe, expect, it } from 'vitest';
import { createReconcileHeads } from '../../src/jobs/reconcile-heads.ts';

function setUp() {
  const world = { now: 0, intervalMs: 15_000, reads: [] as number[], fails: false };
  const task = createReconcileHeads({
    headIntervalMs: () => world.intervalMs,
    now: () => world.now,
    async reconcile() {
      world.reads.push(world.now);
      if (world.fails) throw new Error('store away');
    },
  });
  /** Calls the task every 500 ms, up to that time. */
  const runTo = async (time: number) => {
    for (; world.now < time; world.now += 500) await task().catch(() => {});
  };
  return { world, runTo };
}

describe('reading of heads', () => {
  it('happens every 15 s while the bus is trusted', async () => {
    const { world, runTo } = setUp();
    await runTo(50_000);
    expect(world.reads).toEqual([15_000, 30_000, 45_000]);
  });

  it('becomes frequent at once when the bus fails, and goes on for as long as it says so', async () => {
    const { world, runTo } = setUp();
    await runTo(20_000);
    world.intervalMs = 1_000;
    await runTo(23_000);
    world.intervalMs = 15_000;
    await runTo(40_000);
    expect(world.reads).toEqual([15_000, 20_000, 21_000, 22_000, 37_000]);
  });

  it('is tried again after a second when it failed', async () => {
    const { world, runTo } = setUp();
    world.fails = true;
    await runTo(17_000);
    world.fails = false;
    await runTo(35_000);
    expect(world.reads).toEqual([15_000, 16_000, 17_000, 32_000]);
  });
});
