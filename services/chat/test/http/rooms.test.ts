import { createCursor } from '@gongu/host';
import type { Room } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chatOfThisFile, type Instance, opening } from '../fixture/chat.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const ROOMS = '/api/chat/rooms';
const get = (roomId: string, as: string) => chat.call<Room>('GET', `${ROOMS}/${roomId}`, { as });
const patch = (roomId: string, body: unknown, as = SERVICE) =>
  chat.call<Room>('PATCH', `${ROOMS}/${roomId}`, { as, body });
const open = (body: unknown, as = SERVICE) => chat.call<Room>('POST', ROOMS, { as, body });
const join = (roomId: string, as: string) => chat.call('POST', `${ROOMS}/${roomId}/participants`, { as, body: {} });
const refusal = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

describe('POST /api/chat/rooms', () => {
  it('opens the room of a product: 201 with Location and the room', async () => {
    const body = opening({ minParticipants: 5, hostNickname: '감귤농장' });
    const { status, headers, body: room } = await open(body);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${ROOMS}/${body.productId}`);
    expect(room).toEqual({
      ...{ roomId: body.productId, productId: body.productId, title: body.title, status: 'ACTIVE', reason: null },
      ...{ hostId: 'seller', maxParticipants: 30, minParticipants: 5, participantCount: 0, committedCount: 0 },
      ...{
        onlineCount: 0,
        watcherCount: 0,
        lastSeq: 1,
        slowModeSeconds: 0,
        epoch: expect.stringMatching(/^[0-9a-z]{8}$/),
        firstSeq: 1,
        pinnedMessageIds: [],
        createdAt: TIME,
        expiresAt: body.expiresAt,
        closedAt: null,
      },
    });
  });

  it('finds the room for the same payload, whatever its order, time zone and unknown fields; another is a CONFLICT', async () => {
    const body = opening({ expiresAt: '2099-01-01T09:00:00.000+09:00' });
    const first = await open(body);
    expect(first.body.expiresAt).toBe('2099-01-01T00:00:00.000Z');
    const same = Object.fromEntries(Object.entries({ ...body, expiresAt: '2099-01-01T00:00:00Z', x: 1 }).reverse());
    const again = await open(same);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get('location')).toBe(`${ROOMS}/${body.productId}`);
    for (const change of [
      { title: '다른 제목' },
      { maxParticipants: 31 },
      { hostId: 'other' },
      { minParticipants: 1 },
    ]) {
      expect(refusal(await open({ ...body, ...change }))).toEqual([409, 'CONFLICT']);
    }
  });

  it('opens it once when it is asked 20 times at once', async () => {
    const body = opening();
    const answers = await Promise.all(Array.from({ length: 20 }, () => open(body)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([...Array(19).fill(200), 201]);
  });

  it('takes a number as the decimal text of an id, and a deadline in the past', async () => {
    const productId = Math.floor(Math.random() * 1e12);
    const { status, body } = await open(opening({ productId, expiresAt: '2020-01-01T00:00:00.000Z' }));
    expect([status, body.roomId, body.expiresAt]).toEqual([201, String(productId), '2020-01-01T00:00:00.000Z']);
  });

  it('says what is wrong with a payload, field by field', async () => {
    const bad: Record<string, unknown[]> = {
      productId: ['a/b', 'entry', '', null, 1.5],
      title: ['', 'x'.repeat(201), 7],
      hostId: ['..', '', null],
      hostNickname: ['', 'x'.repeat(33)],
      maxParticipants: [0, 100_001, 1.5, '30'],
      minParticipants: [0, 31],
      expiresAt: [
        ...['tomorrow', '2099-02-30T00:00:00.000Z', '2099-01-01T00:00:00.000', null, 4_070_908_800_000],
        // No time that the database or ISO 8601 with four digits could hold.
        ...['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.000-14:00', '0001-01-01T00:00:00.000+14:00'],
      ],
    };
    for (const [path, values] of Object.entries(bad)) {
      for (const value of values) {
        const { status, body } = await open(opening({ [path]: value }));
        expect([value, status, body.code, body.errors?.[0]?.path]).toEqual([value, 400, 'VALIDATION_FAILED', path]);
      }
    }
  });

  it('is the service’s', async () => {
    expect(refusal(await open(opening(), 'seller'))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await chat.call('POST', ROOMS, { body: opening() }))).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('GET /api/chat/rooms/:roomId', () => {
  it('shows an ACTIVE room to anybody who is signed in, an ended one to its members and the service', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    for (const as of ['ann', 'stranger', 'seller', SERVICE]) expect((await get(roomId, as)).status).toBe(200);
    await patch(roomId, { status: 'CANCELLED' });
    for (const as of ['ann', 'seller', SERVICE]) expect((await get(roomId, as)).body.status).toBe('CANCELLED');
    expect(refusal(await get(roomId, 'stranger'))).toEqual([403, 'NOT_A_MEMBER']);
    expect(refusal(await get('nowhere', 'ann'))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await chat.call('GET', `${ROOMS}/${roomId}`))).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('PATCH /api/chat/rooms/:roomId', () => {
  it('sets a status once and for all; the same again is fine', async () => {
    const roomId = await chat.room();
    const closed = await patch(roomId, { status: 'CLOSED', reason: 'FULL' });
    expect(closed.body).toMatchObject({ status: 'CLOSED', reason: 'FULL', closedAt: TIME });
    const again = await patch(roomId, { status: 'CLOSED', reason: 'DEADLINE' });
    expect([again.status, again.body]).toEqual([200, closed.body]);
    for (const status of ['CANCELLED', 'ACTIVE']) {
      const { status: code, body } = await patch(roomId, { status });
      expect([code, body.code, body.allowed]).toEqual([409, 'ILLEGAL_TRANSITION', []]);
    }
  });

  it('moves cap, minimum, deadline and title of an ACTIVE room', async () => {
    const roomId = await chat.room();
    const fields = { title: '새 제목', maxParticipants: 2, minParticipants: 2, expiresAt: '2099-05-05T05:05:05.050Z' };
    expect((await patch(roomId, fields)).body).toMatchObject({ ...fields, lastSeq: 2 });
    expect((await patch(roomId, fields)).body).toMatchObject({ ...fields, lastSeq: 2 });
    expect((await patch(roomId, { minParticipants: null })).body).toMatchObject({ minParticipants: null, lastSeq: 3 });
    expect(refusal(await patch(roomId, { minParticipants: 3 }))).toEqual([400, 'VALIDATION_FAILED']);
    for (const user of ['ann', 'bob']) {
      await chat.call('PUT', `${ROOMS}/${roomId}/participants/${user}`, { as: SERVICE, body: { committed: true } });
    }
    const below = await patch(roomId, { maxParticipants: 1 });
    expect([...refusal(below), below.body.errors[0]?.path]).toEqual([409, 'CONFLICT', 'maxParticipants']);
  });

  it('takes either a status or fields, and at least one of them', async () => {
    const roomId = await chat.room();
    const bad = [{}, { reason: 'x' }, { status: 'CLOSED', title: 'x' }, { status: 'OPEN' }, { title: null }, [], '"x"'];
    for (const body of bad) {
      expect(refusal(await patch(roomId, body)), JSON.stringify(body)).toEqual([400, 'VALIDATION_FAILED']);
    }
    expect((await get(roomId, SERVICE)).body.lastSeq).toBe(1);
  });

  it('lets the host change the title and nothing else, and others nothing', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    expect((await patch(roomId, { title: '주인의 제목' }, 'seller')).body.title).toBe('주인의 제목');
    const refused: [object, string][] = [
      [{ status: 'CLOSED' }, 'seller'],
      [{ maxParticipants: 99 }, 'seller'],
      [{ title: 'x', expiresAt: '2099-01-01T00:00:00Z' }, 'seller'],
      [{ minParticipants: null }, 'seller'],
      [{ title: 'x' }, 'ann'],
      [{ title: 'x' }, 'stranger'],
    ];
    for (const [body, as] of refused) expect(refusal(await patch(roomId, body, as)), as).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await patch('nowhere', { title: 'x' }, 'seller'))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await patch('nowhere', { status: 'CLOSED' }))).toEqual([404, 'NOT_FOUND']);
  });

  it('leaves an ended room as it is: 409 for cap and deadline, and for anything once CANCELLED', async () => {
    const [closed, cancelled] = [await chat.room(), await chat.room()];
    await patch(closed, { status: 'CLOSED' });
    await patch(cancelled, { status: 'CANCELLED' });
    expect(refusal(await patch(closed, { maxParticipants: 50 }))).toEqual([409, 'ROOM_NOT_ACTIVE']);
    expect((await patch(closed, { title: '끝난 뒤' })).status).toBe(200);
    expect(refusal(await patch(cancelled, { title: '끝난 뒤' }))).toEqual([409, 'ROOM_READ_ONLY']);
  });
});

describe('DELETE /api/chat/rooms/:roomId', () => {
  it('removes the room and all it holds: 204, then 404', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    const remove = (as: string) => chat.call('DELETE', `${ROOMS}/${roomId}`, { as });
    expect(refusal(await remove('seller'))).toEqual([403, 'FORBIDDEN']);
    const { status, body } = await remove(SERVICE);
    expect([status, body]).toEqual([204, '']);
    expect(refusal(await remove(SERVICE))).toEqual([404, 'NOT_FOUND']);
    for (const part of ['', '/participants', '/messages']) {
      expect(refusal(await chat.call('GET', `${ROOMS}/${roomId}${part}`, { as: 'ann' }))).toEqual([404, 'NOT_FOUND']);
    }
    const mine = await chat.call<{ items: Room[] }>('GET', ROOMS, { as: 'ann' });
    expect(mine.body.items.map((room) => room.roomId)).not.toContain(roomId);
  });
});

describe('GET /api/chat/rooms', () => {
  it('lists one’s rooms, newest membership first, page by page, each once', async () => {
    const as = `Bearer ${tokenOf('lister')}`;
    const rooms: string[] = [];
    for (let i = 0; i < 7; i++) {
      rooms.unshift(await chat.room());
      await join(rooms[0]!, as);
    }
    const got: string[] = [];
    let pages = 0;
    for (let next: string | null = ''; next !== null; pages++) {
      const query: string = `?limit=3${next === '' ? '' : `&cursor=${next}`}`;
      const { body } = await chat.call<{ items: Room[]; nextCursor: string | null }>('GET', `${ROOMS}${query}`, { as });
      got.push(...body.items.map((room) => room.roomId));
      next = body.nextCursor;
      expect(next ?? '', 'whoever looks for tokens in a log looks for this').not.toContain('eyJ');
    }
    expect(got).toEqual(rooms);
    expect(pages).toBe(3);
    expect((await chat.call('GET', ROOMS, { as: 'nobody' })).body).toEqual({ items: [], nextCursor: null });
  });

  it('shows unread, read mark and last message of each', async () => {
    const roomId = await chat.room();
    await join(roomId, 'reader');
    const first = async () =>
      (await chat.call<{ items: object[] }>('GET', `${ROOMS}?limit=1`, { as: 'reader' })).body.items[0];
    // Who came and went is nothing that was said.
    expect(await first()).toEqual({
      ...(await get(roomId, 'reader')).body,
      ...{ unread: 0, unreadMentions: 0, lastReadSeq: 1, lastMessage: null },
    });
    const body = { clientMessageId: 'c-1', content: '안녕' };
    await chat.call('POST', `${ROOMS}/${roomId}/messages`, { as: 'seller', body });
    await join(roomId, 'another');
    expect(await first()).toEqual({
      ...(await get(roomId, 'reader')).body,
      ...{ unread: 1, unreadMentions: 0, lastReadSeq: 1 },
      lastMessage: expect.objectContaining({ seq: 3, kind: 'CHAT', messageId: `${roomId}:3` }),
    });
  });

  it('refuses cursors and limits that it never gave', async () => {
    const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const cursors = ['x', '%00', forged({}), forged([]), forged(['now', 'a']), 'x'.repeat(600)];
    for (const cursor of cursors) {
      const answer = await chat.call('GET', `${ROOMS}?cursor=${cursor}`, { as: 'ann' });
      expect(refusal(answer), cursor).toEqual([400, 'VALIDATION_FAILED']);
    }
    for (const joinedAt of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '0001-01-01T00:00:00Z']) {
      for (const roomId of ['', 'x', '\u0000', '\ud800']) {
        const cursor = createCursor(z.tuple([z.string(), z.string()]), 'rooms').encode([joinedAt, roomId], 'ann');
        const answer = await chat.call('GET', `${ROOMS}?cursor=${cursor}`, { as: 'ann' });
        expect(answer.status, JSON.stringify([joinedAt, roomId])).toBeLessThan(500);
      }
    }
    for (const limit of ['0', '101', '-1', '1.5', 'x', '1e9', '', 'NaN']) {
      const answer = await chat.call('GET', `${ROOMS}?limit=${limit}`, { as: 'ann' });
      expect(refusal(answer), limit).toEqual([400, 'VALIDATION_FAILED']);
    }
    const twice = await chat.call('GET', `${ROOMS}?limit=1&limit=2`, { as: 'ann' });
    expect(refusal(twice)).toEqual([400, 'VALIDATION_FAILED']);
    expect(refusal(await chat.call('GET', ROOMS, { as: SERVICE }))).toEqual([403, 'FORBIDDEN']);
  });
});
