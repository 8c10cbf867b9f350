import { manualClock, probe } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandType } from '../../src/session/commands/entry.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
/** Time of day goes on, and no bucket gets anything back. */
const clock = Object.assign(manualClock(Date.now()), { now: Date.now });
let chat: Instance;
beforeAll(async () => {
  const rates = { RATE_MESSAGES_PER_SECOND: '1', RATE_CHANGES_PER_SECOND: '1', RATE_ANONYMOUS_PER_SECOND: '1' };
  chat = await given.start({ ...rates, TRUST_PROXY: 'loopback' }, { clock });
});
afterAll(() => chat?.stop());

/** Every command: what may pass at once with a rate of 1; null: it is not judged. One that is missing does not compile. */
const COMMANDS: Readonly<Record<CommandType, number | null>> = {
  join: 4,
  leave: 4,
  send: 2,
  signal: 2,
  edit: 2,
  delete: 2,
  react: 2,
  pin: 4,
  // Four rooms that one does not look at yet, and not a member of; that one looks at, as often as he likes.
  watch: null,
  unwatch: null,
  // Of a stream, which was judged when it was opened.
  follow: null,
  // Told once a second, and never refused.
  typing: null,
  // Writes no row.
  read: null,
  history: null,
  overview: null,
  ping: null,
  unsubscribe: null,
};

let users = 0;
const newUser = () => `user-${++users}`;
const addressed = (url: string, address: string) =>
  probe(`${chat.url.replace('http', 'ws')}${url}`, { headers: { 'x-forwarded-for': address } });

describe('commands faster than allowed', () => {
  const frames: Partial<Record<CommandType, (i: number) => object>> = {
    send: (i) => ({ clientMessageId: `c-${i}`, content: said('빨리') }),
    edit: () => ({ seq: 1, content: said('x') }),
    delete: () => ({ seq: 1 }),
    react: () => ({ seq: 1, emoji: '👍', on: true }),
    pin: () => ({ seq: 1, on: true }),
    typing: (i) => ({ typing: i % 2 === 0 }),
    read: () => ({ seq: 1 }),
    history: () => ({ before: 2 }),
  };

  /** Asks 12 times; how many were answered by something else than RATE_LIMITED, and the refusals. */
  async function ask(client: Client, frame: (i: number) => object) {
    for (let i = 0; i < 12; i++) client.send({ ref: `${i}`, ...frame(i) });
    client.send({ type: 'ping', ref: 'end' });
    const refused = [];
    await client.next((one) => one.ref === 'end');
    await client.none(50, () => false);
    for (const error of client.take('error')) if (error.code === 'RATE_LIMITED') refused.push(error);
    return refused;
  }

  it.each(
    Object.entries(COMMANDS).filter(([type]) => !['join', 'leave', 'signal', 'follow', 'overview'].includes(type)),
  )('%s: %s pass at once', async (type, burst) => {
    const roomId = await chat.room();
    const ann = await chat.connect(newUser());
    // A join is a change, as a pin is.
    if (type !== 'pin') await ann.join(roomId);
    const refused = await ask(ann, (i) => ({ type, roomId, ...frames[type as CommandType]?.(i) }));
    if (burst === null) return expect(refused).toEqual([]);
    await expect.poll(() => refused.push(...ann.take('error'))).toBe(12 - burst);
    for (const error of refused) expect(error).toMatchObject({ code: 'RATE_LIMITED', roomId, retryAfterMs: 1_000 });
  });

  it('join and leave: four pass at once, over all sockets of the user, and then nothing is stored', async () => {
    const userId = newUser();
    const [one, two] = [await chat.connect(userId), await chat.connect(userId)];
    const rooms = await Promise.all(Array.from({ length: 5 }, () => chat.room()));
    await one.join(rooms[0]!);
    await two.join(rooms[1]!);
    await one.ask({ type: 'leave', roomId: rooms[0] }, 'ok');
    await two.join(rooms[2]!);
    for (const client of [one, two]) {
      const refused = await client.ask({ type: 'join', roomId: rooms[3] }, 'error');
      expect(refused).toMatchObject({ code: 'RATE_LIMITED', roomId: rooms[3], retryAfterMs: 1_000 });
      expect(await client.ask({ type: 'leave', roomId: rooms[2] }, 'error')).toMatchObject({ code: 'RATE_LIMITED' });
    }
    const ids = async (roomId: string) =>
      (
        await chat.call<{ items: { userId: string }[] }>('GET', `/api/chat/rooms/${roomId}/participants`, {
          as: SERVICE,
        })
      ).body.items.map((item) => item.userId);
    expect(await ids(rooms[3]!)).toEqual(['seller']);
    expect(await ids(rooms[2]!)).toEqual(['seller', userId]);
    // A member comes back as often as he likes.
    for (let i = 0; i < 10; i++) await one.join(rooms[2]!);
    const over = await chat.call('POST', `/api/chat/rooms/${rooms[4]}/participants`, { as: userId, body: {} });
    expect([over.status, over.body.code]).toEqual([429, 'RATE_LIMITED']);
  });

  it('watch: four rooms more pass at once, over all sockets and streams of the user, and joins go on beside them', async () => {
    const userId = newUser();
    const [one, two] = [await chat.connect(userId), await chat.connect(userId)];
    const rooms = await Promise.all(Array.from({ length: 5 }, () => chat.room()));
    for (const roomId of rooms.slice(0, 2)) await one.ask({ type: 'watch', roomId }, 'joined');
    for (const roomId of rooms.slice(2, 4)) await two.ask({ type: 'watch', roomId }, 'joined');
    const [seen, last] = [rooms[0], rooms[4]];
    const refused = await one.ask({ type: 'watch', roomId: last }, 'error');
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', roomId: last, retryAfterMs: 1_000 });
    const stream = await chat.call('GET', `/api/chat/rooms/${last}/events`, { as: userId });
    expect([stream.status, stream.body.code]).toEqual([429, 'RATE_LIMITED']);
    for (let i = 0; i < 10; i++) await one.ask({ type: 'watch', roomId: seen }, 'joined');
    await one.join(last!);
    await one.ask({ type: 'watch', roomId: last }, 'joined');
  });

  it('SUBSCRIBE of STOMP: the refusal names the code, and where it is listened to, the socket lives on', async () => {
    const userId = newUser();
    const ann = await chat.connect(userId);
    for (let i = 0; i < 4; i++) await ann.join(await chat.room());
    const roomId = await chat.room();
    for (const listens of [true, false]) {
      const stomp = await probe(chat.socketUrl, { protocols: 'v12.stomp' });
      stomp.socket.send(`CONNECT\naccept-version:1.2\npasscode:${tokenOf(userId)}\n\n\0`);
      await stomp.next((text: string) => text.startsWith('CONNECTED'));
      if (listens) stomp.socket.send('SUBSCRIBE\nid:e\ndestination:/user/queue/errors\n\n\0');
      stomp.socket.send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}\n\n\0`);
      const told: string = await stomp.next((text: string) => text.includes('RATE_LIMITED'));
      expect(told.startsWith(listens ? 'MESSAGE' : 'ERROR')).toBe(true);
      if (listens) expect(told).toContain('"retryAfterMs":1000');
      else await stomp.closed();
      stomp.socket.terminate();
    }
  });

  it('signal: two pass at once, stored or passed on', async () => {
    const roomId = await chat.room();
    for (const receiver of ['all', 'seller']) {
      const ann = await probe(`${chat.url.replace('http', 'ws')}/room?roomId=${roomId}&token=${tokenOf(newUser())}`);
      for (let i = 0; i < 5; i++) ann.send({ type: 'wave', receiver, data: said('x') });
      for (let i = 0; i < 3; i++) {
        expect(await ann.next((frame) => frame.type === 'error')).toMatchObject({ code: 'RATE_LIMITED' });
      }
    }
  });
});

describe('an older URL', () => {
  it('whose join is too much is closed with 4029: come back', async () => {
    const userId = newUser();
    const ann = await chat.connect(userId);
    for (let i = 0; i < 4; i++) await ann.join(await chat.room());
    const roomId = await chat.room();
    for (const url of [`/ws/chat?sessionId=${roomId}`, `/chat/${roomId}?`, `/room?roomId=${roomId}`]) {
      const old = await probe(`${chat.url.replace('http', 'ws')}${url}&token=${tokenOf(userId)}`);
      expect(await old.closed()).toMatchObject({ code: 4029 });
    }
  });

  it('makes ten identities at once for an address, and refuses the upgrade of the next with 429', async () => {
    const roomId = await chat.room({ maxParticipants: 100 });
    const urls = [`/ws/chat?sessionId=${roomId}`, `/chat/${roomId}?`, `/room?roomId=${roomId}`];
    // An identity and its join are two changes.
    for (let i = 0; i < 5; i++) {
      const guest = await addressed(`${urls[i % 3]}&history=1`, '198.51.100.7');
      await guest.next((frame) => frame.type !== 'identity');
      guest.close();
    }
    for (const url of urls) {
      const refused = addressed(url, '198.51.100.7');
      await expect(refused).rejects.toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    }
    const other = await addressed(urls[0]!, '198.51.100.8');
    expect(await other.next()).toMatchObject({ type: 'identity' });
  });
});

describe('typing that flaps', () => {
  it('reaches the room once a second, and how it ended', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect(newUser()), await chat.connect(newUser())];
    for (const client of [ann, bob]) await client.join(roomId);
    for (let i = 0; i < 150; i++) ann.send({ type: 'typing', roomId, typing: i % 2 === 0 });
    ann.send({ type: 'ping', ref: 'end' });
    await ann.event('pong');
    expect((await bob.event('typing')).typing).toBe(true);
    await bob.none(100, (frame) => frame.type === 'typing');
    await clock.advance(1_000);
    expect((await bob.event('typing')).typing).toBe(false);
    await bob.none(300, (frame) => frame.type === 'typing');
  });
});
