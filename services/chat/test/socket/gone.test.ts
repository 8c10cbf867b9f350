import type { Event, EventOf, Message, Room } from '@gongu/shared';
import { tcpProxy } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openSocket, signIn } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ HEARTBEAT_MS: '300' });
});

const online = async (roomId: string) => {
  const { body } = await chat.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: 'watcher' });
  return body.onlineCount;
};
const connections = () => metricOf(chat, 'gongu_chat_connections');

describe('a connection that ends', () => {
  it('however it ends, leaves nobody online and no session behind', async () => {
    const roomId = await chat.room();
    const before = await connections();
    const ends: Record<string, (client: Awaited<ReturnType<typeof signIn>>) => void> = {
      'with a close frame': (client) => client.close(1000),
      'going away': (client) => client.close(1001),
      'without a close frame': (client) => client.terminate(),
      'reset by its machine': (client) =>
        (client.socket as unknown as { _socket: { resetAndDestroy(): void } })._socket.resetAndDestroy(),
      'with rubbish': (client) =>
        (client.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.alloc(64, 0xff)),
    };
    for (const [how, end] of Object.entries(ends)) {
      const client = await chat.connect('ann');
      await client.join(roomId);
      client.send({ type: 'typing', roomId, typing: true });
      expect(await online(roomId), how).toBe(1);
      end(client);
      await expect.poll(() => online(roomId), { message: how }).toBe(0);
      await expect.poll(connections, { message: how }).toBe(before);
    }
    const { body } = await chat.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: 'watcher' });
    expect(body, 'a socket is not a membership').toMatchObject({ participantCount: 1, lastSeq: 2 });
  });

  it('at any moment of its join leaves nobody online', async () => {
    const roomId = await chat.room({ maxParticipants: 100 });
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const client = await openSocket(chat.socketUrl, { protocols: ['gongu.v1', `bearer.${tokenOf(`u-${i}`)}`] });
        client.send({ type: 'join', roomId });
        // At once, and after each of the steps of the join.
        if (i % 3 === 1) await new Promise((resolve) => setImmediate(resolve));
        if (i % 3 === 2) await new Promise((resolve) => setTimeout(resolve, i / 4));
        client.terminate();
      }),
    );
    await expect.poll(connections).toBe(0);
    await expect.poll(() => online(roomId)).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await online(roomId)).toBe(0);
  });

  it('is logged with its code, its reason and its user', async () => {
    const client = await chat.connect('ann');
    client.close(4321, '안녕');
    await client.closed();
    await expect
      .poll(() => given.logs.of('session.closed').at(-1))
      .toMatchObject({
        ...{ level: 'info', userId: 'ann', code: 4321, reason: '안녕', connectionId: expect.any(String) },
      });
  });
});

describe('a connection over which nothing comes', () => {
  it('is gone after two missed pings, neither one nor three', async () => {
    const client = await chat.connect('mute');
    const socket = client.socket as unknown as { pong(): void; on(event: 'ping', heard: () => void): void };
    let pings = 0;
    socket.pong = () => {};
    socket.on('ping', () => pings++);
    expect((await client.closed()).code).toBe(1006);
    expect(pings).toBe(2);
  });

  it('is gone through a network that swallows everything', async () => {
    const proxy = await tcpProxy({ target: chat.port });
    const roomId = await chat.room();
    const client = await signIn(proxy.through(chat.socketUrl), 'ann');
    await client.join(roomId);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await online(roomId), 'pongs keep it').toBe(1);
    proxy.blackHole();
    const began = performance.now();
    await expect.poll(() => online(roomId), { timeout: 4_000, interval: 20 }).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(300);
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(given.logs.of('session.closed').at(-1)).toMatchObject({ userId: 'ann', code: 1006 });
    await proxy.close();
  });

  it('comes back through another one and misses nothing', async () => {
    const proxy = await tcpProxy({ target: chat.port });
    const roomId = await chat.room();
    const [ann, bob] = [await signIn(proxy.through(chat.socketUrl), 'ann'), await chat.connect('bob')];
    const { lastSeq } = await ann.join(roomId);
    await bob.join(roomId);
    proxy.cut();
    await ann.closed();
    for (let i = 0; i < 5; i++) await bob.say(roomId, said(`${i}`));
    const back = await signIn(proxy.through(chat.socketUrl), 'ann');
    const { messages, recovered } = await back.join(roomId, lastSeq);
    expect([messages.map((message) => message.seq), recovered]).toEqual([[3, 4, 5, 6, 7, 8], true]);
    await proxy.close();
  });
});

describe('a service that stops', () => {
  /** What ann said after her first message, as another instance has it. */
  async function chats(roomId: string): Promise<{ id: string | null; seq: number }[]> {
    const found: { id: string | null; seq: number }[] = [];
    for (let after = 3; ; ) {
      const url = `/api/chat/rooms/${roomId}/messages?limit=100&after=${after}`;
      const { body } = await chat.call<{ messages: Message[] }>('GET', url, { as: 'ann' });
      if (body.messages.length === 0) return found;
      found.push(...body.messages.map(({ clientMessageId, seq }) => ({ id: clientMessageId, seq })));
      after = found.at(-1)!.seq;
    }
  }

  it('sends its clients elsewhere: reconnect with a time, then 4001', async () => {
    const other = await given.start({ DRAIN_MS: '600' });
    const roomId = await other.room();
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => other.connect(`u-${i}`)));
    for (const client of all) await client.join(roomId);
    const stopping = other.stop();
    const waits = await Promise.all(all.map((client) => client.event('reconnect')));
    for (const { afterMs } of waits) {
      expect(afterMs).toBeGreaterThanOrEqual(0);
      expect(afterMs).toBeLessThanOrEqual(300);
    }
    expect((await Promise.all(all.map((client) => client.closed()))).map(({ code }) => code)).toEqual(
      Array(8).fill(4001),
    );
    await stopping;
  });

  it('finishes what it has accepted from one who talks on: acknowledged is stored, once, and the rest is told', async () => {
    const other = await given.start({ DRAIN_MS: '300' });
    const roomId = await other.room();
    const ann = await other.connect('ann');
    await ann.join(roomId);
    await ann.say(roomId, said('before'));
    const sent: string[] = [];
    const say = () => {
      const id = `d-${sent.length}`;
      sent.push(id);
      ann.send({ type: 'send', ref: id, roomId, clientMessageId: id, content: said(id) });
    };
    // Fifty are on their way at any time, until the end.
    for (let i = 0; i < 50; i++) say();
    const answers: (EventOf<'ack'> | EventOf<'error'>)[] = [];
    ann.socket.on('message', (data) => {
      const event = JSON.parse(String(data)) as Event;
      if (event.type !== 'ack' && event.type !== 'error') return;
      answers.push(event);
      if (event.type === 'ack' && ann.socket.readyState === ann.socket.OPEN) say();
    });
    // It is under way: two batches have been stored.
    await expect.poll(() => answers.length, { timeout: 10_000 }).toBeGreaterThan(50);
    await other.stop();
    expect(await ann.closed(), 'who has no answer knows that he must ask again').toMatchObject({ code: 4001 });

    const acks = answers.filter((event) => event.type === 'ack');
    const refused = answers.filter((event) => event.type === 'error');
    expect(acks.length).toBeGreaterThan(1);
    expect(refused.filter(({ code }) => code !== 'UNAVAILABLE')).toEqual([]);
    expect(new Set(answers.map(({ ref }) => ref)).size, 'one answer each').toBe(answers.length);
    const stored = await chats(roomId);
    expect(
      stored.map(({ id }) => id),
      'each once, and none is left out before one that is stored',
    ).toEqual(sent.filter((id) => !refused.some(({ ref }) => ref === id)).slice(0, stored.length));
    expect(acks.map(({ clientMessageId, seq }) => ({ id: clientMessageId, seq }))).toEqual(
      stored.slice(0, acks.length),
    );
  });

  it('does not wait longer than DRAIN_MS for clients that do not answer', async () => {
    const other = await given.start({ DRAIN_MS: '400' });
    const proxy = await tcpProxy({ target: other.port });
    await signIn(proxy.through(other.socketUrl), 'ann');
    proxy.blackHole();
    const began = performance.now();
    await other.stop();
    expect(performance.now() - began).toBeLessThan(2_500);
    await proxy.close();
  });
});
