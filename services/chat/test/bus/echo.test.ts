import { expect, test } from 'vitest';
import { createEcho } from '../../src/bus/echo.ts';

test('the lag is that of the last heartbeat that came back, and grows while none does', () => {
  let at = 0;
  const echo = createEcho(() => at);
  expect(echo.lagMs()).toBe(0);
  echo.sent('1');
  at = 5;
  echo.heard('1');
  expect(echo.lagMs()).toBe(5);
  at = 300;
  echo.sent('2');
  at = 600;
  echo.sent('3');
  at = 604;
  expect(echo.lagMs()).toBe(304);
  // The second was lost: the third says how things are.
  echo.heard('3');
  expect(echo.lagMs()).toBe(4);
  echo.heard('of another instance');
  expect(echo.lagMs()).toBe(4);
});

test('an instance that is cut off for hours remembers no more than 100 heartbeats', () => {
  let at = 0;
  const echo = createEcho(() => at);
  for (let i = 0; i < 1_000; i++) {
    at = i * 300;
    echo.sent(String(i));
  }
  expect(echo.lagMs()).toBe(99 * 300);
});
