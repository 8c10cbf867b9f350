import { expect, it } from 'vitest';
import { createLeakFinder } from '../../chaos/system/witness.ts';

it('recognises tokens and secrets in a line, and takes them out', () => {
  const find = createLeakFinder(() => ['the-secret-of-the-shop']);
  expect(find('{"url":"/ws?token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln"}')).toBe('{"url":"/ws?token=[token]"}');
  expect(find('{"url":"/ws?token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ"}')).toBe('{"url":"/ws?token=[token]"}');
  expect(find('started with the-secret-of-the-shop')).toBe('started with [secret]');
  expect(find('{"event":"handshake.accepted","tokenPresent":true}')).toBeNull();
});
