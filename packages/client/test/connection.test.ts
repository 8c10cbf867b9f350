import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../src/connection/backoff.ts';
import { connected, unconnected } from './fixture/connected.ts';

test('a start asks for the token, opens, and is ready when the server says so', async () => {
  const { connection, clock, carrier, asked, state, told } = unconnected();
  expect(state().status).toBe('idle');
  connection.start();
  expect(state().status).toBe('connecting');
  await clock.advance(0);
  expect(carrier.last().token).toBe('token-1');
  expect(connection.link).toBeNull();
  carrier.last().ready({ serverTime: '2026-01-01T00:00:02.000Z', limits: { contentChars: 100, frameBytes: 1_000 } });
  expect(state()).toMatchObject({
    status: 'ready',
    transport: 'websocket',
    user: { userId: 'me' },
    clockOffsetMs: 2_000,
    contentChars: 100,
    error: null,
  });
  expect(connection.link).not.toBeNull();
  expect(asked).toEqual([false]);
  expect(told).toEqual(['ready']);
});

test('starting twice opens once, and a stop closes without a return', async () => {
  const { connection, clock, carrier, signals, state, told } = await connected();
  connection.start();
  await clock.advance(0);
  expect(carrier.channels).toHaveLength(1);
  connection.stop();
  expect(carrier.last().isClosed).toBe(true);
  expect(state()).toMatchObject({ status: 'idle', transport: null });
  expect(told).toEqual(['ready', 'lost']);
  expect(signals.listeners).toBe(0);
  await clock.advance(120_000);
  expect(carrier.channels).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test('a stop while the token is being fetched opens nothing', async () => {
  let give = (_: string) => {};
  const { connection, clock, carrier } = unconnected({ token: () => new Promise((resolve) => (give = resolve)) });
  connection.start();
  connection.stop();
  give('late');
  await clock.advance(0);
  expect(carrier.channels).toHaveLength(0);
});

test('the window of the return doubles from 1 s to 30 s, and the return is anywhere in it', () => {
  void fc.assert(
    fc.property(fc.nat(60), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, drawn) => {
      const window = Math.min(30_000, 1_000 * 2 ** attempt);
      const delayMs = backoffMs(attempt, { random: () => drawn });
      expect(delayMs).toBe(Math.round(drawn * window));
    }),
  );
});

test('tries that fail wait longer and longer; a connection that held for 10 s starts over', async () => {
  const { clock, carrier, state } = await connected();
  for (const windowMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    carrier.last().ends(1006);
    expect(state()).toMatchObject({ status: 'waiting', retryAtMs: clock.now() + windowMs / 2 });
    await clock.advance(windowMs / 2 - 1);
    expect(state().status).toBe('waiting');
    await clock.advance(1);
    expect(state().status).toBe('connecting');
    // Ready, but for a moment only.
    carrier.last().ready();
  }
  await clock.advance(10_000);
  carrier.last().ends(1006);
  expect(state().retryAtMs).toBe(clock.now() + 500);
});

test('a server that says when to come again is asked no sooner, and no later than its word or the own wait', async () => {
  const { clock, carrier, state } = await connected();
  carrier.last().says({ type: 'error', code: 'UNAVAILABLE', message: 'full', errors: [], retryAfterMs: 7_000 });
  carrier.last().ends(1006);
  expect(state()).toMatchObject({ status: 'waiting', retryAtMs: clock.now() + 7_000 });
  await clock.advance(7_000);
  expect(state().status).toBe('connecting');
});

test.each([4500, 4501, 4503, 4504, 4999, 1000, 1009])('a close with %i stays away', async (code) => {
  const { connection, clock, carrier, asked, state, told } = await connected();
  carrier.last().says({ type: 'error', code: 'UNAUTHENTICATED', message: 'no', errors: [] });
  carrier.last().ends(code, 'bye');
  expect(state()).toMatchObject({ status: 'closed', error: { code: 'UNAUTHENTICATED' }, retryAtMs: null });
  expect(told).toEqual(['ready', 'lost']);
  await clock.advance(600_000);
  expect(carrier.channels).toHaveLength(1);
  // Asked again, it tries, with a token that is not the refused one.
  connection.start();
  await clock.advance(0);
  expect(carrier.channels).toHaveLength(2);
  expect(asked).toEqual([false, true]);
});

test.each([1001, 1006, 1011, 1012, 4000, 4001, 4002, 4008, 4029, 4499])('a close with %i comes back', async (code) => {
  const { clock, carrier } = await connected();
  carrier.last().ends(code);
  await clock.advance(30_000);
  expect(carrier.channels.length).toBeGreaterThan(1);
});

test('where the server names a time, it is kept, whatever happens in between', async () => {
  const { clock, carrier, signals, state } = await connected();
  carrier.last().says({ type: 'reconnect', afterMs: 7_000 });
  carrier.last().ends(4001, 'draining');
  expect(state().retryAtMs).toBe(clock.now() + 7_000);
  signals.tell('visible');
  signals.tell('online');
  await clock.advance(6_999);
  expect(carrier.channels).toHaveLength(1);
  await clock.advance(1);
  expect(carrier.channels).toHaveLength(2);
});

test('an expired token is fetched anew, and a renewed one goes out on the living connection', async () => {
  const { clock, carrier, asked, state, told } = await connected();
  carrier.last().says({ type: 'token.expiring', expiresAt: '2026-01-01T00:00:30.000Z' });
  await clock.advance(0);
  expect(carrier.last().of('auth')).toEqual([{ type: 'auth', token: 'token-2' }]);
  expect(asked).toEqual([false, true]);
  carrier.last().ready();
  expect(told).toEqual(['ready']);
  carrier.last().ends(4101, 'token expired');
  await clock.advance(1_000);
  expect(asked).toEqual([false, true, true]);
  expect(state().status).toBe('connecting');
  expect(carrier.last().token).toBe('token-3');
});

/** A token that ends so many seconds after the beginning of the clock; nobody signed it. */
const ending = (seconds: number) =>
  `e30.${Buffer.from(JSON.stringify({ sub: 'me', exp: Date.parse('2026-01-01T00:00:00Z') / 1_000 + seconds })).toString('base64url')}.c2ln`;
const isoAt = (seconds: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1_000).toISOString();

test('a token of 20 seconds is renewed in the last third of its life, and not each time that its end is told', async () => {
  let second = 0;
  const { clock, carrier, asked, events } = await connected({ token: () => ending(second + 20) });
  let renewals = 0;
  for (; second < 60; second++) {
    const said = carrier.last().of('auth');
    if (said.length > renewals || second === 0) {
      renewals = said.length;
      // As a server does: ready, and at once that it ends within 30 s.
      carrier.last().ready({ serverTime: isoAt(second), tokenExpiresAt: isoAt(second + 20) });
      carrier.last().says({ type: 'token.expiring', expiresAt: isoAt(second + 20) });
    }
    await clock.advance(1_000);
  }
  expect(renewals).toBeGreaterThanOrEqual(3);
  expect(renewals).toBeLessThanOrEqual(5);
  expect(asked.length).toBeLessThanOrEqual(6);
  expect(events).toEqual([]);
});

test('a token that ends no later renews nothing: another is asked for now and then, and the connection lives on', async () => {
  let given = ending(30);
  const { clock, carrier, asked, state } = await connected({ token: () => given });
  for (let i = 0; i < 20; i++) {
    carrier.last().says({ type: 'token.expiring', expiresAt: isoAt(30) });
    await clock.advance(0);
  }
  expect([asked.length, carrier.last().of('auth')]).toEqual([2, []]);
  // Another text, and the same end.
  given = `${ending(30)}2`;
  await clock.advance(15_000);
  expect([asked.length, carrier.last().of('auth')]).toEqual([3, []]);
  given = ending(90);
  await clock.advance(7_500);
  expect(carrier.last().of('auth')).toEqual([{ type: 'auth', token: ending(90) }]);
  carrier.last().ready({ tokenExpiresAt: isoAt(90), serverTime: isoAt(22.5) });
  await clock.advance(30_000);
  expect([asked.length, state().status, carrier.channels.length]).toEqual([4, 'ready', 1]);
});

test('a token that fails is asked for again; none at all ends the connection', async () => {
  let answer: () => string | null = () => {
    throw new Error('the sign-in does not answer');
  };
  const { connection, clock, carrier, state } = unconnected({ token: () => answer() });
  connection.start();
  await clock.advance(0);
  expect(state()).toMatchObject({ status: 'waiting', error: { code: 'TOKEN_UNAVAILABLE' } });
  answer = () => null;
  await clock.advance(1_000);
  expect(state()).toMatchObject({ status: 'closed', error: { code: 'UNAUTHENTICATED' } });
  answer = () => 'a token';
  connection.start();
  await clock.advance(0);
  expect(carrier.last().token).toBe('a token');
});

test('a token provider that never answers does not hang the connection', async () => {
  const { connection, clock, state } = unconnected({ token: () => new Promise(() => {}) });
  connection.start();
  await clock.advance(20_000);
  expect(state()).toMatchObject({ status: 'waiting', error: { code: 'TOKEN_UNAVAILABLE' } });
});

test('what never becomes ready is given up after 10 s', async () => {
  const { connection, clock, carrier, state } = unconnected();
  connection.start();
  await clock.advance(0);
  await clock.advance(9_999);
  expect(state().status).toBe('connecting');
  await clock.advance(1);
  expect(carrier.last().isClosed).toBe(true);
  expect(state().status).toBe('waiting');
});

test('silence is met with a ping, and a ping without answer with a new connection', async () => {
  const { clock, carrier, state } = await connected();
  const first = carrier.last();
  await clock.advance(24_000);
  first.says({ type: 'head', roomId: 'a', seq: 1 });
  await clock.advance(24_999);
  expect(first.of('ping')).toHaveLength(0);
  await clock.advance(1);
  expect(first.of('ping')).toHaveLength(1);
  first.says({ type: 'pong', serverTime: '' });
  await clock.advance(25_000);
  expect(first.of('ping')).toHaveLength(2);
  await clock.advance(9_999);
  expect(state().status).toBe('ready');
  await clock.advance(1);
  expect(first.isClosed).toBe(true);
  expect(state().status).toBe('waiting');
});

test('a sign from outside makes it look at once, and a dead connection is noticed within 4 s', async () => {
  const { clock, carrier, signals, state } = await connected();
  signals.tell('visible');
  expect(carrier.last().of('ping')).toHaveLength(1);
  carrier.last().says({ type: 'pong', serverTime: '' });
  await clock.advance(4_000);
  expect(state().status).toBe('ready');
  signals.tell('offline');
  expect(state().online).toBe(false);
  // Doubts that repeat don't put the end off.
  await clock.advance(2_000);
  signals.tell('visible');
  await clock.advance(2_000);
  expect(state().status).toBe('waiting');
});

test('coming online or into the foreground ends the wait', async () => {
  for (const signal of ['online', 'visible'] as const) {
    const { clock, carrier, signals } = await connected();
    for (let i = 0; i < 6; i++) {
      carrier.last().ends(1006);
      await clock.advance(30_000);
    }
    carrier.last().ends(1006);
    const { length } = carrier.channels;
    signals.tell('offline');
    signals.tell('hidden');
    await clock.advance(0);
    expect(carrier.channels).toHaveLength(length);
    signals.tell(signal);
    signals.tell(signal);
    await clock.advance(0);
    expect(carrier.channels).toHaveLength(length + 1);
  }
});

test('while it says that it is offline it still tries: some systems say so and are not', async () => {
  const { clock, carrier, signals } = await connected();
  signals.tell('offline');
  carrier.last().ends(1006);
  await clock.advance(1_000);
  expect(carrier.channels).toHaveLength(2);
});
