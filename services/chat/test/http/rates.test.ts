import { randomUUID } from 'node:crypto';
import { changingRoutes, manualClock } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance, opening } from '../fixture/chat.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();

interface Route {
  /** Its path for one call, and the body. */
  readonly ask: (call: { roomId: string; other: string; i: number }) => [path: string, body?: unknown];
  /** Who calls it. */
  readonly as: string;
  /** What may pass at once with a rate of 1; null: it is not judged. */
  readonly burst: number | null;
  /** Each call is about a room of its own. */
  readonly inNewRooms?: boolean;
}

const ADMIN = (userId: string) => `Bearer ${tokenOf(userId, { roles: ['admin'] })}`;
const PUSH_KEYS = { p256dh: `B${'x'.repeat(86)}`, auth: 'y'.repeat(22) };

/** Nothing comes back but by `advance`; tokens are judged by the time of day, in which a slow machine makes them. */
const standing = () => Object.assign(manualClock(Date.now()), { now: Date.now });

/** Every route that changes something, and what judges it. */
const ROUTES: Readonly<Record<string, Route>> = {
  'POST /api/chat/rooms': { as: SERVICE, burst: null, ask: () => ['', opening()] },
  'PATCH /api/chat/rooms/{roomId}': { as: 'seller', burst: 4, ask: ({ i }) => ['', { title: `t ${i}` }] },
  'DELETE /api/chat/rooms/{roomId}': { as: SERVICE, burst: null, ask: () => [''] },
  'POST /api/chat/rooms/{roomId}/messages': {
    ...{ as: 'seller', burst: 2 },
    ask: () => ['', { clientMessageId: randomUUID(), content: '안녕' }],
  },
  'PATCH /api/chat/rooms/{roomId}/messages/{seq}': { as: 'eve', burst: 2, ask: () => ['1', { content: '안녕' }] },
  'DELETE /api/chat/rooms/{roomId}/messages/{seq}': { as: 'fay', burst: 2, ask: () => ['1'] },
  'PUT /api/chat/rooms/{roomId}/messages/{seq}/reactions/{emoji}': { as: 'ida', burst: 2, ask: () => ['1'] },
  'DELETE /api/chat/rooms/{roomId}/messages/{seq}/reactions/{emoji}': { as: 'jon', burst: 2, ask: () => ['1'] },
  'PUT /api/chat/rooms/{roomId}/pins/{seq}': { as: 'gil', burst: 4, ask: () => ['1'] },
  'DELETE /api/chat/rooms/{roomId}/pins/{seq}': { as: 'han', burst: 4, ask: () => ['1'] },
  // Who is in the room already takes nothing: each call is somebody's first.
  'POST /api/chat/rooms/{roomId}/participants': { as: 'ann', burst: 4, inNewRooms: true, ask: () => ['', {}] },
  'DELETE /api/chat/rooms/{roomId}/participants/{userId}': { as: 'bob', burst: 4, ask: () => ['bob'] },
  'PUT /api/chat/rooms/{roomId}/participants/{userId}': {
    ...{ as: SERVICE, burst: null },
    ask: ({ i }) => ['cat', { committed: i % 2 === 0 }],
  },
  'PUT /api/chat/rooms/{roomId}/participants': {
    ...{ as: SERVICE, burst: null },
    ask: ({ i }) => ['', { participants: [{ userId: 'cat', committed: i % 2 === 0 }] }],
  },
  'PUT /api/chat/rooms/{roomId}/restrictions/{userId}': { as: 'gus', burst: 4, ask: () => ['bob', { kind: 'MUTE' }] },
  'DELETE /api/chat/rooms/{roomId}/restrictions/{userId}': { as: 'hal', burst: 4, ask: () => ['bob'] },
  'DELETE /api/chat/users/{userId}': { as: 'nia', burst: 4, ask: () => ['nobody'] },
  'PUT /api/chat/users/{userId}/block': { as: 'ida', burst: 4, ask: () => ['bob', {}] },
  'DELETE /api/chat/users/{userId}/block': { as: 'jim', burst: 4, ask: () => ['bob'] },
  'POST /api/chat/users/{userId}/revoke': { as: 'kay', burst: 4, ask: () => ['bob'] },
  'DELETE /api/chat/users/{userId}/revoke': { as: 'leo', burst: 4, ask: () => ['bob'] },
  'POST /api/chat/rooms/{roomId}/messages/{seq}/reports': { as: 'mia', burst: 4, ask: () => ['1', { reason: 'SPAM' }] },
  'PATCH /api/chat/reports/{reportId}': { as: 'ned', burst: 4, ask: () => ['1', { status: 'RESOLVED' }] },
  'PUT /api/chat/push-subscriptions': {
    ...{ as: 'oda', burst: 4 },
    ask: ({ roomId }) => ['', { roomId, endpoint: 'https://push.example/1', keys: PUSH_KEYS }],
  },
  'DELETE /api/chat/push-subscriptions': {
    ...{ as: 'pat', burst: 4 },
    ask: () => ['', { endpoint: 'https://push.example/1' }],
  },
  'POST /api/chat/rooms/{roomId}/uploads': {
    ...{ as: 'quy', burst: 4 },
    ask: () => ['', { name: 'a.png', type: 'image/png', bytes: 9 }],
  },
  'POST /api/chat/rooms/{roomId}/uploads/{uploadId}/complete': { as: 'pam', burst: 4, ask: () => ['none'] },
  'POST /api/chat/webhooks': { as: ADMIN('w1'), burst: 4, ask: () => ['', { url: 'https://shop.example/hook' }] },
  'PATCH /api/chat/webhooks/{id}': { as: ADMIN('w2'), burst: 4, ask: () => ['none', { description: 'x' }] },
  'DELETE /api/chat/webhooks/{id}': { as: ADMIN('w3'), burst: 4, ask: () => ['none'] },
  'POST /api/chat/webhooks/{id}/rotate': { as: ADMIN('w4'), burst: 4, ask: () => ['none'] },
  'POST /api/chat/webhooks/{id}/test': { as: ADMIN('w5'), burst: 4, ask: () => ['none'] },
  'POST /api/chat/webhooks/{id}/redeliver': { as: ADMIN('w6'), burst: 4, ask: () => ['none', {}] },
  // Writes no row.
  'PUT /api/chat/rooms/{roomId}/read': { as: 'seller', burst: null, ask: () => ['', { seq: 1 }] },
  'POST /api/chat/tickets': { as: 'dan', burst: 4, ask: () => [''] },
  'POST /api/chat/tokens/anonymous': { as: '', burst: 10, ask: () => ['', {}] },
};

const ADDRESS = { 'x-forwarded-for': '203.0.113.7' };

/** Asks as often as may pass and once more: the answers. */
async function exhaust(chat: Instance, name: string, roomId: string, times: number) {
  const { ask, as, inNewRooms } = ROUTES[name]!;
  const [method = '', template = ''] = name.split(' ');
  const answers = [];
  for (let i = 0; i < times; i++) {
    const [last, body] = ask({ roomId, other: 'bob', i });
    const path = template
      .replace('{roomId}', inNewRooms ? await chat.room() : roomId)
      .replace(/\{(userId|seq|reportId|uploadId|id)\}/, last)
      .replace('{emoji}', encodeURIComponent('👍'));
    answers.push(await chat.call(method, path, { ...(as === '' ? {} : { as }), body, headers: ADDRESS }));
  }
  return answers;
}

describe('the rate of changes', () => {
  it('judges every route that changes something, as this table says', async () => {
    const rates = { RATE_MESSAGES_PER_SECOND: '1', RATE_CHANGES_PER_SECOND: '1', RATE_ANONYMOUS_PER_SECOND: '1' };
    // Time stands still: nothing comes back.
    const chat = await given.start({ ...rates, TRUST_PROXY: 'loopback' }, { clock: standing() });
    expect(Object.keys(ROUTES).sort()).toEqual(await changingRoutes(chat.url));
    for (const [name, { burst }] of Object.entries(ROUTES)) {
      const roomId = await chat.room({ maxParticipants: 100 });
      const answers = await exhaust(chat, name, roomId, (burst ?? 20) + 1);
      const refused = answers.flatMap(({ status }, i) => (status === 429 ? [i] : []));
      expect([name, refused]).toEqual([name, burst === null ? [] : [burst]]);
      if (burst === null) continue;
      const { body, headers } = answers.at(-1)!;
      expect([name, body.code]).toEqual([name, 'RATE_LIMITED']);
      expect([name, body.retryAfterMs]).toEqual([name, 1_000]);
      expect([name, headers.get('retry-after')]).toEqual([name, '1']);
    }
    await chat.stop();
  });

  it('is 5 a second and 20 at once by default, for each user by himself, and comes back', async () => {
    const clock = standing();
    const chat = await given.start({ RATE_CHANGES_PER_SECOND: '' }, { clock });
    const join = async (as: string) =>
      chat.call('POST', `/api/chat/rooms/${await chat.room()}/participants`, { as, body: {} });
    for (let i = 0; i < 20; i++) expect((await join('eve')).status).toBe(201);
    expect((await join('eve')).body).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 200 });
    expect((await join('fay')).status).toBe(201);
    await clock.advance(200);
    expect((await join('eve')).status).toBe(201);
    expect((await join('eve')).status).toBe(429);
    await chat.stop();
  });

  it('takes nothing of a member who comes back over HTTP, as it takes nothing of one on a socket', async () => {
    const chat = await given.start({ RATE_CHANGES_PER_SECOND: '1' }, { clock: standing() });
    const roomId = await chat.room();
    const enter = (room: string) => chat.call('POST', `/api/chat/rooms/${room}/participants`, { as: 'gil', body: {} });
    expect((await enter(roomId)).status).toBe(201);
    for (let i = 0; i < 10; i++) {
      const again = await enter(roomId);
      expect([again.status, again.body]).toMatchObject([
        200,
        { userId: 'gil', role: 'GUEST', joinedAt: expect.any(String) },
      ]);
    }
    // Of four at once three are left; a room that is not there takes one, as every join that finds no membership.
    expect((await enter('nowhere')).status).toBe(404);
    for (let i = 0; i < 2; i++) expect((await enter(await chat.room())).status).toBe(201);
    expect((await enter(await chat.room())).body.code).toBe('RATE_LIMITED');
    // Also with an empty bucket.
    expect((await enter(roomId)).status).toBe(200);
    // Who has left is no member.
    await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/gil`, { as: SERVICE });
    expect((await enter(roomId)).body.code).toBe('RATE_LIMITED');
    await chat.stop();
  });

  it('refuses before anything is stored, and takes nothing for what is no good request', async () => {
    const chat = await given.start({ RATE_CHANGES_PER_SECOND: '1' }, { clock: standing() });
    const roomId = await chat.room();
    const path = `/api/chat/rooms/${roomId}`;
    for (let i = 0; i < 10; i++) expect((await chat.call('PATCH', path, { as: 'seller', body: [] })).status).toBe(400);
    for (let i = 0; i < 4; i++) {
      expect((await chat.call('PATCH', path, { as: 'seller', body: { title: `t ${i}` } })).status).toBe(200);
    }
    const refused = await chat.call('PATCH', path, { as: 'seller', body: { title: 'too much' } });
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect((await chat.call('GET', path, { as: 'seller' })).body).toMatchObject({ title: 't 3' });
    await chat.stop();
  });
});

describe('the rate of people without an account', () => {
  const identify = (chat: Instance, address?: string) =>
    chat.call<{ token: string }>('POST', '/api/chat/tokens/anonymous', {
      headers: address === undefined ? {} : { 'x-forwarded-for': address },
    });

  it('is one of their address: an IPv4, also mapped, or the /64 of an IPv6', async () => {
    const clock = standing();
    const chat = await given.start({ RATE_ANONYMOUS_PER_SECOND: '1', TRUST_PROXY: 'loopback' }, { clock });
    const same = [
      ['203.0.113.5', '::ffff:203.0.113.5', '203.0.113.5:4711', '[::ffff:cb00:7105]:80'],
      ['2001:db8:0:7::1', '2001:db8:0:7:1:2:3:4', '[2001:DB8:0000:0007::9]:4711'],
    ];
    for (const addresses of same) {
      for (let i = 0; i < 10; i++) expect((await identify(chat, addresses[i % addresses.length])).status).toBe(200);
      for (const address of addresses)
        expect([address, (await identify(chat, address)).status]).toEqual([address, 429]);
    }
    for (const other of ['203.0.113.6', '2001:db8:0:8::1', '2001:db8::1']) {
      expect((await identify(chat, other)).status).toBe(200);
    }
    await chat.stop();
  });

  it('does not judge by an address that may be everybody’s', async () => {
    const chat = await given.start({ RATE_ANONYMOUS_PER_SECOND: '1' }, { clock: standing() });
    for (let i = 0; i < 15; i++) expect((await identify(chat, '203.0.113.5')).status).toBe(200);
    await chat.stop();
  });

  it('counts what their tokens change, and not what others do from the same address', async () => {
    const chat = await given.start({ RATE_ANONYMOUS_PER_SECOND: '1', TRUST_PROXY: 'loopback' }, { clock: standing() });
    const { token } = (await identify(chat, ADDRESS['x-forwarded-for'])).body;
    let roomId = '';
    async function join(as: string, i: number) {
      // A new room is joined, then talked in.
      if (i % 2 === 0) roomId = await chat.room();
      return chat.call('POST', `/api/chat/rooms/${roomId}/${i % 2 ? 'messages' : 'participants'}`, {
        ...{ as, headers: ADDRESS, body: i % 2 ? { clientMessageId: randomUUID(), content: 'x' } : {} },
      });
    }
    for (let i = 0; i < 9; i++) expect((await join(`Bearer ${token}`, i)).status).toBeLessThan(300);
    for (const i of [0, 0]) expect((await join(`Bearer ${token}`, i)).body.code).toBe('RATE_LIMITED');
    for (let i = 0; i < 5; i++) expect((await join(`Bearer ${tokenOf('ann')}`, i)).status).toBeLessThan(300);
    await chat.stop();
  });
});
