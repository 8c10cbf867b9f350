import { redactUrl } from '@gongu/host';
import {
  INDEX_ROW_BYTES,
  incompressible,
  largestIndexRows,
  probe,
  redisProgram,
  TOO_LONG_IDS,
  USER_IDS,
} from '@gongu/testkit';
import { Client as StompClient } from '@stomp/stompjs';
import { Redis } from 'ioredis';
import SockJS from 'sockjs-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CHAT_SCHEMA } from '../src/store/open-store.ts';
import type { Instance } from './fixture/chat.ts';
import { openStream } from './fixture/event-stream.ts';
import { said } from './fixture/log-lines.ts';
import { systemEventOf } from './fixture/messages.ts';
import { SERVICE, tokenOf } from './fixture/tokens.ts';
import { twoInstancesOfThisFile } from './fixture/two-instances.ts';

const pair = twoInstancesOfThisFile();
const given = pair.chat;
let here: Instance;
let there: Instance;
beforeAll(() => {
  ({ here, there } = pair);
});

const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();
const NICKNAME = incompressible(32);
const bearer = (userId: string) => tokenOf(userId, { nickname: NICKNAME, tag: incompressible(8) });
const as = (userId: string) => `Bearer ${bearer(userId)}`;
const participants = (roomId: string, userId?: string) =>
  `/api/chat/rooms/${roomId}/participants${userId === undefined ? '' : `/${encodeURIComponent(userId)}`}`;
const wait = { interval: 10 };
const ofSystem = (event: string, userId: string) => (message: Parameters<typeof systemEventOf>[0]) => {
  const told = systemEventOf(message) as { event: string; user?: { userId: string } } | undefined;
  return told?.event === event && JSON.stringify(told).includes(JSON.stringify(userId));
};

/** A room of this user's on one instance, where bob is on the other. */
async function withBob(userId: string) {
  const roomId = await here.room({ hostId: userId, hostNickname: NICKNAME });
  const bob = await there.connect('bob');
  const { participants } = await bob.join(roomId);
  expect(participants.map((one) => one.userId)).toEqual([userId, 'bob']);
  return { roomId, bob };
}

/** stompjs over one transport; what CONNECTED called him, and messages of a destination from its receipt on. */
async function stomp(at: Instance, userId: string, transport: string) {
  const url = `${at.url}/ws/chat?token=${bearer(userId)}`;
  const client = new StompClient({
    webSocketFactory: () =>
      (transport === 'plain'
        ? new WebSocket(url.replace('http', 'ws'), ['v12.stomp'])
        : new SockJS(url, null, { transports: transport })) as never,
    reconnectDelay: 0,
  });
  const name = await new Promise<string | undefined>((resolve, reject) => {
    client.onConnect = (frame) => resolve(frame.headers['user-name']);
    client.onStompError = (frame) => reject(new Error(frame.headers.message));
    client.onWebSocketClose = ({ code, reason }) => reject(new Error(`closed ${code} ${reason}`));
    client.activate();
  });
  async function subscribe(destination: string) {
    const heard: { id: string | undefined; body: { userId?: string; sender?: { userId: string } } }[] = [];
    await new Promise<void>((resolve) => {
      client.watchForReceipt(destination, () => resolve());
      const hear = (message: { headers: Record<string, string>; body: string }) =>
        void heard.push({ id: message.headers['message-id'], body: JSON.parse(message.body) });
      client.subscribe(destination, hear, { receipt: destination });
    });
    return heard;
  }
  return { client, name, subscribe };
}

describe.each(USER_IDS)('somebody whose id is %s', (_, userId) => {
  it('is himself to others on another instance: messages, typing, read marks, presence, pages', async () => {
    const { roomId, bob } = await withBob(userId);
    const me = await here.connect(userId, { token: bearer(userId) });
    expect((await me.join(roomId)).you!.userId).toBe(userId);
    const { seq } = await me.say(roomId, said('나'), { clientMessageId: incompressible(64) });
    const heard = await bob.event('message', (message) => message.seq === seq);
    expect(heard.kind === 'CHAT' && heard.sender?.userId).toBe(userId);
    me.send({ type: 'typing', roomId, typing: true });
    expect((await bob.event('typing')).user.userId).toBe(userId);
    const { seq: next } = await bob.say(roomId);
    me.send({ type: 'read', roomId, seq: next });
    expect((await bob.event('read', (one) => one.seq === next)).userId).toBe(userId);
    const again = await me.ask(
      { type: 'send', roomId, clientMessageId: incompressible(64), content: said('나') },
      'ack',
    );
    expect([again.seq, again.duplicate]).toEqual([seq, true]);
    me.close();
    expect((await bob.event('presence', (one) => !one.online)).userId).toBe(userId);
    const { body } = await there.call<{ items: { userId: string; lastReadSeq: number }[] }>(
      'GET',
      participants(roomId),
      {
        as: 'bob',
      },
    );
    expect(body.items[0]).toMatchObject({ userId, lastReadSeq: next, online: false });
  });

  it.skipIf(!redisProgram())(
    'is online on every instance through Redis, in no key of which his id stands',
    async () => {
      const { roomId } = await withBob(userId);
      const me = await here.connect(userId, { token: bearer(userId) });
      await me.join(roomId);
      const page = () =>
        there.call<{ items: { userId: string; online: boolean }[] }>('GET', participants(roomId), { as: SERVICE });
      await expect.poll(async () => (await page()).body.items[0], wait).toMatchObject({ userId, online: true });
      const client = new Redis(pair.redis!.url);
      const keys = await client.keys('*');
      const users = await Promise.all(
        keys.filter((key) => key.includes(`{${roomId}}:users:`)).map((key) => client.smembers(key)),
      );
      client.disconnect();
      expect(users.flat().sort()).toEqual(['bob', userId].sort());
      expect(keys.filter((key) => !/^[\w:{}-]{1,200}$/.test(key))).toEqual([]);
    },
  );

  // Over SockJS the same frames go in texts of JSON: the longest will do.
  const transports = [...userId].length === 255 ? ['plain', 'websocket', 'xhr-streaming'] : ['plain'];
  it.each(transports)('is himself to STOMP over %s', async (transport) => {
    const { roomId, bob } = await withBob(userId);
    const { client, name, subscribe } = await stomp(here, userId, transport);
    // stompjs takes blanks off both ends of a header.
    expect(name).toBe(userId.trim());
    const messages = await subscribe(`/topic/chat/${roomId}`);
    const other = await stomp(there, 'cho', 'plain');
    const marks = await other.subscribe(`/topic/chat/${roomId}/read`);
    const typing = await subscribe(`/topic/chat/${roomId}/typing`);
    client.publish({ destination: `/app/chat/${roomId}`, body: JSON.stringify({ content: said('나') }) });
    expect(await bob.event('message', (message) => message.kind === 'CHAT')).toMatchObject({ sender: { userId } });
    await expect.poll(() => messages.at(-1)?.body.sender?.userId, wait).toBe(userId);
    const { seq } = await bob.say(roomId);
    client.publish({ destination: `/app/chat/${roomId}/read`, body: JSON.stringify({ seq }) });
    await expect.poll(() => marks.filter((one) => one.id === `${roomId}:read:${userId}:${seq}`).length, wait).toBe(1);
    expect(marks.at(-1)!.body.userId).toBe(userId);
    await other.client.deactivate();
    bob.send({ type: 'typing', roomId, typing: true });
    await expect.poll(() => typing.length, wait).toBe(1);
    await client.deactivate();
  });

  it('is himself on event streams, the older socket /room, with a ticket, and to who asks for an identity', async () => {
    const { roomId, bob } = await withBob(userId);
    const headers = { authorization: as(userId) };
    const room = await openStream(`${there.url}/api/chat/rooms/${roomId}/events`, headers);
    expect((await room.next('joined')).data.you.userId).toBe(userId);
    const rooms = await openStream(`${there.url}/api/chat/events`, headers);
    expect((await rooms.next('rooms')).data.rooms.map((one: { roomId: string }) => one.roomId)).toContain(roomId);
    const url = `${here.url.replace('http', 'ws')}/room?roomId=${roomId}&token=`;
    const [older, ben] = [await probe(url + bearer(userId)), await probe(url + tokenOf('ben'))];
    await older.next((frame) => frame.type === 'new' && frame.sender === 'ben');
    older.send({ type: 'offer', receiver: 'all', data: said('나') });
    expect(await ben.next((frame) => frame.type === 'offer')).toMatchObject({ sender: userId });
    ben.send({ type: 'answer', receiver: userId, data: said('너') });
    expect(await older.next((frame) => frame.type === 'answer')).toMatchObject({ sender: 'ben', receiver: userId });
    const heard = await room.next('message', ({ data }) => data.kind === 'CHAT');
    expect(heard.data.sender.userId).toBe(userId);
    await rooms.next('head', ({ data }) => data.roomId === roomId && data.seq >= heard.data.seq);
    const { body } = await here.call<{ ticket: string }>('POST', '/api/chat/tickets', { as: as(userId) });
    given.logs.secret(body.ticket);
    const ticketed = await there.open({ query: `?ticket=${body.ticket}` });
    expect((await ticketed.event('ready')).user.userId).toBe(userId);
    const identity = await here.call('POST', '/api/chat/tokens/anonymous', { body: { token: bearer(userId) } });
    expect(identity.body).toMatchObject({ user: { userId }, renewed: false });
    bob.close();
  });

  it('buys, is removed and comes back by path, and each line of the log has his id', async () => {
    const roomId = await here.room({ hostId: 'seller' });
    const bob = await there.connect('bob');
    await bob.join(roomId);
    expect((await here.call('POST', participants(roomId), { as: as(userId), body: {} })).status).toBe(201);
    await bob.event('message', ofSystem('participant.joined', userId));
    for (const committed of [true, false]) {
      const bought = await here.call('PUT', participants(roomId, userId), {
        as: SERVICE,
        body: { committed, nickname: NICKNAME },
      });
      expect(bought.body).toMatchObject({ userId, committed });
    }
    expect((await here.call('DELETE', participants(roomId, userId), { as: 'seller' })).status).toBe(204);
    await bob.event('message', ofSystem('participant.removed', userId));
    const early = await here.call('POST', participants(roomId), { as: as(userId), body: {} });
    expect(early.body.code).toBe('RATE_LIMITED');
    const lines = given.logs.of().filter((line) => line.roomId === roomId && 'userId' in line && line.userId !== 'bob');
    // What looks like a secret is none of the log's, be it an id.
    const shown = JSON.parse(redactUrl(JSON.stringify(userId)));
    expect(lines.map((line) => [line.event, line.userId])).toEqual(
      ['joined', 'committed', 'uncommitted', 'removed'].map((event) => [`participant.${event}`, shown]),
    );
  });
});

it('an id of 256 characters is refused by all that takes one, and the refusal says why', async () => {
  const roomId = await here.room();
  for (const userId of TOO_LONG_IDS) {
    const claim = await here.call('GET', '/api/chat/rooms', { as: as(userId) });
    expect([claim.status, claim.body.code, claim.body.detail]).toEqual([
      401,
      'UNAUTHENTICATED',
      expect.stringContaining('sub'),
    ]);
    const socket = await here.open();
    socket.send({ type: 'auth', token: bearer(userId) });
    expect(await socket.event('error')).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('sub'),
    });
    await expect(stomp(here, userId, 'plain')).rejects.toThrow();
    const path = await here.call('PUT', participants(roomId, userId), { as: SERVICE, body: { committed: true } });
    expect([path.status, path.body.errors]).toEqual([400, [expect.objectContaining({ path: 'userId' })]]);
    const opened = await here.call('POST', '/api/chat/rooms', {
      as: SERVICE,
      body: { productId: 'too-long', title: 't', hostId: userId, maxParticipants: 2, expiresAt: IN_AN_HOUR },
    });
    expect([opened.status, opened.body.errors]).toEqual([400, [expect.objectContaining({ path: 'hostId' })]]);
  }
});

it('every index takes rows with the longest ids and names there can be', async () => {
  const most = {
    ...{
      user_id: 4 * 255,
      sender_id: 4 * 255,
      reporter_id: 4 * 255,
      nickname: 4 * 32,
      tag: 4 * 16,
      client_message_id: 4 * 64,
    },
    ...{ room_id: 64, status: 16, hash: 32, id: 4 * 255, kind: 16, coalesce: 4 * 255, emoji: 64, device_id: 32 },
    ...{ state: 16, upload_id: 36, key_id: 32, pseudonym: 20, webhook_id: 36, type: 40 },
  };
  const rows = await largestIndexRows(given.databaseUrl, CHAT_SCHEMA, most);
  expect(rows.size).toBeGreaterThan(10);
  expect([...rows].filter(([, bytes]) => bytes > INDEX_ROW_BYTES)).toEqual([]);
});
