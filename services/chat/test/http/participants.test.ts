import { request } from 'node:http';
import { createCursor } from '@gongu/host';
import type { Participant, Room } from '@gongu/shared';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { authorizationOf, SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const path = (roomId: string, userId?: string) =>
  `/api/chat/rooms/${roomId}/participants${userId === undefined ? '' : `/${encodeURIComponent(userId)}`}`;
const join = (roomId: string, as: string) => chat.call<Participant>('POST', path(roomId), { as, body: {} });
const commit = (roomId: string, userId: string, committed: boolean, rest: object = {}, as = SERVICE) =>
  chat.call<Participant>('PUT', path(roomId, userId), { as, body: { committed, ...rest } });
const remove = (roomId: string, userId: string, as: string) => chat.call('DELETE', path(roomId, userId), { as });
const setStatus = (roomId: string, status: string) =>
  chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status } });
const room = async (roomId: string) =>
  (await chat.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: SERVICE })).body;
const list = async (roomId: string, query = '', as = 'seller') =>
  (await chat.call<{ items: Participant[]; nextCursor: string | null }>('GET', `${path(roomId)}${query}`, { as })).body;
const refusal = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

describe('POST …/participants', () => {
  it('joins once: 201, then 200 with the same participant', async () => {
    const roomId = await chat.room();
    const token = `Bearer ${tokenOf('ann', { nickname: '앤', tag: '0007' })}`;
    const first = await join(roomId, token);
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      ...{ userId: 'ann', nickname: '앤', tag: '0007', role: 'GUEST', committed: false, online: false },
      ...{ joinedAt: TIME, lastReadSeq: 1 },
    });
    const again = await join(roomId, token);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await room(roomId)).participantCount).toBe(1);
    const seller = await join(roomId, 'seller');
    expect([seller.status, seller.body.role]).toEqual([200, 'HOST']);
  });

  it('needs no body, and is for users', async () => {
    const roomId = await chat.room();
    expect((await chat.call('POST', path(roomId), { as: 'bob' })).status).toBe(201);
    expect(refusal(await join(roomId, SERVICE))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await chat.call('POST', path(roomId)))).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('is refused when the room is full, ended, over its deadline, or not there', async () => {
    const [full, ended] = [await chat.room({ maxParticipants: 1 }), await chat.room()];
    const past = await chat.room({ expiresAt: '2020-01-01T00:00:00Z' });
    await join(full, 'ann');
    await setStatus(ended, 'CLOSED');
    expect(refusal(await join(full, 'bob'))).toEqual([409, 'ROOM_FULL']);
    expect(refusal(await join(ended, 'bob'))).toEqual([409, 'ROOM_NOT_ACTIVE']);
    expect(refusal(await join(past, 'bob'))).toEqual([409, 'ROOM_NOT_ACTIVE']);
    expect(refusal(await join('nowhere', 'bob'))).toEqual([404, 'NOT_FOUND']);
  });
});

describe('PUT …/participants/:userId', () => {
  it('records a purchase of one who is in the room, or brings him in; the same again changes nothing', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    expect((await commit(roomId, 'ann', true)).body).toMatchObject({ role: 'BUYER', committed: true });
    expect((await commit(roomId, 'bob', true, { nickname: '밥' })).body).toMatchObject({
      ...{ userId: 'bob', nickname: '밥', role: 'BUYER', online: false },
    });
    const { lastSeq, ...counts } = await room(roomId);
    expect(counts).toMatchObject({ participantCount: 2, committedCount: 2 });
    expect((await commit(roomId, 'bob', true)).status).toBe(200);
    expect((await room(roomId)).lastSeq).toBe(lastSeq);
  });

  it('takes a purchase back: the buyer is a guest again, or gone where the room is CLOSED', async () => {
    const roomId = await chat.room();
    await commit(roomId, 'ann', true);
    expect((await commit(roomId, 'ann', false)).body).toMatchObject({ role: 'GUEST', committed: false });
    expect((await commit(roomId, 'stranger', false)).body).toMatchObject({ userId: 'stranger', committed: false });
    await commit(roomId, 'bob', true);
    await setStatus(roomId, 'CLOSED');
    expect((await commit(roomId, 'bob', false)).body).toMatchObject({ committed: false });
    expect((await list(roomId)).items.map((one) => one.userId)).toEqual(['seller']);
  });

  it('is refused for the host, for ended rooms, when buyers hold every place, and to users', async () => {
    const [roomId, cancelled] = [await chat.room({ maxParticipants: 1 }), await chat.room()];
    expect(refusal(await commit(roomId, 'seller', true))).toEqual([403, 'SELLER_CANNOT_BUY']);
    expect(refusal(await commit('nowhere', 'ann', true))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await commit(roomId, 'ann', true, {}, 'ann'))).toEqual([403, 'FORBIDDEN']);
    await commit(roomId, 'ann', true);
    expect(refusal(await commit(roomId, 'bob', true))).toEqual([409, 'ROOM_FULL']);
    await setStatus(roomId, 'CLOSED');
    await setStatus(cancelled, 'CANCELLED');
    expect(refusal(await commit(roomId, 'bob', true))).toEqual([409, 'ROOM_NOT_ACTIVE']);
    expect(refusal(await commit(cancelled, 'bob', true))).toEqual([409, 'ROOM_READ_ONLY']);
  });

  it('knows every user id there can be, escaped in the path', async () => {
    const roomId = await chat.room();
    for (const userId of ['a/b', '홍길동', 'a%2Fb', 'x?y#z', '...', ' ', '%', 'a;b', '🍊', '홍'.repeat(255)]) {
      expect((await commit(roomId, userId, true)).body, userId).toMatchObject({ userId, committed: true });
      expect((await commit(roomId, userId, false)).status, userId).toBe(200);
      expect((await remove(roomId, userId, SERVICE)).status, userId).toBe(204);
    }
    for (const userId of ['x'.repeat(256), 'a\nb', 'a\u0000b']) {
      expect(refusal(await commit(roomId, userId, true)), JSON.stringify(userId)).toEqual([400, 'VALIDATION_FAILED']);
    }
  });
});

describe('PUT …/participants', () => {
  it('records several as if each had been told by himself, up to the first that is refused', async () => {
    const roomId = await chat.room({ maxParticipants: 3 });
    const all = (participants: object[], as: string = SERVICE, to = roomId) =>
      chat.call('PUT', `/api/chat/rooms/${to}/participants`, { as, body: { participants } });
    await commit(roomId, 'ann', true);
    const told = [
      { userId: 'ann', committed: false },
      { userId: 'bob', committed: true, nickname: '밥' },
      { userId: 'cho', committed: true },
    ];
    expect((await all(told)).status).toBe(204);
    const { lastSeq, ...counts } = await room(roomId);
    expect(counts).toMatchObject({ committedCount: 2 });
    expect((await all(told)).status).toBe(204);
    expect((await room(roomId)).lastSeq).toBe(lastSeq);
    expect((await list(roomId)).items.find(({ userId }) => userId === 'bob')).toMatchObject({
      ...{ nickname: '밥', role: 'BUYER', committed: true },
    });
    const more = ['dan', 'seller', 'eun'].map((userId) => ({ userId, committed: true }));
    expect(refusal(await all(more))).toEqual([403, 'SELLER_CANNOT_BUY']);
    expect(await room(roomId)).toMatchObject({ committedCount: 3 });
    expect(refusal(await all(more.slice(2)))).toEqual([409, 'ROOM_FULL']);
    expect(refusal(await all(told, SERVICE, 'nowhere'))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await all(told, 'ann'))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await all([]))).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('records no further one once nobody waits for the answer: who gave up may tell what comes after', async () => {
    const roomId = await chat.room();
    const client = new pg.Client({ connectionString: given.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM chat.rooms WHERE room_id = $1 FOR UPDATE', [roomId]);
    const asking = request(new URL(path(roomId), chat.url), {
      method: 'PUT',
      headers: { authorization: authorizationOf(SERVICE), 'content-type': 'application/json' },
    });
    asking.on('error', () => {});
    asking.end(JSON.stringify({ participants: ['ann', 'bob'].map((userId) => ({ userId, committed: true })) }));
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    await expect.poll(async () => (await client.query(waiting)).rowCount).toBe(1);
    asking.destroy();
    // By then it has heard of the end of the other.
    await fetch(new URL('/healthz', chat.url));
    await client.query('COMMIT');
    await client.end();
    await expect.poll(async () => (await room(roomId)).committedCount).toBe(1);
    // What would be recorded next waits for the same lock, before this one.
    await commit(roomId, 'cho', true);
    expect((await list(roomId)).items.map(({ userId }) => userId)).toEqual(['seller', 'ann', 'cho']);
  });
});

describe('DELETE …/participants/:userId', () => {
  it('is one’s own leave, or a removal by the host or the service', async () => {
    const roomId = await chat.room();
    for (const user of ['ann', 'bob', 'cho']) await join(roomId, user);
    expect(refusal(await remove(roomId, 'ann', 'bob'))).toEqual([403, 'FORBIDDEN']);
    expect((await remove(roomId, 'ann', 'ann')).status).toBe(204);
    expect((await remove(roomId, 'bob', 'seller')).status).toBe(204);
    expect((await remove(roomId, 'cho', SERVICE)).status).toBe(204);
    expect((await list(roomId)).items.map((one) => one.userId)).toEqual(['seller']);
    const { body } = await chat.call<{ messages: { data: { event: string } }[] }>(
      'GET',
      `/api/chat/rooms/${roomId}/messages?after=4`,
      { as: 'seller' },
    );
    const events = body.messages.map((message) => message.data.event);
    expect(events).toEqual(['participant.left', 'participant.removed', 'participant.removed']);
  });

  it('of somebody who is no participant is done already, but for the host: 404', async () => {
    const roomId = await chat.room();
    expect((await remove(roomId, 'ann', 'ann')).status).toBe(204);
    expect((await remove(roomId, 'ann', SERVICE)).status).toBe(204);
    expect(refusal(await remove(roomId, 'ann', 'seller'))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await remove('nowhere', 'ann', 'ann'))).toEqual([404, 'NOT_FOUND']);
    expect((await room(roomId)).lastSeq).toBe(1);
  });

  it('is refused for the host and in a CANCELLED room', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    expect(refusal(await remove(roomId, 'seller', 'seller'))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await remove(roomId, 'seller', SERVICE))).toEqual([403, 'FORBIDDEN']);
    await setStatus(roomId, 'CANCELLED');
    expect(refusal(await remove(roomId, 'ann', 'ann'))).toEqual([409, 'ROOM_READ_ONLY']);
  });
});

describe('GET …/participants', () => {
  it('lists members in order of joining, page by page, to members only', async () => {
    const roomId = await chat.room();
    const users = ['a', 'b', 'c', 'd', 'e'];
    for (const user of users) await join(roomId, user);
    const got: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const page = await list(roomId, `?limit=2${next === '' ? '' : `&cursor=${next}`}`, 'c');
      got.push(...page.items.map((one) => one.userId));
      next = page.nextCursor;
      expect(next ?? '', 'whoever looks for tokens in a log looks for this').not.toContain('eyJ');
    }
    expect(got).toEqual(['seller', ...users]);
    expect(refusal(await chat.call('GET', path(roomId), { as: 'stranger' }))).toEqual([403, 'NOT_A_MEMBER']);
    expect(refusal(await chat.call('GET', path('nowhere'), { as: 'a' }))).toEqual([404, 'NOT_FOUND']);
    expect((await chat.call('GET', path(roomId), { as: SERVICE })).status).toBe(200);
    const huge = createCursor(z.tuple([z.int()]), 'participants').encode([Number.MAX_SAFE_INTEGER], roomId);
    expect(await list(roomId, `?cursor=${huge}`)).toEqual({ items: [], nextCursor: null });
    const { nextCursor } = await list(roomId, '?limit=1');
    const elsewhere = await chat.call('GET', `${path(await chat.room())}?cursor=${nextCursor}`, { as: SERVICE });
    expect([...refusal(elsewhere), elsewhere.body.errors[0]?.path]).toEqual([400, 'VALIDATION_FAILED', 'cursor']);
  });

  it('shows who is online', async () => {
    const roomId = await chat.room();
    await (await chat.connect('ann')).join(roomId);
    await join(roomId, 'bob');
    const online = (await list(roomId)).items.filter((one) => one.online);
    expect(online.map((one) => one.userId)).toEqual(['ann']);
  });
});

describe('PUT …/read', () => {
  const mark = (roomId: string, seq: unknown, as: string) =>
    chat.call('PUT', `/api/chat/rooms/${roomId}/read`, { as, body: { seq } });

  it('moves the mark forward only, never past the newest, for members only', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    const { status, body } = await mark(roomId, 2, 'ann');
    expect([status, body]).toEqual([204, '']);
    await mark(roomId, 1, 'ann');
    await mark(roomId, Number.MAX_SAFE_INTEGER, 'ann');
    expect((await join(roomId, 'ann')).body.lastReadSeq).toBe(2);
    expect(refusal(await mark(roomId, 1, 'stranger'))).toEqual([403, 'NOT_A_MEMBER']);
    expect(refusal(await mark('nowhere', 1, 'ann'))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await mark(roomId, 1, SERVICE))).toEqual([403, 'FORBIDDEN']);
    for (const seq of [-1, 1.5, '2', null, 2 ** 53]) {
      expect(refusal(await mark(roomId, seq, 'ann')), String(seq)).toEqual([400, 'VALIDATION_FAILED']);
    }
  });
});
