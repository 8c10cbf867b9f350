import { randomUUID } from 'node:crypto';
import { LIMITS, type Message, type Room } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { eventOf } from '../fixture/messages.ts';
import { authorizationOf, SERVICE, tokenOf } from '../fixture/tokens.ts';
import { twoInstancesOfThisFile } from '../fixture/two-instances.ts';

const two = twoInstancesOfThisFile();
let chat: Instance;
beforeAll(() => {
  chat = two.here;
});

let users = 0;
const newUser = () => `looker-${++users}`;
const anonymous = (userId: string) => ({ token: tokenOf(userId, { anon: true }) });
const watch = (client: Client, roomId: string, after?: number) =>
  client.ask({ type: 'watch', roomId, after }, 'joined');
const errorOf = async (client: Client, frame: object) => {
  client.send({ ref: 'e', ...frame });
  return (await client.next((one) => one.ref === 'e')).code ?? 'no error';
};
const system = (client: Client, event: string) => client.event('message', (message) => eventOf(message) === event);
const roomOf = async (roomId: string, on = chat) =>
  (await on.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: SERVICE })).body;
const peopleOf = async (roomId: string) =>
  (
    await chat.call<{ items: { userId: string }[] }>('GET', `/api/chat/rooms/${roomId}/participants`, { as: SERVICE })
  ).body.items.map(({ userId }) => userId);
const patch = (roomId: string, body: object) => chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body });
const send = (roomId: string, rest: object = {}) => ({
  ...{ type: 'send', roomId, clientMessageId: randomUUID(), content: said('두 상자 살게요') },
  ...rest,
});

describe('one who looks', () => {
  it('sees the room, all that is said and who is there, and is in no row, no place and nobody’s sight', async () => {
    const roomId = await chat.room({ maxParticipants: 1 });
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    await ann.say(roomId);
    const bob = await chat.connect(newUser());
    const { you, participants, messages, room, ...rest } = await watch(bob, roomId);
    expect([you, rest.recovered, rest.lastSeq]).toEqual([null, false, 3]);
    expect(participants.map(({ userId, online }) => [userId, online])).toEqual([
      ['seller', false],
      ['ann', true],
    ]);
    expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(room).toMatchObject({ participantCount: 1, onlineCount: 1, watcherCount: 1 });
    const { seq } = await ann.say(roomId);
    await bob.event('message', (message) => message.seq === seq);
    expect(await peopleOf(roomId)).toEqual(['seller', 'ann']);
    expect((await roomOf(roomId)).lastSeq).toBe(4);
    await ann.none(50, (frame) => frame.type === 'presence');
    expect((await chat.call<{ items: unknown[] }>('GET', '/api/chat/rooms', { as: 'looker-1' })).body.items).toEqual(
      [],
    );
  });

  it('goes on after a lost connection where he left off, as a member does', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const [bob, bobAgain] = [await chat.connect('b'), await chat.connect('b')];
    const { lastSeq } = await watch(bob, roomId);
    bob.terminate();
    const said = [await ann.say(roomId), await ann.say(roomId)].map(({ seq }) => seq);
    const back = await watch(bobAgain, roomId, lastSeq);
    expect([back.you, back.recovered, back.messages.map(({ seq }) => seq)]).toEqual([null, true, said]);
    // Further ahead than the room: it was made anew.
    expect((await watch(bobAgain, roomId, 999)).lastSeq).toBe(said.at(-1));
  });

  it('without an account is told of no single people but by what is said', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    await ann.join(roomId);
    const [nobody, somebody] = [await chat.connect('a-1', anonymous('a-1')), await chat.connect(newUser())];
    expect(await watch(nobody, roomId)).toMatchObject({ you: null, participants: [] });
    await watch(somebody, roomId);
    await bob.join(roomId);
    ann.send({ type: 'typing', roomId, typing: true });
    const { seq } = await bob.say(roomId);
    ann.send({ type: 'read', roomId, seq });
    for (const type of ['presence', 'typing', 'read'] as const) await somebody.event(type);
    await nobody.event('message', (message) => message.seq === seq);
    await ann.say(roomId);
    await nobody.event('message', (message) => message.seq === seq + 1);
    await nobody.none(50, ({ type }) => type === 'presence' || type === 'typing' || type === 'read');
    const list = await chat.call('GET', `/api/chat/rooms/${roomId}/participants`, {
      as: `Bearer ${tokenOf('a-1', { anon: true })}`,
    });
    expect([list.status, list.body.code]).toEqual([403, 'NOT_A_MEMBER']);
  });

  it('has no read mark and types unheard, without an error', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect(newUser())];
    await ann.join(roomId);
    await watch(bob, roomId);
    bob.send({ type: 'typing', ref: 'e', roomId, typing: true });
    bob.send({ type: 'read', ref: 'e', roomId, seq: 1 });
    await bob.ask({ type: 'ping' }, 'pong');
    await bob.none(50, ({ type }) => type === 'error');
    await ann.none(50, ({ type }) => type === 'typing' || type === 'read');
  });

  it('is not told that he is there: he is one of those who are counted, over all instances, a user once', async () => {
    const roomId = await chat.room();
    const [ann, bobThere] = [await chat.connect('ann'), await two.there.connect('bob')];
    await ann.join(roomId);
    const there = await two.there.connect('cho');
    await there.join(roomId);
    await watch(bobThere, roomId);
    const [bob, bobToo] = [await chat.connect('bob'), await chat.connect('bob')];
    await watch(bob, roomId);
    await watch(bobToo, roomId);
    const dee = await chat.connect('dee');
    await watch(dee, roomId);
    // Without Redis each instance knows its own.
    const all = two.redis ? 2 : 1;
    expect(await ann.event('watchers', ({ watcherCount }) => watcherCount === 2)).toEqual({
      ...{ type: 'watchers', roomId, watcherCount: 2 },
    });
    await there.event('watchers', ({ watcherCount }) => watcherCount === all);
    await expect.poll(async () => (await roomOf(roomId, two.there)).watcherCount).toBe(all);
    bob.close();
    dee.terminate();
    bobThere.close();
    await ann.event('watchers', ({ watcherCount }) => watcherCount === 1);
    expect(await bobToo.ask({ type: 'unwatch', roomId }, 'unwatched')).toMatchObject({ roomId, reason: 'ASKED' });
    await ann.event('watchers', ({ watcherCount }) => watcherCount === 0);
    await there.event('watchers', ({ watcherCount }) => watcherCount === 0);
    await ann.say(roomId);
    await bobToo.none(50, ({ type }) => type === 'message');
  });

  it('may look at twenty rooms on a socket, and at the twenty-first when he leaves one of them', async () => {
    const bob = await chat.connect(newUser());
    const rooms = await Promise.all(Array.from({ length: LIMITS.watches + 1 }, () => chat.room()));
    const last = rooms.pop()!;
    await Promise.all(rooms.map((roomId) => watch(bob, roomId)));
    expect(await bob.ask({ type: 'watch', roomId: last }, 'error')).toMatchObject({
      ...{ code: 'TOO_LARGE', roomId: last, message: 'One socket can watch 20 rooms: unwatch some first' },
    });
    // One that he looks at already is none more, and the socket goes on.
    await watch(bob, rooms[0]!);
    await bob.ask({ type: 'unsubscribe', roomId: rooms[0] }, 'ok');
    await watch(bob, last);
  });

  it('reads pages and streams while the room is ACTIVE, and not any more afterwards', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const bob = await chat.connect(newUser());
    const page = await bob.ask({ type: 'history', roomId, limit: 1 }, 'page');
    expect([page.messages.map(({ seq }) => seq), page.hasMore]).toEqual([[2], true]);
    const url = `/api/chat/rooms/${roomId}/messages`;
    const { body } = await chat.call<{ messages: Message[] }>('GET', url, { as: 'bob' });
    expect(body.messages.map(({ seq }) => seq)).toEqual([1, 2]);
    const events = `${chat.url}/api/chat/rooms/${roomId}/events`;
    const stream = await openStream(events, { authorization: authorizationOf(newUser()) });
    const token = tokenOf('a-2', { anon: true });
    const nobodys = await openStream(`${events}?token=${token}`);
    expect((await stream.next('joined')).data).toMatchObject({ you: null, room: { watcherCount: 1 } });
    expect((await nobodys.next('joined')).data).toMatchObject({ you: null, participants: [] });
    const { seq } = await ann.say(roomId);
    expect(await stream.seqsUntil(seq)).toEqual([1, 2, 3]);
    await expect.poll(async () => (await roomOf(roomId)).watcherCount).toBe(2);
    await watch(bob, roomId);
    await patch(roomId, { status: 'CLOSED', reason: 'FULL' });
    expect((await stream.next('unwatched')).data).toEqual({ roomId, reason: 'ROOM_NOT_ACTIVE' });
    expect((await stream.next('closed')).data.code).toBe(4503);
    await nobodys.over;
    await system(bob, 'room.closed');
    expect(await bob.event('unwatched')).toEqual({ type: 'unwatched', roomId, reason: 'ROOM_NOT_ACTIVE' });
    expect(await errorOf(bob, { type: 'watch', roomId })).toBe('ROOM_NOT_ACTIVE');
    expect(await errorOf(bob, { type: 'history', roomId })).toBe('NOT_A_MEMBER');
    for (const path of [url, `/api/chat/rooms/${roomId}/events`]) {
      expect((await chat.call('GET', path, { as: 'bob' })).body.code).toBe('NOT_A_MEMBER');
    }
    await expect.poll(async () => (await roomOf(roomId)).watcherCount).toBe(0);
  });

  it('hears why that has ended: closed or cancelled, here or elsewhere; removed; or he asked for it', async () => {
    const bob = await two.there.connect(newUser());
    const ends: [end: (roomId: string) => Promise<unknown>, reason: string][] = [
      [(roomId) => patch(roomId, { status: 'CANCELLED' }), 'ROOM_NOT_ACTIVE'],
      [(roomId) => patch(roomId, { status: 'CLOSED' }), 'ROOM_NOT_ACTIVE'],
      [(roomId) => chat.call('DELETE', `/api/chat/rooms/${roomId}`, { as: SERVICE }), 'ROOM_GONE'],
    ];
    for (const [end, reason] of ends) {
      const roomId = await chat.room();
      await watch(bob, roomId);
      await end(roomId);
      expect(await bob.event('unwatched')).toEqual({ type: 'unwatched', roomId, reason });
    }
    expect(await errorOf(bob, { type: 'watch', roomId: 'nowhere' })).toBe('NOT_FOUND');
    // Where he does not look he is told the same: it is so.
    expect(await bob.ask({ type: 'unwatch', roomId: 'nowhere' }, 'unwatched')).toMatchObject({ reason: 'ASKED' });
  });
});

describe('who looks and says something', () => {
  it('becomes a member by it: his joining, then his words, in one call', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await two.there.connect('bob')];
    await ann.join(roomId);
    await watch(bob, roomId);
    const texts = [said('하나'), said('둘'), said('셋')];
    const acks = await Promise.all(texts.map((content) => bob.ask(send(roomId, { content }), 'ack')));
    expect(acks.map(({ seq }) => seq)).toEqual([4, 5, 6]);
    expect(await system(ann, 'participant.joined')).toMatchObject({
      ...{ seq: 3, data: { participant: { userId: 'bob', online: true }, participantCount: 2 } },
    });
    const heard = [];
    while (heard.length < 3) heard.push((await ann.event('message')).content);
    expect(heard).toEqual(texts);
    // He is told so himself: by the row, and by how the room is for a member.
    expect(await system(bob, 'participant.joined')).toMatchObject({ seq: 3 });
    const joined = await bob.event('joined');
    expect(joined).toMatchObject({
      you: { userId: 'bob', role: 'GUEST', online: true },
      recovered: true,
      messages: [],
    });
    expect('ref' in joined).toBe(false);
    expect(joined.room).toMatchObject({ participantCount: 2 });
    await ann.event('presence', (one) => one.userId === 'bob' && one.online);
    await expect.poll(async () => (await roomOf(roomId)).watcherCount).toBe(0);
    // And a member's is what he says from then on.
    bob.send({ type: 'typing', roomId, typing: true });
    await ann.event('typing');
    bob.send({ type: 'read', roomId, seq: 6 });
    expect(await peopleOf(roomId)).toEqual(['seller', 'ann', 'bob']);
    await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/bob`, { as: 'seller' });
    await system(bob, 'participant.removed');
    await bob.none(50, ({ type }) => type === 'unwatched');
    // What he says is no way back: he would have to look again, and to wait.
    expect(await errorOf(bob, send(roomId))).toBe('NOT_A_MEMBER');
    expect((await watch(bob, roomId)).you).toBe(null);
    expect(await bob.ask(send(roomId), 'error')).toMatchObject({ code: 'RATE_LIMITED', roomId });
    expect(await peopleOf(roomId)).toEqual(['seller', 'ann']);
  });

  it('is refused as a join is: no place, a room that has ended, and stores nothing', async () => {
    const roomId = await chat.room({ maxParticipants: 1 });
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const [bob, nobody] = [await chat.connect(newUser()), await chat.connect('a-3', anonymous('a-3'))];
    for (const client of [bob, nobody]) {
      await watch(client, roomId);
      expect(await errorOf(client, send(roomId))).toBe('ROOM_FULL');
    }
    expect(await errorOf(bob, send(roomId, { kind: 'NOTIFICATION' }))).toBe('FORBIDDEN');
    expect(await errorOf(bob, send(roomId, { replyTo: 'elsewhere:1' }))).toBe('VALIDATION_FAILED');
    await bob.none(50, ({ type }) => type === 'unwatched');
    const { seq } = await ann.say(roomId);
    await bob.event('message', (message) => message.seq === seq);
    expect((await roomOf(roomId)).lastSeq).toBe(seq);
    // A place becomes free: the same words go through.
    await ann.ask({ type: 'leave', roomId }, 'ok');
    await bob.ask(send(roomId), 'ack');
    const late = await chat.room({ expiresAt: new Date(Date.now() - 1_000).toISOString() });
    const cho = await chat.connect(newUser());
    const looks = await cho.ask({ type: 'watch', roomId: late }, 'joined').catch(() => null);
    if (looks) expect(await errorOf(cho, send(late))).toBe('ROOM_NOT_ACTIVE');
  });

  it('by another way than gongu.v1 is refused as before, also while he looks', async () => {
    const roomId = await chat.room();
    const bob = await chat.connect('bob');
    await watch(bob, roomId);
    const { body } = await chat.call('POST', `/api/chat/rooms/${roomId}/messages`, {
      ...{ as: 'bob', body: { clientMessageId: 'c-1', content: said('?') } },
    });
    expect(body.code).toBe('NOT_A_MEMBER');
    // So it is on a socket that does not look.
    const bobToo = await chat.connect('bob');
    expect(await errorOf(bobToo, send(roomId))).toBe('NOT_A_MEMBER');
    expect(await peopleOf(roomId)).toEqual(['seller']);
  });

  it('or joins, buys or joins elsewhere, goes on as a member on all his sockets, with a purchase also when it is full', async () => {
    const roomId = await chat.room({ maxParticipants: 1 });
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const [bob, bobThere] = [await chat.connect('bob'), await two.there.connect('bob')];
    for (const client of [bob, bobThere]) await watch(client, roomId);
    const path = `/api/chat/rooms/${roomId}/participants/bob`;
    await two.there.call('PUT', path, { as: SERVICE, body: { committed: true } });
    for (const client of [bob, bobThere]) {
      expect((await client.event('joined')).you).toMatchObject({ userId: 'bob' });
      await client.say(roomId);
    }
    const other = await chat.room();
    await watch(bob, other);
    expect((await bob.join(other)).you).toMatchObject({ userId: 'bob' });
    await chat.call('POST', `/api/chat/rooms/${other}/participants`, { as: 'cho', body: {} });
    // One who is a member is one by `watch` as well.
    const cho = await chat.connect('cho');
    expect((await watch(cho, other)).you).toMatchObject({ userId: 'cho' });
    await bob.event('presence', (one) => one.userId === 'cho' && one.online);
    expect((await roomOf(other)).watcherCount).toBe(0);
  });
});

describe('where there is nothing to join', () => {
  it('in the lobby, looking is being there', async () => {
    const bob = await chat.connect('bob');
    expect((await watch(bob, 'lobby')).you).toMatchObject({ userId: 'bob', role: 'GUEST' });
    await bob.say('lobby');
  });
});

describe('without ROOM_WATCH', () => {
  it('rooms are for members as they were, and who would look is told', async () => {
    const members = await two.chat.start({ ROOM_WATCH: 'false' });
    const roomId = await members.room();
    const [ann, bob] = [await members.connect('ann'), await members.connect('bob')];
    await ann.join(roomId);
    expect(await bob.ask({ type: 'watch', roomId }, 'error')).toMatchObject({
      ...{ code: 'FORBIDDEN', message: 'Rooms can not be watched here: join them' },
    });
    expect(await errorOf(bob, { type: 'history', roomId })).toBe('NOT_A_MEMBER');
    for (const path of ['messages', 'events']) {
      const { status, body } = await members.call('GET', `/api/chat/rooms/${roomId}/${path}`, { as: 'bob' });
      expect([status, body.code]).toEqual([403, 'NOT_A_MEMBER']);
    }
    expect(await errorOf(bob, send(roomId))).toBe('NOT_A_MEMBER');
    // A member's `watch` is a join there, too.
    expect((await watch(ann, roomId)).you).toMatchObject({ userId: 'ann' });
  });
});

describe('while Redis is away', () => {
  it('who looks is served, and counted as far as this instance knows', async ({ skip }) => {
    const { redis } = two;
    if (!redis) return skip('Redis is not installed here');
    const roomId = await chat.room();
    const [ann, bobThere] = [await chat.connect('ann'), await two.there.connect(newUser())];
    await ann.join(roomId);
    await watch(bobThere, roomId);
    await ann.event('watchers', ({ watcherCount }) => watcherCount === 1);
    await redis.kill();
    const bob = await chat.connect(newUser());
    expect((await watch(bob, roomId)).you).toBe(null);
    await expect.poll(async () => (await roomOf(roomId)).watcherCount).toBe(1);
    await bob.ask(send(roomId), 'ack');
    expect((await bob.event('joined')).you).not.toBe(null);
    // Nobody tells the other instance, and it finds out by itself.
    await patch(roomId, { status: 'CANCELLED' });
    expect(await bobThere.event('unwatched')).toMatchObject({ reason: 'ROOM_NOT_ACTIVE' });
    await redis.restart();
  });
});
