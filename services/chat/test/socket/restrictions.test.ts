import type { ChatMessage, Message, Report } from '@gongu/shared';
import { probe, redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalExchange } from '../../src/bus/local-bus.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { eventOf } from '../fixture/messages.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
const wsOf = ({ url }: Instance) => url.replace('http', 'ws');
const row = (client: Client, event: string) => client.event('message', (message) => eventOf(message) === event);
const refused = (client: Client, frame: object) => client.ask(frame, 'error');
let sent = 0;
const sending = (roomId: string) => ({
  ...{ type: 'send', roomId, clientMessageId: `m-${++sent}`, content: said('psst') },
});
const restrict = (instance: Instance, roomId: string, userId: string, body: object) =>
  instance.call('PUT', `/api/chat/rooms/${roomId}/restrictions/${userId}`, { as: SERVICE, body });
const lift = (instance: Instance, roomId: string, userId: string) =>
  instance.call('DELETE', `/api/chat/rooms/${roomId}/restrictions/${userId}`, { as: SERVICE });

/** A socket of STOMP that has subscribed to the room, and to its errors. */
async function stompOf(instance: Instance, roomId: string, token: string) {
  const socket = await probe(`${wsOf(instance)}/ws`, { protocols: 'v12.stomp' });
  socket.send(`CONNECT\naccept-version:1.2\nhost:x\npasscode:${token}\n\n\0`);
  await socket.next((frame) => String(frame).startsWith('CONNECTED'));
  socket.send('SUBSCRIBE\nid:e\ndestination:/user/queue/errors\n\n\0');
  socket.send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}\nreceipt:r\n\n\0`);
  await socket.next((frame) => String(frame).startsWith('RECEIPT'));
  return socket;
}

/** Of whoever asks `there` for something, by every protocol, the code of the refusal. */
async function refusals(there: Instance, roomId: string, userId: string) {
  const stomp = await probe(`${wsOf(there)}/ws`, { protocols: 'v12.stomp' });
  stomp.send(`CONNECT\naccept-version:1.2\nhost:x\npasscode:${tokenOf(userId)}\n\n\0`);
  stomp.send('SUBSCRIBE\nid:e\ndestination:/user/queue/errors\n\n\0');
  const told = async (frame: string) => {
    stomp.send(frame);
    const text = String(await stomp.next((one) => String(one).includes('destination:/user/queue/errors')));
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)).code;
  };
  const path = `/api/chat/rooms/${roomId}`;
  const gongu = await there.connect(userId);
  return {
    join: async () => [
      (await there.call('POST', `${path}/participants`, { as: userId, body: {} })).body.code,
      (await refused(gongu, { type: 'join', roomId })).code,
      await told(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}\n\n\0`),
      (await (await probe(`${wsOf(there)}/chat/${roomId}?token=${tokenOf(userId)}`)).closed()).code,
    ],
    async send() {
      const older = await probe(`${wsOf(there)}/ws/chat?sessionId=${roomId}&token=${tokenOf(userId)}`);
      older.send({ type: 'message', content: said('psst') });
      const body = { clientMessageId: `m-${++sent}`, content: said('psst') };
      return [
        (await there.call('POST', `${path}/messages`, { as: userId, body })).body.code,
        (await refused(gongu, sending(roomId))).code,
        await told(`SEND\ndestination:/app/chat/${roomId}\n\n${JSON.stringify({ content: said('psst') })}\0`),
        (await older.next((frame) => frame.type === 'error')).code,
      ];
    },
  };
}

/** What holds of any two instances on one database: each knows of the other's acts of order `withinMs`. */
function holds(name: string, start: () => Promise<[Instance, Instance]>, withinMs: number): void {
  describe(name, () => {
    let here: Instance;
    let there: Instance;
    beforeAll(async () => {
      [here, there] = await start();
    });
    const took = async (task: Promise<unknown>) => {
      const began = performance.now();
      await task;
      expect(performance.now() - began).toBeLessThan(withinMs);
    };

    it('a mute counts at once for what is sent anywhere, and is told to who is there and who comes', async () => {
      const roomId = await here.room();
      const ann = await there.connect('ann');
      expect((await ann.join(roomId)).you).not.toHaveProperty('muted');
      const until = new Date(Date.now() + 60_000).toISOString();
      await restrict(here, roomId, 'ann', { kind: 'MUTE', until });
      expect(await refused(ann, sending(roomId))).toMatchObject({ code: 'MUTED', roomId });
      await took(row(ann, 'participant.muted'));
      expect((await (await here.connect('ann')).join(roomId)).you).toMatchObject({ muted: { until } });
      expect((await (await there.connect('ann')).join(roomId)).you).toMatchObject({ muted: { until } });
      await lift(here, roomId, 'ann');
      await ann.say(roomId);
      await row(ann, 'participant.unmuted');
      expect((await (await there.connect('ann')).join(roomId)).you).not.toHaveProperty('muted');
    });

    it('who is muted neither types nor whispers, on whatever protocol he says it', async () => {
      const roomId = await here.room();
      const [ann, bob] = [await there.connect('ann'), await there.connect('bob')];
      await Promise.all([ann.join(roomId), bob.join(roomId)]);
      const token = tokenOf('ann');
      const [older, heard] = await Promise.all(
        [token, tokenOf('bob')].map((one) => probe(`${wsOf(there)}/room?roomId=${roomId}&token=${one}`)),
      );
      const stomp = await probe(`${wsOf(there)}/ws`, { protocols: 'v12.stomp' });
      stomp.send(`CONNECT\naccept-version:1.2\nhost:x\npasscode:${token}\n\n\0`);
      await stomp.next((frame) => String(frame).startsWith('CONNECTED'));
      stomp.send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}\nreceipt:r\n\n\0`);
      await stomp.next((frame) => String(frame).startsWith('RECEIPT'));
      const sendStomp = (type: string, body: object) =>
        stomp.send(`SEND\ndestination:/app/chat/${roomId}/${type}\nreceipt:${type}\n\n${JSON.stringify(body)}\0`);
      await restrict(here, roomId, 'ann', { kind: 'MUTE' });
      await row(ann, 'participant.muted');

      ann.send({ type: 'typing', roomId, typing: true });
      sendStomp('typing', { typing: true });
      await stomp.next((frame) => String(frame).startsWith('RECEIPT'));
      older!.send({ type: 'whispered', receiver: 'bob', data: said('psst') });
      expect(await older!.next((frame) => frame.type === 'error')).toMatchObject({ code: 'MUTED' });
      await lift(here, roomId, 'ann');
      await row(ann, 'participant.unmuted');
      expect(bob.waiting('typing')).toEqual([]);
      ann.send({ type: 'typing', roomId, typing: true });
      expect(await bob.event('typing')).toMatchObject({ typing: true, user: { userId: 'ann' } });
      older!.send({ type: 'whispered', receiver: 'bob', data: 'again' });
      expect(await heard!.next((frame) => frame.type === 'whispered')).toMatchObject({ data: 'again' });
    });

    it('a ban ends what a member hears, on every protocol', async () => {
      const roomId = await here.room();
      const ann = await there.connect('ann');
      await ann.join(roomId);
      const token = tokenOf('ann');
      const stream = await openStream(`${there.url}/api/chat/rooms/${roomId}/events?token=${token}`);
      await stream.next('joined');
      const older = await probe(`${wsOf(there)}/chat/${roomId}?token=${token}`);
      const stomp = await probe(`${wsOf(there)}/ws`, { protocols: 'v12.stomp' });
      stomp.send(`CONNECT\naccept-version:1.2\nhost:x\npasscode:${token}\n\n\0`);
      await stomp.next((frame) => String(frame).startsWith('CONNECTED'));
      stomp.send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}\nreceipt:r\n\n\0`);
      await stomp.next((frame) => String(frame).startsWith('RECEIPT'));
      await restrict(here, roomId, 'ann', { kind: 'BAN' });
      await took(
        Promise.all([
          row(ann, 'participant.removed'),
          stream.over,
          older.closed(),
          stomp.next((frame) => String(frame).includes('BANNED')),
        ]),
      );
      expect((await older.closed()).code).toBe(4503);
      expect(await refused(ann, { type: 'join', roomId })).toMatchObject({ code: 'BANNED' });
      expect(await refused(ann, { type: 'watch', roomId })).toMatchObject({ code: 'BANNED' });
      expect(await refused(ann, { type: 'history', roomId })).toMatchObject({ code: 'BANNED' });
      expect(await refused(ann, sending(roomId))).toMatchObject({ code: 'BANNED' });
      stomp.send(`SEND\ndestination:/app/chat/${roomId}\n\n${JSON.stringify({ content: said('x') })}\0`);
      expect(String(await stomp.next((frame) => String(frame).startsWith('ERROR')))).toContain('message:BANNED');
      // One room by its URL: it comes, and is sent away for good.
      const again = await probe(`${wsOf(there)}/chat/${roomId}?token=${token}`);
      expect((await again.closed()).code).toBe(4503);
    });

    it('a ban ends what one who only looks hears, also of the lobby', async () => {
      const roomId = await here.room();
      const ann = await there.connect('ann');
      expect((await ann.ask({ type: 'watch', roomId }, 'joined')).you).toBeNull();
      const stream = await openStream(`${there.url}/api/chat/rooms/${roomId}/events?token=${tokenOf('ann')}`);
      await stream.next('joined');
      await restrict(here, roomId, 'ann', { kind: 'BAN' });
      await took(Promise.all([ann.event('unwatched', ({ reason }) => reason === 'BANNED'), stream.over]));
      // Nothing of what is said from then on.
      const bob = await there.connect('bob');
      await bob.join(roomId);
      await bob.say(roomId);
      expect(ann.waiting('message').map(eventOf)).not.toContain('participant.joined');
      await ann.join('lobby');
      await restrict(here, 'lobby', 'ann', { kind: 'BAN' });
      const isIt = (message: Message) => message.roomId === 'lobby' && eventOf(message) === 'participant.banned';
      await took(ann.event('message', isIt));
      expect(await refused(ann, { type: 'join', roomId: 'lobby' })).toMatchObject({ code: 'BANNED' });
      await lift(here, 'lobby', 'ann');
      await ann.join('lobby');
    });

    it('slow mode counts at once for what is sent anywhere, on every protocol', async () => {
      const roomId = await here.room();
      const ann = await there.connect('ann');
      await ann.join(roomId);
      await ann.say(roomId);
      const body = { slowModeSeconds: 600 };
      await here.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body });
      expect(await (await refusals(there, roomId, 'ann')).send()).toEqual(Array(4).fill('SLOW_MODE'));
      await took(row(ann, 'room.updated'));
    });

    it('who was removed hears no more and pauses before he joins again, on every protocol', async () => {
      const roomId = await here.room();
      const ann = await there.connect('ann');
      await ann.join(roomId);
      const older = await probe(`${wsOf(there)}/chat/${roomId}?token=${tokenOf('ann')}`);
      await here.call('DELETE', `/api/chat/rooms/${roomId}/participants/ann`, { as: SERVICE });
      await took(Promise.all([row(ann, 'participant.removed'), older.closed()]));
      expect((await older.closed()).code).toBe(4503);
      expect(await (await refusals(there, roomId, 'ann')).join()).toEqual([...Array(3).fill('RATE_LIMITED'), 4029]);
      const body = { committed: true };
      await here.call('PUT', `/api/chat/rooms/${roomId}/participants/ann`, { as: SERVICE, body });
      await ann.join(roomId);
    });

    it.each([
      ['block', 'PUT', 'BLOCKED', 4505],
      ['revoke', 'POST', 'TOKEN_REVOKED', 4101],
    ] as const)(
      'a %s ends the sockets and streams of every protocol, and what is asked',
      async (act, method, code, close) => {
        const roomId = await here.room();
        const userId = `${act}-${roomId}`;
        const token = tokenOf(userId, { nickname: act, claims: { iat: Math.floor(Date.now() / 1_000) - 60 } });
        const gongu = await there.connect(userId, { token });
        await gongu.join(roomId);
        const stomp = await stompOf(there, roomId, token);
        const older = await probe(`${wsOf(there)}/chat/${roomId}?token=${token}`);
        const stream = await openStream(`${there.url}/api/chat/rooms/${roomId}/events?token=${token}`);
        expect((await here.call(method, `/api/chat/users/${userId}/${act}`, { as: SERVICE })).status).toBe(200);
        const began = performance.now();
        const closes = await Promise.all([gongu, stomp, older].map((socket) => socket.closed()));
        await stream.over;
        // Half a second to read it and a quarter to look at all sockets, with or without Redis; the rest is for a busy neighbour.
        expect(performance.now() - began).toBeLessThan(2_000);
        expect(closes.map((one) => one.code)).toEqual([close, close, close]);
        expect((await there.call('GET', '/api/chat/rooms', { as: `Bearer ${token}` })).body.code).toBe(code);
      },
    );

    it('a report is seen at once, and so is its end', async () => {
      const roomId = await here.room();
      const [ann, bob] = [await here.connect('ann'), await there.connect('bob')];
      for (const each of [ann, bob]) await each.join(roomId);
      const { seq } = await ann.say(roomId);
      const path = `/api/chat/rooms/${roomId}/messages/${seq}/reports`;
      const { body } = await there.call<Report>('POST', path, { as: 'bob', body: { reason: 'SPAM' } });
      const isListed = async (instance: Instance, status: string) => {
        const reports = `/api/chat/reports?status=${status}&limit=100`;
        const { body: list } = await instance.call<{ items: Report[] }>('GET', reports, { as: SERVICE });
        return list.items.some(({ reportId }) => reportId === body.reportId);
      };
      expect(await isListed(here, 'OPEN')).toBe(true);
      const end = { as: SERVICE, body: { status: 'DISMISSED' } };
      expect((await here.call('PATCH', `/api/chat/reports/${body.reportId}`, end)).status).toBe(200);
      expect([await isListed(there, 'OPEN'), await isListed(there, 'DISMISSED')]).toEqual([false, true]);
    });

    it('what the filter masks comes masked to everybody, wherever it is said and heard', async () => {
      const roomId = await here.room();
      const [ann, bob] = [await here.connect('ann'), await there.connect('bob')];
      for (const each of [ann, bob]) await each.join(roomId);
      const stomp = await stompOf(there, roomId, tokenOf('bob'));
      const stream = await openStream(`${there.url}/api/chat/rooms/${roomId}/events?token=${tokenOf('bob')}`);
      const older = await probe(`${wsOf(there)}/chat/${roomId}?token=${tokenOf('bob')}`);
      const { seq } = await ann.say(roomId, said('010-1234-5678'));
      const isIt = (message: { seq: number }) => message.seq === seq;
      await took(
        Promise.all([
          bob.event('message', isIt),
          stomp.next((frame) => String(frame).includes(`seq:${seq}\n`)),
          stream.next('message', ({ data }) => isIt(data)),
          older.next(isIt),
        ]).then((heard) => {
          expect(JSON.stringify(heard)).not.toContain('1234');
          expect(heard[0]).toMatchObject({
            masked: true,
            content: said('●●●●●●●●●●●●●'),
          } satisfies Partial<ChatMessage>);
        }),
      );
    });
  });
}

const exchange = createLocalExchange();
const FILTER = { CONTENT_FILTER: 'mask' };
holds(
  'instances that hear each other',
  () => Promise.all([given.start(FILTER, { exchange }), given.start(FILTER, { exchange })]),
  1_000,
);
// Each reads once a second how far the rooms are.
holds('instances that have no bus', () => Promise.all([given.start(FILTER), given.start(FILTER)]), 3_000);

describe.skipIf(!redisProgram())('with Redis', () => {
  let redis: TestRedis;
  afterAll(() => redis?.stop());
  holds(
    'instances whose Redis has gone',
    async () => {
      redis = await startRedis();
      const env = { ...FILTER, REDIS_URL: redis.url };
      const both = await Promise.all([given.start(env), given.start(env)]);
      await redis.stop();
      return both as [Instance, Instance];
    },
    3_000,
  );
});
