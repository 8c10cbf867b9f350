import { expect, test } from 'vitest';
import { answerJoin, inRoom, joined, messageFrame, ROOM } from './fixture/chatting.ts';

const ann = { userId: 'ann', nickname: 'ann', tag: null };

test('reading moves the mark at once and tells the server at most once a second', async () => {
  const { room, clock, channel, snapshot } = await inRoom();
  for (let seq = 4; seq <= 9; seq++) channel.says(messageFrame(seq));
  room.read(4);
  room.read(5);
  room.read(9);
  expect(snapshot()).toMatchObject({ readSeq: 9, unread: 0 });
  expect(channel.of('read')).toMatchObject([{ seq: 4 }]);
  await clock.advance(1_000);
  expect(channel.of('read')).toMatchObject([{ seq: 4 }, { seq: 9 }]);
  // Back, and beyond what is there: neither is told.
  room.read(3);
  room.read(50);
  await clock.advance(5_000);
  expect(channel.of('read')).toHaveLength(2);
});

test('unread counts chats and notices after the mark, not what the system says', async () => {
  const { room, channel, snapshot } = await inRoom();
  room.read(3);
  channel.says(messageFrame(4));
  channel.says(messageFrame(5, { kind: 'SYSTEM', sender: null, data: { event: 'room.updated', room: {} } }));
  channel.says(messageFrame(6, { kind: 'NOTIFICATION' }));
  expect(snapshot().unread).toBe(2);
  room.read(4);
  expect(snapshot().unread).toBe(1);
});

test('what was read without a connection is told with the next one, and a page that hides tells at once', async () => {
  const { room, clock, carrier, signals, channel } = await inRoom();
  room.read(1);
  room.read(2);
  signals.tell('hidden');
  expect(channel.of('read')).toMatchObject([{ seq: 1 }, { seq: 2 }]);
  channel.ends(1006);
  room.read(3);
  await clock.advance(1_000);
  const next = carrier.last();
  next.ready();
  expect(next.of('read')).toHaveLength(0);

  answerJoin(next, 3);
  expect(next.of('read')).toMatchObject([{ seq: 3 }]);
});

test.each([
  ['the room begins anew', 'me', { lastSeq: 2, epoch: 'epoch-2' }],
  ['its copy of before was restored', 'me', { lastSeq: 12, epoch: 'epoch-2' }],
  ['somebody else is here', 'bob', { lastSeq: 12, epoch: 'epoch-1' }],
])('the mark of before is not told when %s', async (_, userId, { lastSeq, epoch }) => {
  const { room, clock, carrier, channel, snapshot } = await inRoom({ lastSeq: 9 });
  room.read(9);
  await clock.advance(1_000);
  channel.ends(1006);
  await clock.advance(1_000);
  const next = carrier.last();
  next.ready({ user: { userId, nickname: userId, tag: null } });
  const you = { ...joined({ lastSeq }).you!, userId };
  answerJoin(next, lastSeq, { epoch, you, recovered: false });
  // The room's end is below what was there: it is asked anew.
  if (snapshot().status !== 'live') answerJoin(next, lastSeq, { epoch, you, recovered: false });
  expect(snapshot()).toMatchObject({ status: 'live', readSeq: 0 });
  expect(next.of('read')).toEqual([]);
  room.read(1);
  await clock.advance(1_000);
  expect(next.of('read')).toMatchObject([{ seq: 1 }]);
});

test("others' read marks move forward only", async () => {
  const { channel, snapshot } = await inRoom();
  const mark = () => snapshot().participants.find(({ userId }) => userId === 'ann')?.lastReadSeq;
  channel.says({ type: 'read', roomId: ROOM, userId: 'ann', seq: 3 });
  channel.says({ type: 'read', roomId: ROOM, userId: 'ann', seq: 2 });
  expect(mark()).toBe(3);
  channel.says(messageFrame(4));
  expect(mark()).toBe(4);
});

test('typing is told with the first key and every 3 s, and ends 5 s after the last one', async () => {
  const { room, clock, channel } = await inRoom();
  for (let i = 0; i < 40; i++) {
    room.typing(true);
    await clock.advance(100);
  }
  expect(channel.of('typing').map(({ typing }) => typing)).toEqual([true, true]);
  await clock.advance(5_000);
  expect(channel.of('typing').map(({ typing }) => typing)).toEqual([true, true, false]);
  room.typing(false);
  expect(channel.of('typing')).toHaveLength(3);
  room.typing(true);
  room.send({ content: 'sent' });
  await clock.advance(6_000);
  // The message ends it at the server as well.
  expect(channel.of('typing').map(({ typing }) => typing)).toEqual([true, true, false, true]);
});

test("others' typing ends by word, by message, or 7 s after the last word", async () => {
  const { clock, channel, snapshot } = await inRoom();
  channel.says({ type: 'typing', roomId: ROOM, user: ann, typing: true });
  expect(snapshot().typing).toEqual([ann]);
  channel.says({ type: 'typing', roomId: ROOM, user: ann, typing: false });
  expect(snapshot().typing).toEqual([]);
  channel.says({ type: 'typing', roomId: ROOM, user: ann, typing: true });
  channel.says(messageFrame(4));
  expect(snapshot().typing).toEqual([]);
  channel.says({ type: 'typing', roomId: ROOM, user: ann, typing: true });
  await clock.advance(5_000);
  channel.says({ type: 'typing', roomId: ROOM, user: ann, typing: true });
  await clock.advance(6_999);
  expect(snapshot().typing).toEqual([ann]);
  await clock.advance(1);
  expect(snapshot().typing).toEqual([]);
});

test('the own typing on another device is not shown', async () => {
  const { channel, snapshot } = await inRoom();
  channel.says({ type: 'typing', roomId: ROOM, user: { userId: 'me', nickname: 'me', tag: null }, typing: true });
  expect(snapshot().typing).toEqual([]);
});

test('who comes and goes is shown', async () => {
  const { channel, snapshot } = await inRoom();
  channel.says({ type: 'presence', roomId: ROOM, userId: 'ann', online: false, onlineCount: 1 });
  expect(snapshot().participants.find(({ userId }) => userId === 'ann')?.online).toBe(false);
  expect(snapshot().room?.onlineCount).toBe(1);
  channel.says({ type: 'presence', roomId: ROOM, userId: 'stranger', online: true, onlineCount: 7 });
  expect(snapshot().room?.onlineCount).toBe(7);
  expect(snapshot().participants).toHaveLength(2);
});
