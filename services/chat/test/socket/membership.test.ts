import type { Room } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { eventOf } from '../fixture/messages.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ EXPIRE_CRON: '* * * * * *' });
});

const commit = (roomId: string, userId: string, committed = true) =>
  chat.call('PUT', `/api/chat/rooms/${roomId}/participants/${userId}`, { as: SERVICE, body: { committed } });
const patch = (roomId: string, body: object) =>
  chat.call<Room>('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body });
const system = (client: Client, event: string) => client.event('message', (message) => eventOf(message) === event);
const silent = (client: Client) => client.none(100, (frame) => frame.type === 'message' && frame.kind === 'CHAT');
const errorOf = async (client: Client, frame: object) => {
  client.send({ ref: 'e', ...frame });
  return (await client.next((one) => one.ref === 'e')).code ?? 'no error';
};
const send = (roomId: string) => ({ type: 'send', roomId, clientMessageId: `c-${Math.random()}`, content: said('?') });

describe('the end of a membership', () => {
  it('by leaving ends the subscription on every socket of the user', async () => {
    const roomId = await chat.room();
    const [ann, annToo, bob] = [await chat.connect('ann'), await chat.connect('ann'), await chat.connect('bob')];
    for (const client of [ann, annToo, bob]) await client.join(roomId);
    await ann.ask({ type: 'leave', roomId }, 'ok');
    // Those who go hear of it too, and of nothing after it.
    await system(annToo, 'participant.left');
    await system(bob, 'participant.left');
    await bob.say(roomId);
    await silent(ann);
    await silent(annToo);
    expect(await errorOf(annToo, { type: 'typing', roomId, typing: true })).toBe('NOT_A_MEMBER');
    expect(await errorOf(annToo, send(roomId))).toBe('NOT_A_MEMBER');
    expect(await errorOf(annToo, { type: 'read', roomId, seq: 1 })).toBe('NOT_A_MEMBER');
    expect((await ann.join(roomId)).you).toMatchObject({ userId: 'ann', role: 'GUEST', unread: 0 });
  });

  it('by the host’s removal ends it too, within the same second; others may not remove anybody', async () => {
    const roomId = await chat.room();
    const [ann, annToo, bob] = [await chat.connect('ann'), await chat.connect('ann'), await chat.connect('bob')];
    for (const client of [ann, annToo, bob]) await client.join(roomId);
    const path = `/api/chat/rooms/${roomId}/participants/ann`;
    expect((await chat.call('DELETE', path, { as: 'bob' })).status).toBe(403);
    expect((await chat.call('DELETE', path, { as: 'seller' })).status).toBe(204);
    const removedAt = performance.now();
    for (const client of [ann, annToo, bob]) {
      expect(await system(client, 'participant.removed')).toMatchObject({
        ...{ content: 'ann was removed', data: { participant: { userId: 'ann' }, participantCount: 1 } },
      });
    }
    expect(performance.now() - removedAt).toBeLessThan(1_000);
    expect(await bob.event('presence', (one) => one.userId === 'ann' && !one.online)).toMatchObject({ onlineCount: 1 });
    await bob.say(roomId);
    await silent(ann);
    await silent(annToo);
  });

  it('is not for the host', async () => {
    const roomId = await chat.room();
    const seller = await chat.connect('seller');
    await seller.join(roomId);
    expect(await errorOf(seller, { type: 'leave', roomId })).toBe('FORBIDDEN');
    await seller.say(roomId);
  });
});

describe('a room that is CLOSED', () => {
  it('keeps its buyers talking, ends the guests’ subscriptions, and takes nobody new', async () => {
    const roomId = await chat.room();
    const [buyer, guest, seller] = [await chat.connect('ann'), await chat.connect('bob'), await chat.connect('seller')];
    for (const client of [buyer, guest, seller]) await client.join(roomId);
    expect((await commit(roomId, 'ann')).body).toMatchObject({ role: 'BUYER', committed: true, online: true });
    expect(await system(guest, 'participant.committed')).toMatchObject({ data: { participant: { role: 'BUYER' } } });
    expect((await patch(roomId, { status: 'CLOSED', reason: 'FULL' })).body).toMatchObject({
      ...{ status: 'CLOSED', reason: 'FULL', participantCount: 1, committedCount: 1 },
    });
    for (const client of [buyer, guest, seller]) {
      expect(await system(client, 'room.closed')).toMatchObject({
        data: { room: { status: 'CLOSED', reason: 'FULL' } },
      });
      expect(await system(client, 'participant.removed')).toMatchObject({ data: { reason: 'NOT_A_BUYER' } });
    }
    await buyer.say(roomId);
    await seller.say(roomId);
    await silent(guest);
    expect(await errorOf(guest, { type: 'join', roomId })).toBe('ROOM_NOT_ACTIVE');
    expect(await errorOf(await chat.connect('eve'), { type: 'join', roomId })).toBe('ROOM_NOT_ACTIVE');
    expect(await errorOf(guest, send(roomId))).toBe('NOT_A_MEMBER');
    const again = await chat.connect('ann');
    expect(await again.join(roomId)).toMatchObject({ room: { status: 'CLOSED' }, you: { role: 'BUYER' } });
  });
});

describe('a room that is CANCELLED', () => {
  it('can be read by its members and by nobody written', async () => {
    const roomId = await chat.room();
    const [ann, seller] = [await chat.connect('ann'), await chat.connect('seller')];
    for (const client of [ann, seller]) await client.join(roomId);
    await ann.say(roomId);
    await patch(roomId, { status: 'CANCELLED', reason: 'SELLER' });
    await system(ann, 'room.cancelled');
    expect(await errorOf(ann, send(roomId))).toBe('ROOM_READ_ONLY');
    expect(await errorOf(seller, { ...send(roomId), kind: 'NOTIFICATION' })).toBe('ROOM_READ_ONLY');
    expect(await errorOf(ann, { type: 'leave', roomId })).toBe('ROOM_READ_ONLY');
    expect((await ann.ask({ type: 'history', roomId }, 'page')).messages.at(-1)).toMatchObject({ kind: 'SYSTEM' });
    const again = await chat.connect('ann');
    expect(await again.join(roomId)).toMatchObject({ room: { status: 'CANCELLED', reason: 'SELLER' } });
    expect(await errorOf(await chat.connect('eve'), { type: 'join', roomId })).toBe('ROOM_NOT_ACTIVE');
  });
});

describe('a room that is removed', () => {
  it('tells its subscribers that it is gone, and is not found any more', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    for (const client of [ann, bob]) await client.join(roomId);
    expect((await chat.call('DELETE', `/api/chat/rooms/${roomId}`, { as: SERVICE })).status).toBe(204);
    for (const client of [ann, bob]) {
      expect(await client.event('error')).toEqual({
        ...{ type: 'error', code: 'NOT_FOUND', message: 'The room was removed', roomId, errors: [] },
      });
    }
    for (const frame of [
      { type: 'join', roomId },
      send(roomId),
      { type: 'history', roomId },
      { type: 'leave', roomId },
    ]) {
      expect(await errorOf(ann, frame), frame.type).toBe('NOT_FOUND');
    }
    expect(await ann.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });
  });
});

describe('a deadline', () => {
  it('ends the room within two seconds, by its own rule, and lets nobody in from the very moment on', async () => {
    const expiresAt = new Date(Date.now() + 700).toISOString();
    const [enough, short] = [
      await chat.room({ minParticipants: 1, expiresAt }),
      await chat.room({ minParticipants: 2, expiresAt }),
    ];
    const ann = await chat.connect('ann');
    for (const roomId of [enough, short]) {
      await ann.join(roomId);
      await commit(roomId, 'ann');
    }
    await new Promise((resolve) => setTimeout(resolve, Date.parse(expiresAt) - Date.now() + 5));
    const eve = await chat.connect('eve');
    expect(await errorOf(eve, { type: 'join', roomId: enough })).toBe('ROOM_NOT_ACTIVE');
    expect(await system(ann, 'room.closed')).toMatchObject({ roomId: enough, data: { room: { reason: 'EXPIRED' } } });
    expect(await system(ann, 'room.cancelled')).toMatchObject({ roomId: short, data: { room: { reason: 'EXPIRED' } } });
    expect(Date.now() - Date.parse(expiresAt)).toBeLessThan(2_500);
    // Provisional: trade has the last word.
    expect((await patch(short, { status: 'CLOSED', reason: 'DEADLINE' })).body).toMatchObject({ status: 'CLOSED' });
    expect((await patch(short, { status: 'CANCELLED' })).body).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      allowed: [],
    });
  });
});

describe('the cap', () => {
  it('makes the newest guest give way to a buyer, whose socket then hears nothing more', async () => {
    const roomId = await chat.room({ maxParticipants: 2 });
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    for (const client of [ann, bob]) await client.join(roomId);
    expect(await errorOf(await chat.connect('cho'), { type: 'join', roomId })).toBe('ROOM_FULL');
    await commit(roomId, 'cho');
    expect(await system(bob, 'participant.removed')).toMatchObject({
      data: { participant: { userId: 'bob' }, reason: 'GAVE_WAY' },
    });
    await ann.say(roomId);
    await bob.none(100, (frame) => frame.type === 'message' && frame.kind === 'CHAT');
    expect((await (await chat.connect('cho')).join(roomId)).participants.map((one) => [one.userId, one.role])).toEqual([
      ['seller', 'HOST'],
      ['ann', 'GUEST'],
      ['cho', 'BUYER'],
    ]);
  });
});
