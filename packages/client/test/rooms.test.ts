// Over 300 lines: one set-up, which all of its tests share.
import { type ChatService, startChatService } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ChatClientOptions } from '../src/client.ts';
import { chatting, tokenOf } from './fixture/chatting.ts';
import { fakeStreams } from './fixture/fake-streams.ts';
import { httpGateway } from './fixture/http-gateway.ts';
import { shopper } from './fixture/shopper.ts';

const ROOM = { roomId: 'a', title: 'tangerines', status: 'ACTIVE', reason: null, seq: 3, unread: 2, lastReadSeq: 1 };
const OTHER = { ...ROOM, roomId: 'b', title: 'coffee', unread: 0 };

/** A list over streams that are worked by hand, with somebody who listens. Waits take half of their longest time. */
async function listening(options: Partial<ChatClientOptions> = {}) {
  const network = fakeStreams();
  const all = chatting({ fetch: network.fetch, ...options });
  const list = all.client.rooms();
  const leave = list.subscribe(() => {});
  onTestFinished(leave);
  /** Lets what was said arrive: code is loaded and streams are read between the clock's steps. */
  const settle = async (what: () => unknown) => {
    await expect.poll(what).toBeTruthy();
    await all.clock.advance(20);
  };
  const opened = (count: number) => settle(() => network.streams.length === count);
  const status = () => list.getSnapshot().status;
  const became = (wanted: string) => settle(() => status() === wanted);
  await opened(1);
  return { ...all, ...network, list, leave, opened, became, status, rooms: () => list.getSnapshot().rooms };
}

describe('the list of rooms', () => {
  test('is told by one stream, and moves with it; rooms that did not change stay the same objects', async () => {
    const { last, list, rooms, became } = await listening();
    expect([last().path, last().token, list.getSnapshot().status]).toEqual([
      '/api/chat/events',
      tokenOf('me'),
      'connecting',
    ]);
    last().says('rooms', { rooms: [ROOM, OTHER], hasMore: true });
    await became('live');
    const { lastReadSeq: _, ...first } = ROOM;
    expect(list.getSnapshot()).toMatchObject({ hasMore: true, error: null });
    expect(rooms()[0]).toEqual(first);
    const coffee = rooms()[1];

    last().says('head', { roomId: 'a', seq: 4, unread: 3 });
    await expect.poll(() => rooms()[0]).toMatchObject({ seq: 4, unread: 3, title: 'tangerines' });
    last().says('room.changed', { roomId: 'a', title: 'mandarins', status: 'CLOSED', reason: 'SOLD_OUT' });
    await expect.poll(() => rooms()[0]).toMatchObject({ seq: 4, title: 'mandarins', status: 'CLOSED' });
    expect(rooms()[1]).toBe(coffee);
    last().says('room.joined', { ...ROOM, roomId: 'c' });
    await expect.poll(() => rooms().map(({ roomId }) => roomId)).toEqual(['c', 'a', 'b']);
    last().says('room.joined', { ...ROOM, roomId: 'b' });
    await expect.poll(() => rooms().map(({ roomId }) => roomId)).toEqual(['b', 'c', 'a']);
    last().says('something.new', { roomId: 'a' });
    last().says('room.left', { roomId: 'c', why: 'left' });
    await expect.poll(() => rooms().map(({ roomId }) => roomId)).toEqual(['b', 'a']);
  });

  test('comes back within a window that doubles, and is told anew', async () => {
    const { clock, streams, last, opened, became, rooms } = await listening();
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');
    last().breaks();
    await became('waiting');
    expect(rooms()).toHaveLength(1);
    // Half of 1 s, then of 2 s: each opening fails before it tells anything.
    for (const [tries, waitMs] of [500, 1_000, 2_000].entries()) {
      await clock.advance(waitMs - 40);
      expect(streams).toHaveLength(tries + 1);
      await clock.advance(40);
      await opened(tries + 2);
      if (tries < 2) {
        last().breaks();
        await became('waiting');
      }
    }
    last().says('rooms', { rooms: [OTHER], hasMore: false });
    await became('live');
    expect(rooms().map(({ roomId }) => roomId)).toEqual(['b']);
  });

  test('waits as long as the server says, and a page that comes into sight does not hurry it', async () => {
    const { clock, streams, last, opened, became, signals } = await listening();
    last().refuses(503, { code: 'UNAVAILABLE', retryAfterMs: 7_000 });
    await became('waiting');
    signals.tell('visible');
    await clock.advance(6_900);
    expect(streams).toHaveLength(1);
    await clock.advance(100);
    await opened(2);
    last().says('rooms', { rooms: [], hasMore: false });
    await became('live');
    last().says('reconnect', { afterMs: 4_000 });
    await became('waiting');
    expect(last().isClosed).toBe(true);
    await clock.advance(3_900);
    expect(streams).toHaveLength(2);
    await clock.advance(100);
    await opened(3);
  });

  test('where nobody said when, the network that is there again ends the waiting', async () => {
    const { last, opened, became, signals } = await listening();
    last().breaks();
    await became('waiting');
    signals.tell('online');
    await opened(2);
  });

  test.each([
    [401, 'UNAUTHENTICATED'],
    [403, 'ORIGIN_NOT_ALLOWED'],
    [404, 'NOT_FOUND'],
  ])('stays away after %i, until the client connects again, with a new token', async (status, code) => {
    const asked: boolean[] = [];
    const { client, clock, streams, last, opened, became, list } = await listening({
      token({ refresh }) {
        asked.push(refresh);
        return tokenOf(refresh ? 'renewed' : 'me');
      },
    });
    last().refuses(status, { code });
    await became('closed');
    expect(list.getSnapshot().error?.code).toBe(code);
    await clock.advance(120_000);
    expect(streams).toHaveLength(1);
    client.connect();
    await opened(2);
    expect(last().token).toBe(tokenOf('renewed'));
  });

  test('takes a new token before the old one ends, and when one was refused for its age', async () => {
    let n = 0;
    const { streams, last, opened, became } = await listening({
      token: ({ refresh }) => tokenOf(`me${refresh ? ++n : n}`),
    });
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');
    last().says('token.expiring', { expiresAt: '2026-01-01T00:00:30.000Z' });
    await opened(2);
    expect([streams[0]!.isClosed, last().token]).toEqual([true, tokenOf('me1')]);
    last().refuses(401, { code: 'TOKEN_EXPIRED' });
    await opened(3);
    expect(last().token).toBe(tokenOf('me2'));
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');
    last().says('closed', { code: 4101, reason: 'token expired' });
    await became('waiting');
  });

  test('a token that the application can not replace is not tried over and over', async () => {
    const asked: boolean[] = [];
    const { clock, streams, last, became } = await listening({
      token({ refresh }) {
        asked.push(refresh);
        return tokenOf('me');
      },
    });
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');
    last().says('token.expiring', { expiresAt: '2026-01-01T00:00:30.000Z' });
    await expect.poll(() => asked).toContain(true);
    await clock.advance(1_000);
    expect([streams.length, last().isClosed]).toEqual([1, false]);
  });

  test('what ended well after a while does not make the next waits longer', async () => {
    const { clock, last, streams, opened, became } = await listening();
    for (const count of [1, 2, 3]) {
      last().says('rooms', { rooms: [ROOM], hasMore: false });
      await became('live');
      await clock.advance(11_000);
      last().says('closed', { code: 1012, reason: 'restart' });
      await became('waiting');
      await clock.advance(460);
      expect(streams).toHaveLength(count);
      await clock.advance(40);
      await opened(count + 1);
    }
  });

  test('a page that comes into sight does not open a living stream anew, also where one was lost before', async () => {
    const { clock, last, streams, opened, became, signals } = await listening();
    last().breaks();
    await became('waiting');
    await clock.advance(500);
    await opened(2);
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');
    signals.tell('visible');
    await clock.advance(100);
    expect([streams.length, last().isClosed]).toEqual([2, false]);
  });

  test('another user on the same client sees nothing of the first one', async () => {
    let userId = 'me';
    const { client, clock, carrier, streams, last, opened, became, rooms, status } = await listening({
      token: () => tokenOf(userId),
    });
    client.connect();
    await clock.advance(0);
    carrier.last().ready();
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');

    client.disconnect();
    userId = 'ann';
    client.connect();
    await expect.poll(() => carrier.channels.length).toBe(2);
    await opened(2);
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');
    carrier.last().ready({ user: { userId: 'ann', nickname: 'ann', tag: null } });
    expect([rooms(), status(), streams[1]!.isClosed]).toEqual([[], 'connecting', true]);
    await opened(3);
    expect(last().token).toBe(tokenOf('ann'));
    // The same one again keeps them.
    last().says('rooms', { rooms: [OTHER], hasMore: false });
    await became('live');
    carrier.last().ready({ user: { userId: 'ann', nickname: 'ann', tag: null } });
    expect([rooms().length, streams.length]).toEqual([1, 3]);
  });

  test('is refused for good by a close code that says so', async () => {
    const { last, became } = await listening();
    last().says('rooms', { rooms: [], hasMore: false });
    await became('live');
    last().says('closed', { code: 4501, reason: 'unauthenticated' });
    await became('closed');
  });

  test('costs a stream only while somebody listens and the page is in sight', async () => {
    const { clock, streams, last, leave, list, opened, became, signals, client } = await listening();
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');
    signals.tell('hidden');
    await clock.advance(2_900);
    expect(last().isClosed).toBe(false);
    await clock.advance(100);
    expect(last().isClosed).toBe(true);
    await became('idle');
    signals.tell('visible');
    await opened(2);
    last().says('rooms', { rooms: [ROOM], hasMore: false });
    await became('live');

    leave();
    await clock.advance(2_000);
    const again = list.subscribe(() => {});
    onTestFinished(again);
    await clock.advance(10_000);
    expect([streams.length, last().isClosed, signals.listeners > 0]).toEqual([2, false, true]);
    again();
    await clock.advance(3_000);
    expect([last().isClosed, signals.listeners]).toEqual([true, 0]);

    onTestFinished(list.subscribe(() => {}));
    await opened(3);
    client.disconnect();
    expect([last().isClosed, list.getSnapshot().status]).toEqual([true, 'idle']);
    client.connect();
    await opened(4);
  });
});

describe('with the service', () => {
  let chat: ChatService;
  beforeAll(async () => {
    chat = await startChatService();
  });
  afterAll(() => chat?.close());

  test('what happens in the rooms is in the list, over a stream that breaks too', async () => {
    const gateway = await httpGateway(chat.url);
    gateway.allowSockets();
    const [first, second] = [await chat.room({ title: 'first' }), await chat.room({ title: 'second' })];
    const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId: first });
    await bob.until(({ status }) => status === 'live');
    const ann = shopper({ url: gateway.url, token: () => chat.token('ann'), roomId: first });
    await ann.until(({ status }) => status === 'live');
    const list = ann.client.rooms();
    onTestFinished(list.subscribe(() => {}));
    const listed = () => list.getSnapshot().rooms.map(({ title, unread }) => [title, unread]);
    await expect.poll(listed).toEqual([['first', 0]]);

    bob.room.send({ content: 'one' });
    await expect.poll(listed).toEqual([['first', 1]]);
    await ann.until(({ messages }) => messages.some(({ content }) => content === 'one'));
    ann.room.read(ann.snapshot().lastSeq);
    await expect.poll(listed).toEqual([['first', 0]]);

    await chat.call('POST', `/api/chat/rooms/${second}/participants`, {}, chat.token('ann'));
    await expect.poll(listed).toEqual([
      ['second', 0],
      ['first', 0],
    ]);
    gateway.cut();
    bob.room.send({ content: 'two' });
    await expect.poll(() => gateway.streaming).toBe(1);
    await expect.poll(listed).toEqual([
      ['second', 0],
      ['first', 1],
    ]);
    await chat.call('PATCH', `/api/chat/rooms/${first}`, { title: 'renamed' });
    await expect.poll(listed).toEqual([
      ['second', 0],
      ['renamed', 1],
    ]);
    await ann.room.leave();
    await expect.poll(listed).toEqual([['second', 0]]);
  });
});
