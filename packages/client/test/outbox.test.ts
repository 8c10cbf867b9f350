import { expect, test } from 'vitest';
import { createMemoryStorage, type OutboxStorage } from '../src/outbox/outbox-storage.ts';
import { ack, answerJoin, chatting, inRoom, ownMessage, ROOM, tokenOf } from './fixture/chatting.ts';
import type { FakeChannel } from './fixture/fake-transport.ts';

const refuse = (
  channel: FakeChannel,
  code: 'RATE_LIMITED' | 'ROOM_READ_ONLY' | 'INTERNAL' | 'UNAVAILABLE' | 'UNKNOWN_OUTCOME',
  retryAfterMs?: number,
) => {
  const { ref, roomId } = channel.of('send').at(-1)!;
  channel.says({ type: 'error', ref, roomId, code, message: 'no', errors: [], retryAfterMs });
};

test('a message shows at once, is sent, and gives way to its row', async () => {
  const { room, channel, snapshot } = await inRoom();
  expect(room.send({ content: '안녕하세요' })).toEqual({ ok: true, value: 'c-1' });
  expect(snapshot().outgoing).toMatchObject([{ clientMessageId: 'c-1', content: '안녕하세요', status: 'sending' }]);
  const [send] = channel.of('send');
  expect(send).toMatchObject({ roomId: ROOM, clientMessageId: 'c-1', content: '안녕하세요' });
  ack(channel, send!, 4);
  expect(snapshot().outgoing).toMatchObject([{ status: 'sent', seq: 4 }]);
  channel.says(ownMessage(4, send!));
  expect(snapshot().outgoing).toEqual([]);
  expect(snapshot().messages.at(-1)).toMatchObject({ seq: 4, clientMessageId: 'c-1' });
  expect(snapshot()).toMatchObject({ unread: 0, readSeq: 4 });
});

test('the row may come before the acknowledgement', async () => {
  const { room, channel, snapshot } = await inRoom();
  room.send({ content: 'hello' });
  const [send] = channel.of('send');
  channel.says(ownMessage(4, send!));
  expect(snapshot().outgoing).toEqual([]);
  ack(channel, send!, 4);
  expect(snapshot().outgoing).toEqual([]);
  expect(snapshot().messages.filter(({ clientMessageId }) => clientMessageId === 'c-1')).toHaveLength(1);
});

test('of one room one message is asked at a time, so that a refusal does not change their order', async () => {
  const { room, clock, channel, snapshot } = await inRoom();
  for (const content of ['one', 'two', 'three']) room.send({ content });
  expect(channel.of('send').map(({ content }) => content)).toEqual(['one']);
  refuse(channel, 'RATE_LIMITED', 800);
  await clock.advance(799);
  expect(channel.of('send')).toHaveLength(1);
  await clock.advance(1);
  ack(channel, channel.of('send').at(-1)!, 4);
  ack(channel, channel.of('send').at(-1)!, 5);
  ack(channel, channel.of('send').at(-1)!, 6);
  expect(channel.of('send').map(({ content }) => content)).toEqual(['one', 'one', 'two', 'three']);
  expect(snapshot().outgoing.map(({ status }) => status)).toEqual(['sent', 'sent', 'sent']);
});

test('what was under way when the connection went is not confirmed, and is asked again under the same id', async () => {
  const { room, clock, carrier, channel, snapshot } = await inRoom();
  room.send({ content: 'one' });
  room.send({ content: 'two' });
  channel.ends(1006);
  expect(snapshot().outgoing.map(({ status }) => status)).toEqual(['not-confirmed', 'sending']);
  room.send({ content: 'three' });
  await clock.advance(1_000);
  const next = carrier.last();
  next.ready();
  answerJoin(next, 3);
  // Joins go out before what is sent into the rooms.
  expect(next.sent.map(({ type }) => type)).toEqual(['join', 'send']);
  for (const seq of [4, 5, 6]) ack(next, next.of('send').at(-1)!, seq);
  expect(next.of('send').map(({ clientMessageId }) => clientMessageId)).toEqual(['c-1', 'c-2', 'c-3']);
});

test('a recovery that brings the own message confirms it', async () => {
  const { room, clock, carrier, channel, snapshot } = await inRoom();
  room.send({ content: 'one' });
  channel.ends(1006);
  await clock.advance(1_000);
  carrier.last().ready();
  const { type: _, ...row } = ownMessage(4, channel.of('send')[0]!);
  answerJoin(carrier.last(), 4, { messages: [row] });
  expect(snapshot().outgoing).toEqual([]);
  expect(snapshot().messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
});

test('an answer that does not come in time is asked again', async () => {
  const { room, clock, channel, snapshot } = await inRoom();
  room.send({ content: 'one' });
  for (let i = 0; i < 20; i++) {
    await clock.advance(1_000);
    channel.says({ type: 'pong', serverTime: '' });
  }
  expect(snapshot().outgoing).toMatchObject([{ status: 'not-confirmed' }]);
  await clock.advance(1_000);
  expect(channel.of('send').map(({ clientMessageId }) => clientMessageId)).toEqual(['c-1', 'c-1']);
});

test('a refusal that stays is failed, the next one goes on, and retry asks it again', async () => {
  const { room, channel, snapshot } = await inRoom();
  room.send({ content: 'one' });
  room.send({ content: 'two' });
  refuse(channel, 'ROOM_READ_ONLY');
  expect(snapshot().outgoing).toMatchObject([
    { status: 'failed', error: { code: 'ROOM_READ_ONLY' } },
    { status: 'sending', content: 'two' },
  ]);
  ack(channel, channel.of('send').at(-1)!, 4);
  room.retry('c-1');
  expect(snapshot().outgoing[0]).toMatchObject({ status: 'sending', error: null });
  expect(channel.of('send').at(-1)).toMatchObject({ clientMessageId: 'c-1' });
  refuse(channel, 'ROOM_READ_ONLY');
  room.discard('c-1');
  expect(snapshot().outgoing).toMatchObject([{ clientMessageId: 'c-2' }]);
});

test('one of which nobody knows is not shown as failed, and is asked until it is known', async () => {
  const { room, clock, channel, snapshot } = await inRoom();
  room.send({ content: 'one' });
  for (let i = 0; i < 12; i++) {
    refuse(channel, i % 2 === 0 ? 'UNKNOWN_OUTCOME' : 'UNAVAILABLE');
    expect(snapshot().outgoing).toMatchObject([{ status: 'not-confirmed', error: null }]);
    await clock.advance(10_000);
    channel.says({ type: 'pong', serverTime: '' });
  }
  const asked = channel.of('send');
  expect(new Set(asked.map(({ clientMessageId }) => clientMessageId))).toEqual(new Set(['c-1']));
  ack(channel, asked.at(-1)!, 3);
  expect(snapshot().outgoing).toEqual([]);
});

test('an error inside the server is tried eight times, then shown', async () => {
  const { room, clock, channel, snapshot } = await inRoom();
  room.send({ content: 'one' });
  for (let i = 0; i < 8; i++) {
    refuse(channel, 'INTERNAL');
    await clock.advance(10_000);
    channel.says({ type: 'pong', serverTime: '' });
  }
  expect(channel.of('send')).toHaveLength(8);
  expect(snapshot().outgoing).toMatchObject([{ status: 'failed', error: { code: 'INTERNAL' } }]);
});

test.each([
  ['', 'VALIDATION_FAILED'],
  ['가'.repeat(4_001), 'VALIDATION_FAILED'],
  ['half \ud800 of a pair', 'VALIDATION_FAILED'],
  ['nul \0', 'VALIDATION_FAILED'],
])('a text that the server would refuse is refused here (%#)', async (content, code) => {
  const { room, channel, snapshot } = await inRoom();
  expect(room.send({ content })).toMatchObject({ ok: false, error: { code, errors: [{ path: 'content' }] } });
  expect(channel.of('send')).toHaveLength(0);
  expect(snapshot().outgoing).toEqual([]);
});

test('4 000 characters are 4 000 characters, also those that take two units', async () => {
  const { room } = await inRoom();
  expect(room.send({ content: '🍊'.repeat(4_000) })).toMatchObject({ ok: true });
  expect(room.send({ content: '🍊'.repeat(4_001) })).toMatchObject({ ok: false });
});

/** A second visit with what the first one left in `storage`. */
async function revisit(storage: OutboxStorage, userId = 'me', passedMs = 0) {
  const { client, clock, carrier } = chatting({ storage, token: () => tokenOf(userId) });
  clock.set(clock.now() + passedMs);
  const room = client.room(ROOM);
  room.subscribe(() => {});
  await clock.advance(0);
  const channel = carrier.last();
  const before = room.getSnapshot();
  channel.ready({ user: { userId, nickname: userId, tag: null } });
  await clock.advance(0);
  return { room, channel, clock, before };
}

test('the queue survives a reload and is sent in order under the same ids, once', async () => {
  const storage = createMemoryStorage();
  const first = await inRoom({ storage });
  first.channel.ends(1006);
  for (const content of ['one', 'two']) first.room.send({ content });
  first.client.disconnect();
  const { room, channel, before } = await revisit(storage);
  // Shown before there is a connection.
  expect(before.outgoing.map(({ content }) => content)).toEqual(['one', 'two']);
  ack(channel, channel.of('send').at(-1)!, 4);
  ack(channel, channel.of('send').at(-1)!, 5);
  expect(channel.of('send').map(({ clientMessageId }) => clientMessageId)).toEqual(['c-1', 'c-2']);
  answerJoin(channel, 5);
  expect(room.getSnapshot().outgoing).toEqual([]);
  expect(await storage.load('me')).toEqual([]);
});

test("another user's queue is neither shown nor sent, and is there when its owner is back", async () => {
  const storage = createMemoryStorage();
  const first = await inRoom({ storage });
  first.channel.ends(1006);
  first.room.send({ content: 'mine' });
  first.client.disconnect();
  const { room, channel } = await revisit(storage, 'bob');
  expect(room.getSnapshot().outgoing).toEqual([]);
  expect(channel.of('send')).toEqual([]);
  expect(await storage.load('me')).toHaveLength(1);
});

test('what waited for more than a day is not sent without asking', async () => {
  const storage = createMemoryStorage();
  const first = await inRoom({ storage });
  first.channel.ends(1006);
  first.room.send({ content: 'yesterday' });
  first.client.disconnect();
  const { room, channel } = await revisit(storage, 'me', 86_400_001);
  expect(room.getSnapshot().outgoing).toMatchObject([{ status: 'failed', error: { code: 'OUTDATED' } }]);
  expect(channel.of('send')).toEqual([]);
  room.retry('c-1');
  expect(channel.of('send')).toHaveLength(1);
});

test('a message that failed is still there as failed after a reload', async () => {
  const storage = createMemoryStorage();
  const first = await inRoom({ storage });
  first.room.send({ content: 'too late' });
  refuse(first.channel, 'ROOM_READ_ONLY');
  first.client.disconnect();
  const { room, channel } = await revisit(storage);
  expect(room.getSnapshot().outgoing).toMatchObject([{ status: 'failed', error: { code: 'ROOM_READ_ONLY' } }]);
  expect(channel.of('send')).toEqual([]);
});

test('a storage that fails keeps nobody from talking', async () => {
  const broken = async () => Promise.reject(new Error('quota'));
  const { room, channel, snapshot } = await inRoom({ storage: { load: broken, put: broken, remove: broken } });
  room.send({ content: 'one' });
  ack(channel, channel.of('send')[0]!, 4);
  channel.says(ownMessage(4, channel.of('send')[0]!));
  expect(snapshot().outgoing).toEqual([]);
  expect(snapshot().lastSeq).toBe(4);
});

test('a room that nobody listens to any more still gets what was written for it', async () => {
  const { room, leave, clock, carrier, channel } = await inRoom();
  channel.ends(1006);
  room.send({ content: 'one' });
  leave();
  await clock.advance(5_000);
  carrier.last().ready();
  expect(carrier.last().of('send')).toHaveLength(1);
  expect(carrier.last().of('join')).toHaveLength(0);
});
