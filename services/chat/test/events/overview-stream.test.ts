import { redisProgram, startRedis, type TestRedis, tcpProxy } from '@gongu/testkit';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createLocalExchange } from '../../src/bus/local-bus.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { type EventReader, openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';
import { settableClock } from '../fixture/settable-clock.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let redis: TestRedis;
beforeAll(async () => {
  if (redisProgram()) redis = await startRedis();
});
afterAll(() => redis?.stop());

const PATH = '/api/chat/events';
/** Who was removed comes back at once. */
const NO_PAUSE = { REJOIN_PAUSE_S: '0' };
const as = (userId: string) => ({ authorization: `Bearer ${tokenOf(userId)}` });
const wait = { interval: 10 };
let users = 0;
const newUser = () => `user-${users++}`;
let lines = 0;

const join = (at: Instance, roomId: string, userId: string) =>
  at.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: userId, body: {} });
async function say(at: Instance, roomId: string, userId: string): Promise<number> {
  const body = { clientMessageId: `c-${lines++}`, content: said('안녕하세요') };
  const answer = await at.call<{ seq: number }>('POST', `/api/chat/rooms/${roomId}/messages`, { as: userId, body });
  return answer.body.seq;
}
/** The last `head` of a room that says this, and none after it that says otherwise. */
const head = (stream: EventReader, roomId: string, seq: number, unread: number) =>
  stream.next('head', ({ data }) => data.roomId === roomId && data.seq === seq && data.unread === unread);

/** What holds wherever one listens and wherever it happens. */
function agrees(name: string, start: () => Promise<[Instance, Instance]>, can = true): void {
  describe.runIf(can)(name, () => {
    let here: Instance;
    let there: Instance;
    beforeAll(async () => {
      [here, there] = await start();
    });

    it('tells all rooms first, and then how far each is and what is unread, without its messages', async () => {
      const [me, other] = [newUser(), newUser()];
      const [one, two] = [await here.room({ title: '귤' }), await here.room({ title: '배' })];
      for (const roomId of [one, two]) for (const user of [me, other]) await join(here, roomId, user);
      await say(here, one, other);
      const stream = await openStream(here.url + PATH, as(me));
      const { data, id } = await stream.next('rooms');
      expect(id).toBeNull();
      expect(data).toEqual({
        rooms: [
          {
            roomId: two,
            title: '배',
            status: 'ACTIVE',
            reason: null,
            seq: 3,
            unread: 0,
            unreadMentions: 0,
            lastReadSeq: 1,
          },
          {
            roomId: one,
            title: '귤',
            status: 'ACTIVE',
            reason: null,
            seq: 4,
            unread: 1,
            unreadMentions: 0,
            lastReadSeq: 1,
          },
        ],
        hasMore: false,
      });
      const seq = await say(there, one, other);
      await head(stream, one, seq, 2);
      // A mark of one's own, set anywhere; and what one says oneself.
      await there.call('PUT', `/api/chat/rooms/${one}/read`, { as: me, body: { seq } });
      await head(stream, one, seq, 0);
      await head(stream, two, await say(there, two, me), 0);
      expect(JSON.stringify(stream.queue)).not.toContain('안녕');
    });

    it('tells of rooms that are joined and left while it is open, and of what becomes of them', async () => {
      const [me, other] = [newUser(), newUser()];
      const stream = await openStream(here.url + PATH, as(me));
      expect((await stream.next('rooms')).data).toEqual({ rooms: [], hasMore: false });
      const roomId = await there.room({ title: '새 방' });
      await join(there, roomId, other);
      await join(there, roomId, me);
      expect((await stream.next('room.joined')).data).toMatchObject({ roomId, title: '새 방', seq: 3, unread: 0 });
      await head(stream, roomId, await say(there, roomId, other), 1);
      const path = `/api/chat/rooms/${roomId}`;
      await there.call('PATCH', path, { as: 'seller', body: { title: '다른 이름' } });
      expect((await stream.next('room.changed')).data).toEqual({
        ...{ roomId, title: '다른 이름', status: 'ACTIVE', reason: null },
      });
      await there.call('DELETE', `${path}/participants/${me}`, { as: me });
      expect((await stream.next('room.left')).data).toEqual({ roomId, why: 'left' });
      await say(there, roomId, other);

      await join(there, roomId, me);
      await stream.next('room.joined');
      await there.call('DELETE', `${path}/participants/${me}`, { as: 'seller' });
      expect((await stream.next('room.left')).data).toEqual({ roomId, why: 'removed' });

      await join(there, roomId, me);
      await stream.next('room.joined');
      await there.call('PATCH', path, { as: SERVICE, body: { status: 'CANCELLED', reason: 'UNDERFILLED' } });
      expect((await stream.next('room.changed')).data).toMatchObject({ status: 'CANCELLED', reason: 'UNDERFILLED' });
      await there.call('DELETE', path, { as: SERVICE });
      expect((await stream.next('room.left')).data).toEqual({ roomId, why: 'gone' });
      expect(stream.queue.filter(({ type }) => type === 'rooms')).toEqual([]);
    });

    it('shows a seller the room of each product that is opened', async () => {
      const seller = newUser();
      const stream = await openStream(here.url + PATH, as(seller));
      await stream.next('rooms');
      const roomId = await there.room({ hostId: seller });
      expect((await stream.next('room.joined')).data).toMatchObject({ roomId, seq: 1 });
    });
  });
}

agrees('the stream of all rooms, on one instance', async () => {
  const chat = await given.start(NO_PAUSE);
  return [chat, chat];
});
agrees(
  'the stream of all rooms, between instances on Redis',
  () =>
    Promise.all([1, 2].map(() => given.start({ REDIS_URL: redis.url, ...NO_PAUSE }))) as Promise<[Instance, Instance]>,
  redisProgram() !== undefined,
);
agrees('the stream of all rooms, between instances that hear each other', () => {
  const exchange = createLocalExchange();
  return Promise.all([given.start(NO_PAUSE, { exchange }), given.start(NO_PAUSE, { exchange })]);
});

describe('the stream of all rooms', () => {
  let chat: Instance;
  beforeAll(async () => {
    chat = await given.start(NO_PAUSE);
  });

  it('finds by the store what no bus told it: messages, status, memberships gained and lost', async () => {
    const deaf = await given.start();
    const [me, other] = [newUser(), newUser()];
    const roomId = await chat.room();
    for (const user of [me, other]) await join(chat, roomId, user);
    const stream = await openStream(deaf.url + PATH, as(me));
    await stream.next('rooms');
    await head(stream, roomId, await say(chat, roomId, other), 1);
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { title: '바뀐 이름' } });
    expect((await stream.next('room.changed')).data).toMatchObject({ roomId, title: '바뀐 이름' });
    await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/${me}`, { as: 'seller' });
    expect((await stream.next('room.left')).data).toMatchObject({ roomId });
    await join(chat, roomId, me);
    expect((await stream.next('room.joined')).data).toMatchObject({ roomId });
    await deaf.stop();
  });

  it('serves no room for it, and leaves nothing behind', async () => {
    const quiet = await given.start();
    const me = newUser();
    for (let i = 0; i < 5; i++) await join(chat, await chat.room(), me);
    const stream = await openStream(quiet.url + PATH, as(me));
    expect((await stream.next('rooms')).data.rooms).toHaveLength(5);
    expect(await metricOf(quiet, 'gongu_chat_rooms_in_memory')).toBe(0);
    expect(await metricOf(quiet, 'gongu_chat_connections')).toBe(1);
    stream.close();
    await expect.poll(() => metricOf(quiet, 'gongu_chat_connections'), wait).toBe(0);
    await quiet.stop();
  });

  it('is told in events of at most 64 KiB: the oldest memberships in `rooms`, and those in front of them one by one', async () => {
    const me = newUser();
    const rooms: string[] = [];
    // Few calls for that many bytes: who hosts a room is in it.
    for (let i = 0; i < 100; i++) rooms.unshift(await chat.room({ title: `${i} ${'긴'.repeat(196)}`, hostId: me }));
    const stream = await openStream(chat.url + PATH, as(me));
    const { data } = await stream.next('rooms');
    expect(data.hasMore).toBe(false);
    expect(data.rooms.length).toBeGreaterThan(50);
    expect(data.rooms.length).toBeLessThan(rooms.length);
    const list: string[] = data.rooms.map(({ roomId }: { roomId: string }) => roomId);
    while (list.length < rooms.length) list.unshift((await stream.next('room.joined')).data.roomId);
    expect(list).toEqual(rooms);
    // What happened in them just before may still be told, but no membership twice.
    expect(stream.queue.filter(({ type }) => type === 'rooms' || type === 'room.joined')).toEqual([]);
  });

  it('is told anew to an EventSource that comes back', async () => {
    const me = newUser();
    const roomId = await chat.room();
    await join(chat, roomId, me);
    const proxy = await tcpProxy({ target: chat.port });
    const source = new EventSource(`http://127.0.0.1:${proxy.port}${PATH}?token=${tokenOf(me)}`);
    onTestFinished(async () => {
      source.close();
      await proxy.close();
    });
    const told: { rooms: { seq: number }[] }[] = [];
    source.addEventListener('rooms', ({ data }) => told.push(JSON.parse(data)));
    await expect.poll(() => told.length, wait).toBe(1);
    proxy.cut();
    const seq = await say(chat, roomId, me);
    await expect.poll(() => told.length, wait).toBe(2);
    expect(told[1]!.rooms[0]!.seq).toBe(seq);
  });

  it('makes nobody present in a room', async () => {
    const [me, other] = [newUser(), newUser()];
    const roomId = await chat.room();
    await join(chat, roomId, me);
    const watcher = await chat.connect(other);
    await watcher.join(roomId);
    await (await openStream(chat.url + PATH, as(me))).next('rooms');
    await watcher.none(1_300, (frame) => frame.type === 'presence');
  });

  it('queues no more than SEND_QUEUE_BYTES for a reader that stops, and tells him all anew when he reads again', async () => {
    const narrow = await given.start({ SEND_QUEUE_BYTES: '16384', SEND_TIMEOUT_MS: '60000' });
    const me = newUser();
    const rooms: string[] = [];
    for (let i = 0; i < 40; i++) {
      rooms.push(await narrow.room({ title: '긴 이름 '.repeat(30) }));
      await join(narrow, rooms.at(-1)!, me);
    }
    const sockets = new Set<import('node:net').Socket>();
    narrow.chat.app.server.on('connection', (socket) => sockets.add(socket));
    const stream = await openStream(narrow.url + PATH, as(me));
    await stream.next('rooms');
    const [connection] = [...sockets].filter((socket) => socket.remotePort === stream.response.socket.localPort);
    // As if the kernel took nothing: what the test can send would fit into its buffers.
    connection!.cork();
    for (let n = 0; n < 12; n++) {
      const body = { title: `${n} ${'긴 이름 '.repeat(30)}` };
      await Promise.all(rooms.map((room) => narrow.call('PATCH', `/api/chat/rooms/${room}`, { as: SERVICE, body })));
    }
    expect(connection!.writableLength).toBeGreaterThan(16_384);
    expect(connection!.writableLength).toBeLessThan(2 * 16_384);
    connection!.uncork();
    const again = await stream.next('rooms');
    expect(again.data.rooms.every(({ title }: { title: string }) => title.startsWith('11 '))).toBe(true);
    await narrow.stop();
  });

  it('ends with the token, and with the service', async () => {
    const clock = settableClock();
    const going = await given.start({}, { clock });
    const token = tokenOf(newUser(), { expiresInSeconds: 600 });
    const stream = await openStream(going.url + PATH, { authorization: `Bearer ${token}` });
    await stream.next('rooms');
    // In its last 30 s, of which the machine may take long.
    clock.step(575_000);
    await stream.next('token.expiring');
    clock.step(30_000);
    expect((await stream.next('error')).data).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect((await stream.next('closed')).data).toMatchObject({ code: 4101 });
    const other = await openStream(going.url + PATH, as(newUser()));
    await other.next('rooms');
    await going.stop();
    await other.next('reconnect');
    expect((await other.next('closed')).data).toMatchObject({ code: 4001 });
  });

  it('is refused with the status of the reason', async () => {
    expect(await chat.call('GET', PATH)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    const options = { as: newUser(), headers: { origin: 'https://evil.example' } };
    expect(await chat.call('GET', PATH, options)).toMatchObject({ status: 403, body: { code: 'ORIGIN_NOT_ALLOWED' } });
  });
});
