import type { UserBar } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let here: Instance;
/** Hears nothing of the first one but what is in the database. */
let there: Instance;
beforeAll(async () => {
  here = await given.start();
  there = await given.start();
});

const ADMIN = `Bearer ${tokenOf('root', { roles: ['admin'] })}`;
const path = (userId: string, what: 'block' | 'revoke') => `/api/chat/users/${userId}/${what}`;
const block = (userId: string, body?: object, as = ADMIN) =>
  here.call<UserBar>('PUT', path(userId, 'block'), { as, ...(body ? { body } : {}) });
const unblock = (userId: string, as = ADMIN) => here.call('DELETE', path(userId, 'block'), { as });
const revoke = (userId: string, as = ADMIN) => here.call<UserBar>('POST', path(userId, 'revoke'), { as });
const unrevoke = (userId: string) => here.call('DELETE', path(userId, 'revoke'), { as: ADMIN });
const asked = async (instance: Instance, token: string) => {
  const { status, body } = await instance.call('GET', '/api/chat/rooms', { as: `Bearer ${token}` });
  return status === 200 ? 200 : [status, body.code];
};
const wsOf = ({ url }: Instance) => url.replace('http', 'ws');
let users = 0;
const somebody = () => `user-${++users}`;
const seconds = (fromNow: number) => Math.floor(Date.now() / 1_000) + fromNow;
const issued = (userId: string, fromNow: number) =>
  tokenOf(userId, { claims: { iat: seconds(fromNow), exp: seconds(fromNow + 7_200) } });

describe('a block', () => {
  it('refuses every token of the user, on every instance, until it is taken away', async () => {
    const userId = somebody();
    const answer = await block(userId, { reason: 'fraud' });
    expect([answer.status, answer.body]).toEqual([
      200,
      { userId, block: { until: null, reason: 'fraud' }, revokedAt: null },
    ]);
    expect(await asked(here, tokenOf(userId))).toEqual([403, 'BLOCKED']);
    await expect.poll(() => asked(there, tokenOf(userId))).toEqual([403, 'BLOCKED']);
    // One that is newer, too.
    expect(await asked(here, issued(userId, 20))).toEqual([403, 'BLOCKED']);
    expect(await asked(here, tokenOf('somebody-else'))).toBe(200);
    expect((await unblock(userId)).status).toBe(204);
    expect((await unblock(userId)).status).toBe(204);
    expect(await asked(here, tokenOf(userId))).toBe(200);
    await expect.poll(() => asked(there, tokenOf(userId))).toBe(200);
  });

  it('ends by itself, by the clock of the database', async () => {
    const userId = somebody();
    await block(userId, { until: new Date(Date.now() + 800).toISOString() });
    expect(await asked(here, tokenOf(userId))).toEqual([403, 'BLOCKED']);
    await expect.poll(() => asked(here, tokenOf(userId))).toBe(200);
  });

  it('ends his sockets and streams on every instance within a second, with no Redis, and lets none in', async () => {
    const userId = somebody();
    const token = tokenOf(userId);
    const roomId = await here.room();
    const sockets = await Promise.all([here.connect(userId), there.connect(userId)]);
    await sockets[1]!.join(roomId);
    const older = await probe(`${wsOf(there)}/chat/${roomId}?token=${token}`);
    const stomp = await probe(`${wsOf(there)}/ws`, { protocols: 'v12.stomp' });
    stomp.send(`CONNECT\naccept-version:1.2\nhost:x\npasscode:${token}\n\n\0`);
    await stomp.next((frame) => String(frame).startsWith('CONNECTED'));
    const stream = await openStream(`${there.url}/api/chat/rooms/${roomId}/events?token=${token}`);
    const rooms = await openStream(`${there.url}/api/chat/events?token=${token}`);
    const other = await there.connect('other');
    await block(userId);
    const began = performance.now();
    const closes = await Promise.all([...sockets, older, stomp].map((socket) => socket.closed()));
    await Promise.all([stream.over, rooms.over]);
    // Half a second to read it and a quarter to look at all sockets; the rest is for a busy neighbour.
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(closes.map(({ code }) => code)).toEqual([4505, 4505, 4505, 4505]);
    expect(sockets[1]!.waiting('error')).toMatchObject([{ code: 'BLOCKED' }]);
    expect(String(stomp.queue.at(-1))).toContain('message:BLOCKED');
    await expect(there.open({ query: `?token=${token}` })).rejects.toMatchObject({ status: 403 });
    const late = await there.open();
    late.send({ type: 'auth', token });
    expect(await late.event('error')).toMatchObject({ code: 'BLOCKED' });
    expect((await late.closed()).code).toBe(4505);
    await other.join(roomId);
  });

  it('makes tickets that were given worth nothing, and no anonymous token is renewed', async () => {
    const userId = somebody();
    const { body } = await here.call<{ ticket: string }>('POST', '/api/chat/tickets', { as: userId });
    const { body: guest } = await here.call<{ token: string; user: { userId: string } }>(
      'POST',
      '/api/chat/tokens/anonymous',
      { body: {} },
    );
    await block(userId);
    await block(guest.user.userId);
    await expect(here.open({ query: `?ticket=${body.ticket}` })).rejects.toMatchObject({ status: 403 });
    const renew = async () => {
      const again = await here.call('POST', '/api/chat/tokens/anonymous', { body: { token: guest.token } });
      return [again.status, again.body.code];
    };
    expect(await renew()).toEqual([403, 'BLOCKED']);
    await unblock(guest.user.userId);
    await revoke(guest.user.userId);
    expect(await renew()).toEqual([401, 'TOKEN_REVOKED']);
  });
});

describe('a revocation', () => {
  it('refuses tokens issued up to that second, and those that say nothing of it; newer ones are good', async () => {
    const userId = somebody();
    const old = issued(userId, -60);
    const silent = tokenOf(userId, { claims: { iat: undefined } });
    const fresh = issued(userId, 5);
    expect(await asked(here, old)).toBe(200);
    const socket = await there.connect(userId, { token: old });
    const answer = await revoke(userId, SERVICE);
    expect([answer.status, answer.body]).toEqual([200, { userId, block: null, revokedAt: expect.any(String) }]);
    expect(await asked(here, old)).toEqual([401, 'TOKEN_REVOKED']);
    expect(await asked(here, silent)).toEqual([401, 'TOKEN_REVOKED']);
    expect(await asked(here, fresh)).toBe(200);
    expect((await socket.closed()).code).toBe(4101);
    const next = await there.connect(userId, { token: fresh });
    next.send({ type: 'auth', ref: 'x', token: old });
    expect(await next.event('error')).toMatchObject({ code: 'TOKEN_REVOKED', ref: 'x' });
    expect((await unrevoke(userId)).status).toBe(204);
    expect(await asked(here, old)).toBe(200);
  });
});

it('is for admins and the service; nobody blocks himself, and bad input says what is wrong', async () => {
  for (const as of ['ann', `Bearer ${tokenOf('seller', { roles: ['seller'] })}`]) {
    for (const answer of [await block('bob', {}, as), await unblock('bob', as), await revoke('bob', as)])
      expect([answer.status, (answer.body as { code: string }).code]).toEqual([403, 'FORBIDDEN']);
  }
  expect((await block('root')).status).toBe(403);
  expect((await block('bob', {}, SERVICE)).status).toBe(200);
  await unblock('bob', SERVICE);
  for (const [body, field] of [
    [{ until: '2020-01-01T00:00:00Z' }, 'until'],
    [{ until: 'soon' }, 'until'],
    [{ reason: 'x'.repeat(501) }, 'reason'],
  ] as const) {
    const answer = await block('bob', body);
    expect([answer.status, answer.body.errors[0]?.path]).toEqual([400, field]);
  }
});

it('an instance that starts later knows of it from its first request', async () => {
  const userId = somebody();
  await block(userId);
  const late = await given.start();
  expect(await asked(late, tokenOf(userId))).toEqual([403, 'BLOCKED']);
  // What is said of it nowhere holds a token or a text.
  expect((await late.call('POST', '/api/chat/rooms', { as: 'x', body: { content: said('x') } })).status).toBe(403);
  await late.stop();
});
