import { expect, it } from 'vitest';
import { readable } from '../../src/supervise/log-line.ts';

const line = (fields: object) =>
  JSON.stringify({ level: 'warn', time: '2026-11-21T10:20:30.000Z', service: 'chat', pid: 1, ...fields });

it('shows warnings and errors with what is worth knowing, and nothing of the rest', () => {
  expect(
    readable('chat', line({ msg: 'handshake rejected', event: 'handshake.rejected', code: 'TOKEN_EXPIRED' })),
  ).toBe('10:20:30 chat warn: handshake rejected (code="TOKEN_EXPIRED")');
  expect(readable('chat', line({ level: 'info', msg: 'request' }))).toBeNull();
});

it('shows the messages of an error and of its causes, not their stacks', () => {
  const err = { name: 'Error', message: 'no room', stack: 'at x', cause: { message: 'no disk' } };
  expect(readable('trade', line({ level: 'error', msg: 'failed', err }))).toBe(
    '10:20:30 trade error: failed (no room: no disk)',
  );
});

it('passes on what is no JSON, and lets nothing command the terminal', () => {
  expect(readable('chat', 'FATAL ERROR: heap out of memory')).toBe('chat: FATAL ERROR: heap out of memory');
  expect(readable('chat', line({ msg: 'x', path: '\u001b[2Jy', other: '\u009b31m' }))).not.toMatch(/\p{Cc}/u);
  expect(readable('chat', '\u001b]0;title\u0007')).not.toMatch(/\p{Cc}/u);
  expect(readable('chat', '')).toBeNull();
});
