import { expect, test } from 'vitest';
import { manualClock } from '../src/index.ts';

test('timers fire when they are due, in order, with those that are set meanwhile', async () => {
  const clock = manualClock(0);
  const fired: string[] = [];
  clock.setTimeout(() => fired.push(`late ${clock.now()}`), 30);
  clock.setInterval(() => fired.push(`tick ${clock.now()}`), 10);
  clock.setTimeout(() => {
    fired.push(`first ${clock.now()}`);
    clock.setTimeout(() => fired.push(`nested ${clock.now()}`), 7);
  }, 5);
  await clock.advance(20);
  expect(fired).toEqual(['first 5', 'tick 10', 'nested 12', 'tick 20']);
  expect(clock.pending).toBe(2);
});

test('a cleared timer does not fire, and set fires nothing', async () => {
  const clock = manualClock(1_000);
  let fired = 0;
  const timer = clock.setTimeout(() => fired++, 10);
  clock.set(0);
  expect(clock.now()).toBe(0);
  clock.clear(timer);
  clock.clear(undefined);
  await clock.advance(5_000);
  expect([fired, clock.pending]).toEqual([0, 0]);
});

test('promises get their turn between timers', async () => {
  const clock = manualClock(0);
  const order: string[] = [];
  clock.setTimeout(() => void Promise.resolve().then(() => order.push('then')), 1);
  clock.setTimeout(() => order.push('second'), 2);
  await clock.advance(2);
  expect(order).toEqual(['then', 'second']);
});
