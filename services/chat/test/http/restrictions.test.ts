import type { ChatMessage, Participant, Restriction, Room } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { systemEventOf } from '../fixture/messages.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on' });
});

const ADMIN = `Bearer ${tokenOf('root', { roles: ['admin'] })}`;
const base = (roomId: string) => `/api/chat/rooms/${roomId}`;
const path = (roomId: string, userId: string) => `${base(roomId)}/restrictions/${userId}`;
const join = (roomId: string, as: string) => chat.call<Participant>('POST', `${base(roomId)}/participants`, { as });
const restrict = (roomId: string, userId: string, body: object, as = 'seller') =>
  chat.call<Restriction>('PUT', path(roomId, userId), { as, body });
const lift = (roomId: string, userId: string, as = 'seller') => chat.call('DELETE', path(roomId, userId), { as });
const list = async (roomId: string, query = '', as = 'seller') =>
  (
    await chat.call<{ items: Restriction[]; nextCursor: string | null }>(
      'GET',
      `${base(roomId)}/restrictions${query}`,
      {
        as,
      },
    )
  ).body;
const commit = (roomId: string, userId: string, committed = true) =>
  chat.call('PUT', `${base(roomId)}/participants/${userId}`, { as: SERVICE, body: { committed } });
let made = 0;
const send = (roomId: string, as: string, rest: object = {}) =>
  chat.call<ChatMessage>('POST', `${base(roomId)}/messages`, {
    as,
    body: { clientMessageId: `c-${++made}`, content: said('hello'), ...rest },
  });
const events = async (roomId: string) => {
  const { body } = await chat.call<{ messages: ChatMessage[] }>('GET', `${base(roomId)}/messages`, { as: SERVICE });
  return body.messages.flatMap((message) => systemEventOf(message) ?? []);
};
const refusal = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];
const soon = (ms = 3_600_000) => new Date(Date.now() + ms).toISOString();

describe('MUTE', () => {
  it('refuses sends and edits, lets one read, react to nothing and take back what he said, until it is lifted', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    const { body: first } = await send(roomId, 'ann');
    const until = soon();
    const answer = await restrict(roomId, 'ann', { kind: 'MUTE', until, reason: 'too loud' });
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        user: { userId: 'ann', nickname: 'ann', tag: null },
        ...{ kind: 'MUTE', until, reason: 'too loud', byUserId: 'seller', createdAt: expect.any(String) },
      },
    ]);
    expect(refusal(await send(roomId, 'ann'))).toEqual([403, 'MUTED']);
    const edit = { as: 'ann', body: { content: said('other') } };
    expect(refusal(await chat.call('PATCH', `${base(roomId)}/messages/${first.seq}`, edit))).toEqual([403, 'MUTED']);
    expect((await chat.call('GET', `${base(roomId)}/messages`, { as: 'ann' })).status).toBe(200);
    // What was stored before is answered as then.
    const again = await send(roomId, 'ann', { clientMessageId: first.clientMessageId });
    expect([again.status, again.body.seq]).toEqual([200, first.seq]);
    expect((await chat.call('DELETE', `${base(roomId)}/messages/${first.seq}`, { as: 'ann' })).status).toBe(204);
    expect((await send(roomId, 'seller')).status).toBe(201);
    expect((await lift(roomId, 'ann')).status).toBe(204);
    expect((await lift(roomId, 'ann')).status).toBe(204);
    expect((await send(roomId, 'ann')).status).toBe(201);
    const rows = await events(roomId);
    const user = { userId: 'ann', nickname: 'ann', tag: null };
    expect(rows.filter(({ event }) => event.includes('muted'))).toEqual([
      { event: 'participant.muted', user, until },
      { event: 'participant.unmuted', user, until },
    ]);
    expect(JSON.stringify(rows)).not.toContain('too loud');
  });

  it('runs out by itself, by the clock of the database and without a row', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    await restrict(roomId, 'ann', { kind: 'MUTE', until: soon(700) });
    expect(refusal(await send(roomId, 'ann'))).toEqual([403, 'MUTED']);
    await expect.poll(async () => (await send(roomId, 'ann')).status, { interval: 100 }).toBe(201);
    expect(await list(roomId)).toEqual({ items: [], nextCursor: null });
    expect((await events(roomId)).filter(({ event }) => event.includes('muted'))).toHaveLength(1);
    // As if there had been none.
    expect((await lift(roomId, 'ann')).status).toBe(204);
  });

  it('holds for one who is to come, for buyers and in the lobby; the same again is no row', async () => {
    const roomId = await chat.room();
    await restrict(roomId, 'later', { kind: 'MUTE' });
    await restrict(roomId, 'later', { kind: 'MUTE' });
    await join(roomId, 'later');
    expect(refusal(await send(roomId, 'later'))).toEqual([403, 'MUTED']);
    await commit(roomId, 'later');
    expect(refusal(await send(roomId, 'later'))).toEqual([403, 'MUTED']);
    expect((await events(roomId)).filter(({ event }) => event === 'participant.muted')).toHaveLength(1);
    expect((await restrict('lobby', 'loud', { kind: 'MUTE' }, ADMIN)).status).toBe(200);
    expect(refusal(await send('lobby', 'loud'))).toEqual([403, 'MUTED']);
    await lift('lobby', 'loud', ADMIN);
    expect((await send('lobby', 'loud')).status).toBe(201);
  });
});

describe('BAN', () => {
  it('removes a member for the reason BANNED; he may neither join nor read, also when the room is ACTIVE', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    await send(roomId, 'ann');
    expect((await restrict(roomId, 'ann', { kind: 'BAN', reason: 'spam' })).status).toBe(200);
    expect(refusal(await join(roomId, 'ann'))).toEqual([403, 'BANNED']);
    expect(refusal(await send(roomId, 'ann'))).toEqual([403, 'BANNED']);
    for (const what of ['messages', 'messages/2', 'notice', 'events'])
      expect(refusal(await chat.call('GET', `${base(roomId)}/${what}`, { as: 'ann' }))).toEqual([403, 'BANNED']);
    const { body: room } = await chat.call<Room>('GET', base(roomId), { as: SERVICE });
    expect(room.participantCount).toBe(0);
    expect((await events(roomId)).at(-1)).toMatchObject({
      ...{ event: 'participant.removed', reason: 'BANNED', participantCount: 0, participant: { userId: 'ann' } },
    });
    // Another user still looks, and reads.
    expect((await chat.call('GET', `${base(roomId)}/messages`, { as: 'bob' })).status).toBe(200);
    expect((await lift(roomId, 'ann')).status).toBe(204);
    expect((await events(roomId)).at(-1)).toMatchObject({ event: 'participant.unbanned', user: { userId: 'ann' } });
    expect((await join(roomId, 'ann')).status).toBe(201);
  });

  it('is refused for a buyer, and ended by a purchase, with a row that says so', async () => {
    const roomId = await chat.room();
    await commit(roomId, 'buyer');
    expect(refusal(await restrict(roomId, 'buyer', { kind: 'BAN' }))).toEqual([409, 'CONFLICT']);
    expect((await restrict(roomId, 'buyer', { kind: 'MUTE' })).status).toBe(200);
    await restrict(roomId, 'ann', { kind: 'BAN' });
    expect((await commit(roomId, 'ann')).status).toBe(200);
    expect((await events(roomId)).slice(-3).map(({ event }) => event)).toEqual([
      'participant.unbanned',
      'participant.joined',
      'participant.committed',
    ]);
    expect((await send(roomId, 'ann')).status).toBe(201);
    expect((await list(roomId)).items.map(({ user, kind }) => [user.userId, kind])).toEqual([['buyer', 'MUTE']]);
    // A buyer who went may come back; one whose purchase is withdrawn is a guest, who can be banned.
    await commit(roomId, 'ann', false);
    expect((await restrict(roomId, 'ann', { kind: 'BAN' })).status).toBe(200);
  });

  it('takes the place of a mute, and a mute that of a ban', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    await restrict(roomId, 'ann', { kind: 'MUTE' });
    await restrict(roomId, 'ann', { kind: 'BAN' });
    expect(refusal(await join(roomId, 'ann'))).toEqual([403, 'BANNED']);
    await restrict(roomId, 'ann', { kind: 'MUTE' });
    expect((await join(roomId, 'ann')).status).toBe(201);
    expect(refusal(await send(roomId, 'ann'))).toEqual([403, 'MUTED']);
    expect((await events(roomId)).map(({ event }) => event).slice(2)).toEqual([
      ...['participant.muted', 'participant.removed', 'participant.unbanned', 'participant.muted'],
      'participant.joined',
    ]);
  });

  it('keeps people out of the lobby too', async () => {
    await restrict('lobby', 'gone', { kind: 'BAN' }, SERVICE);
    expect(refusal(await send('lobby', 'gone'))).toEqual([403, 'BANNED']);
    expect(refusal(await chat.call('GET', `${base('lobby')}/messages`, { as: 'gone' }))).toEqual([403, 'BANNED']);
    await lift('lobby', 'gone', SERVICE);
    expect((await chat.call('GET', `${base('lobby')}/messages`, { as: 'gone' })).status).toBe(200);
  });
});

describe('who may, and against whom', () => {
  it('host, admin and service; not against oneself, an admin, or (by a ban) the host', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    await join(roomId, ADMIN);
    const mute = { kind: 'MUTE' };
    for (const as of ['ann', 'stranger']) {
      expect(refusal(await restrict(roomId, 'bob', mute, as))).toEqual([403, 'FORBIDDEN']);
      expect(refusal(await lift(roomId, 'bob', as))).toEqual([403, 'FORBIDDEN']);
      const answer = await chat.call('GET', `${base(roomId)}/restrictions`, { as });
      expect(refusal(answer as never)).toEqual([403, 'FORBIDDEN']);
    }
    expect(refusal(await restrict(roomId, 'seller', mute))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await restrict(roomId, 'root', mute))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await restrict(roomId, 'root', mute, ADMIN))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await restrict(roomId, 'root', mute, SERVICE))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await restrict(roomId, 'seller', { kind: 'BAN' }, ADMIN))).toEqual([403, 'FORBIDDEN']);
    expect((await restrict(roomId, 'seller', mute, ADMIN)).body.byUserId).toBe('root');
    // What an admin decided of the host is not the host's to undo, neither by its end nor by another one.
    expect(refusal(await lift(roomId, 'seller'))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await restrict(roomId, 'seller', { ...mute, until: soon(1_000) }))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await send(roomId, 'seller'))).toEqual([403, 'MUTED']);
    expect((await lift(roomId, 'seller', ADMIN)).status).toBe(204);
    expect((await send(roomId, 'seller')).status).toBe(201);
    expect((await restrict(roomId, 'ann', { kind: 'BAN' }, SERVICE)).body.byUserId).toBeNull();
    // The service is no user; who is called so can be restricted where he is.
    expect(refusal(await restrict(roomId, 'service', mute))).toEqual([403, 'FORBIDDEN']);
    await join(roomId, 'service');
    expect((await restrict(roomId, 'service', mute)).body.user.userId).toBe('service');
    expect(refusal(await send(roomId, 'service'))).toEqual([403, 'MUTED']);
    expect((await send(roomId, SERVICE)).status).toBe(201);
    expect(refusal(await restrict('nowhere', 'ann', mute, ADMIN))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await lift('nowhere', 'ann', ADMIN))).toEqual([404, 'NOT_FOUND']);
  });

  it('an admin who is no member removes others, and sets title and slow mode, in every room', async () => {
    const roomId = await chat.room();
    await join(roomId, 'ann');
    expect((await chat.call('DELETE', `${base(roomId)}/participants/ann`, { as: ADMIN })).status).toBe(204);
    const body = { title: 'mandarins', slowModeSeconds: 5 };
    expect((await chat.call<Room>('PATCH', base(roomId), { as: ADMIN, body })).body).toMatchObject(body);
    const cap = { as: ADMIN, body: { maxParticipants: 3 } };
    expect(refusal(await chat.call('PATCH', base(roomId), cap))).toEqual([403, 'FORBIDDEN']);
  });

  it('bad input says what is wrong, and a cancelled room changes no more', async () => {
    const roomId = await chat.room();
    for (const [body, field] of [
      [{}, 'kind'],
      [{ kind: 'KICK' }, 'kind'],
      [{ kind: 'MUTE', until: 'tomorrow' }, 'until'],
      [{ kind: 'MUTE', until: '2020-01-01T00:00:00Z' }, 'until'],
      [{ kind: 'MUTE', reason: 'x'.repeat(501) }, 'reason'],
    ] as const) {
      const answer = await restrict(roomId, 'ann', body);
      expect([...refusal(answer), answer.body.errors[0]?.path]).toEqual([400, 'VALIDATION_FAILED', field]);
    }
    await chat.call('PATCH', base(roomId), { as: SERVICE, body: { status: 'CANCELLED' } });
    expect(refusal(await restrict(roomId, 'ann', { kind: 'MUTE' }))).toEqual([409, 'ROOM_READ_ONLY']);
    expect(refusal(await lift(roomId, 'ann'))).toEqual([409, 'ROOM_READ_ONLY']);
  });

  it('restrictions are listed in the order of user ids, a page at a time', async () => {
    const roomId = await chat.room();
    const longest = '가'.repeat(255);
    for (const user of ['c', 'a', 'b', longest, '힣'])
      await restrict(roomId, encodeURIComponent(user), { kind: 'BAN' });
    const idsOf = (page: { items: Restriction[] }) => page.items.map(({ user }) => user.userId);
    const first = await list(roomId, '?limit=2');
    expect(idsOf(first)).toEqual(['a', 'b']);
    const second = await list(roomId, `?limit=2&cursor=${first.nextCursor}`);
    expect(idsOf(second)).toEqual(['c', longest]);
    const rest = await list(roomId, `?limit=2&cursor=${second.nextCursor}`);
    expect([idsOf(rest), rest.nextCursor]).toEqual([['힣'], null]);
  });
});
