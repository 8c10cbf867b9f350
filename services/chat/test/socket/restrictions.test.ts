import type { Message } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
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

/** What holds of any two instances on one database: each knows of the other's restrictions `withinMs`. */
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
  });
}

const exchange = createLocalExchange();
holds(
  'instances that hear each other',
  () => Promise.all([given.start({}, { exchange }), given.start({}, { exchange })]),
  1_000,
);
// Each reads once a second how far the rooms are.
holds('instances whose bus is away', () => Promise.all([given.start(), given.start()]), 3_000);
