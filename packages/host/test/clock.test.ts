import { expect, test } from 'vitest';
import { systemClock, type Timer } from '../src/index.ts';

test('the system clock tells the time, runs timers and clears them', async () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(50);
  const before = systemClock.monotonic();
  const cleared = systemClock.setTimeout(() => expect.unreachable(), 1);
  systemClock.clear(cleared);
  systemClock.clear(undefined);
  let interval: Timer | undefined;
  let ticks = 0;
  await new Promise<void>((resolve) => {
    interval = systemClock.setInterval(() => {
      if (++ticks === 2) resolve();
    }, 2);
  });
  systemClock.clear(interval);
  await new Promise<void>((resolve) => systemClock.setTimeout(resolve, 10));
  expect(ticks).toBe(2);
  expect(systemClock.monotonic()).toBeGreaterThan(before);
});
