import type { ChatMessage, EventOf, Message } from '@gongu/shared';
import { expect, test } from 'vitest';
import { hasReacted } from '../src/index.ts';
import {
  ack,
  answerJoin,
  chatting,
  inRoom,
  joined,
  type MessageFields,
  message,
  messageFrame,
  ownMessage,
  ROOM,
  tokenOf,
} from './fixture/chatting.ts';

const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);

test('listening connects and joins, and nothing happens before', async () => {
  const { client, clock, carrier } = chatting();
  const room = client.room(ROOM);
  expect(room.getSnapshot()).toMatchObject({ status: 'idle', messages: [], room: null });
  expect(room.getSnapshot()).toBe(room.getSnapshot());
  await clock.advance(1_000);
  expect(carrier.channels).toHaveLength(0);
  room.subscribe(() => {});
  expect(room.getSnapshot().status).toBe('joining');
  await clock.advance(0);
  carrier.last().ready();
  expect(carrier.last().of('join')).toEqual([{ type: 'join', roomId: ROOM, after: null, ref: '1' }]);
  answerJoin(carrier.last(), 120);
  const { status, messages, hasOlder, unread, you, participants, lastSeq } = room.getSnapshot();
  expect(status).toBe('live');
  expect(seqs(messages)).toEqual(Array.from({ length: 50 }, (_, i) => 71 + i));
  expect({ hasOlder, unread, lastSeq }).toEqual({ hasOlder: true, unread: 120, lastSeq: 120 });
  expect(you?.userId).toBe('me');
  expect(participants).toHaveLength(2);
});

test('many listeners of one room share one join; the room is left 3 s after the last has gone', async () => {
  const { client, clock, channel, room, leave } = await inRoom();
  const second = client.room(ROOM).subscribe(() => {});
  leave();
  leave();
  await clock.advance(10_000);
  expect(channel.of('unsubscribe')).toHaveLength(0);
  second();
  await clock.advance(2_999);
  // Back within the time: nothing has happened.
  const third = room.subscribe(() => {});
  await clock.advance(10_000);
  expect(channel.of('join')).toHaveLength(1);
  third();
  await clock.advance(3_000);
  expect(channel.of('unsubscribe')).toHaveLength(1);
  expect(room.getSnapshot().status).toBe('idle');
  room.subscribe(() => {});
  expect(channel.of('join')).toHaveLength(2);
});

test('many rooms share one connection', async () => {
  const { client, carrier, channel } = await inRoom();
  client.room('room-2').subscribe(() => {});
  answerJoin(channel, 7);
  expect(carrier.channels).toHaveLength(1);
  expect(channel.of('join').map(({ roomId }) => roomId)).toEqual([ROOM, 'room-2']);
  channel.says(messageFrame(8, { roomId: 'room-2' }));
  expect(client.room(ROOM).getSnapshot().lastSeq).toBe(3);
  expect(client.room('room-2').getSnapshot().lastSeq).toBe(8);
});

test('snapshots are the same object until something changes, and listeners hear of changes once a frame', async () => {
  const { room, clock, channel, snapshot } = await inRoom();
  let told = 0;
  room.subscribe(() => told++);
  await clock.advance(100);
  told = 0;
  const before = snapshot();
  channel.says({ type: 'pong', serverTime: '' });
  channel.says({ type: 'head', roomId: ROOM, seq: 3 });
  channel.says(messageFrame(2));
  await clock.advance(100);
  expect(snapshot()).toBe(before);
  expect(told).toBe(0);
  channel.says(messageFrame(4));
  await clock.advance(0);
  expect(told).toBe(1);
  expect(snapshot()).not.toBe(before);
  expect(snapshot().participants).toBe(snapshot().participants);
  for (let seq = 5; seq < 105; seq++) channel.says(messageFrame(seq));
  await clock.advance(0);
  expect(told).toBe(1);
  await clock.advance(16);
  expect(told).toBe(2);
  expect(snapshot().lastSeq).toBe(104);
});

test('after a loss it joins where it left off, and what was missed is there once and in order', async () => {
  const { clock, carrier, channel, snapshot } = await inRoom();
  channel.says(messageFrame(4));
  channel.ends(1006);
  expect(snapshot()).toMatchObject({ status: 'stale', lastSeq: 4 });
  await clock.advance(1_000);
  carrier.last().ready();
  expect(carrier.last().of('join')).toMatchObject([{ after: 4 }]);
  // A live message overtakes the answer in the same turn.
  carrier.last().says(messageFrame(7));
  answerJoin(carrier.last(), 6);
  expect(snapshot().status).toBe('live');
  expect(seqs(snapshot().messages)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('further behind than a recovery goes, the newest page takes the place of what was there', async () => {
  const { clock, carrier, channel, snapshot } = await inRoom();
  channel.ends(1006);
  await clock.advance(1_000);
  carrier.last().ready();
  const newest = Array.from({ length: 50 }, (_, i) => message(1_951 + i));
  answerJoin(carrier.last(), 2_000, { messages: newest, recovered: false, hasMore: true });
  expect(seqs(snapshot().messages)).toEqual(seqs(newest));
  expect(snapshot()).toMatchObject({ hasOlder: true, lastSeq: 2_000 });
});

test('a gap is given 300 ms to close by itself, then the join closes it', async () => {
  const { clock, channel, snapshot } = await inRoom();
  channel.says(messageFrame(5));
  await clock.advance(299);
  channel.says(messageFrame(4));
  await clock.advance(1_000);
  expect(channel.of('join')).toHaveLength(1);
  channel.says(messageFrame(8));
  channel.says(messageFrame(7));
  expect(seqs(snapshot().messages)).toEqual([1, 2, 3, 4, 5]);
  await clock.advance(300);
  expect(channel.of('join').at(-1)).toMatchObject({ after: 5 });
  answerJoin(channel, 8);
  expect(seqs(snapshot().messages)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  await clock.advance(1_000);
  expect(channel.of('join')).toHaveLength(2);
});

test('a heart-beat that names a newer head has the rest fetched; resync at once', async () => {
  const { clock, channel, snapshot } = await inRoom();
  channel.says({ type: 'head', roomId: ROOM, seq: 5 });
  await clock.advance(300);
  expect(channel.of('join').at(-1)).toMatchObject({ after: 3 });
  answerJoin(channel, 5);
  expect(snapshot().lastSeq).toBe(5);
  channel.says({ type: 'resync', roomId: ROOM, afterSeq: 5 });
  channel.says({ type: 'resync', roomId: ROOM, afterSeq: 5 });
  expect(channel.of('join')).toHaveLength(3);
  answerJoin(channel, 9);
  expect(snapshot().lastSeq).toBe(9);
});

test('a room that was removed and opened again starts over', async () => {
  const { clock, carrier, channel, snapshot } = await inRoom({ lastSeq: 30 });
  channel.ends(1006);
  await clock.advance(1_000);
  carrier.last().ready();
  answerJoin(carrier.last(), 2, { messages: [] });
  expect(carrier.last().of('join').at(-1)).toMatchObject({ after: null });
  answerJoin(carrier.last(), 2);
  expect(seqs(snapshot().messages)).toEqual([1, 2]);
  expect(snapshot().lastSeq).toBe(2);
});

test('a refusal that stays is shown, and asked again only when told to', async () => {
  const { client, clock, carrier } = chatting();
  const room = client.room(ROOM);
  room.subscribe(() => {});
  await clock.advance(0);
  carrier.last().ready();
  const refuse = (code: 'ROOM_FULL' | 'UNAVAILABLE', retryAfterMs?: number) => {
    const { ref, roomId } = carrier.last().of('join').at(-1)!;
    carrier.last().says({ type: 'error', ref, roomId, code, message: 'no', errors: [], retryAfterMs });
  };
  refuse('ROOM_FULL');
  expect(room.getSnapshot()).toMatchObject({ status: 'refused', error: { code: 'ROOM_FULL' } });
  await clock.advance(20_000);
  expect(carrier.last().of('join')).toHaveLength(1);
  room.rejoin();
  expect(room.getSnapshot()).toMatchObject({ status: 'joining', error: null });
  // One that passes is asked again by itself, not before its time.
  refuse('UNAVAILABLE', 2_000);
  await clock.advance(1_999);
  expect(carrier.last().of('join')).toHaveLength(2);
  await clock.advance(1);
  expect(carrier.last().of('join')).toHaveLength(3);
  answerJoin(carrier.last(), 1);
  expect(room.getSnapshot()).toMatchObject({ status: 'live', error: null });
});

/** A room that nobody has answered for, and what refuses its last join. */
async function asking() {
  const all = chatting();
  const room = all.client.room(ROOM);
  room.subscribe(() => {});
  await all.clock.advance(0);
  all.carrier.last().ready();
  const refuse = (code: 'NOT_FOUND' | 'RATE_LIMITED', retryAfterMs?: number) => {
    const { ref, roomId } = all.carrier.last().of('join').at(-1)!;
    all.carrier.last().says({ type: 'error', ref, roomId, code, message: 'no', errors: [], retryAfterMs });
  };
  return { ...all, room, refuse, joins: () => all.carrier.channels.flatMap((channel) => channel.of('join')).length };
}

test('a room that is not there yet is waited for, without an error, and joined when it is there', async () => {
  const { clock, carrier, room, refuse, joins } = await asking();
  for (let i = 1; i <= 3; i++) {
    refuse('NOT_FOUND');
    expect(room.getSnapshot()).toMatchObject({ status: 'joining', error: null });
    await clock.advance(2_100);
    expect(joins()).toBe(i + 1);
  }
  answerJoin(carrier.last(), 1);
  expect(room.getSnapshot()).toMatchObject({ status: 'live', error: null });
});

test('a room that does not come within ten seconds is refused, after a bounded number of joins', async () => {
  const { clock, room, refuse, joins } = await asking();
  let before = 0;
  for (let ms = 0; ms < 15_000; ms += 100) {
    if (joins() > before) refuse('NOT_FOUND');
    before = joins();
    if (ms < 9_900) expect(room.getSnapshot()).toMatchObject({ status: 'joining', error: null });
    await clock.advance(100);
  }
  expect(room.getSnapshot()).toMatchObject({ status: 'refused', error: { code: 'NOT_FOUND' } });
  expect(joins()).toBeGreaterThan(5);
  expect(joins()).toBeLessThan(20);
});

test('a join that has to wait says until when, waits over a loss too, and is made then', async () => {
  const { clock, carrier, room, refuse, joins } = await asking();
  refuse('RATE_LIMITED', 600_000);
  const untilMs = clock.now() + 600_000;
  const waiting = { status: 'joining', error: { code: 'RATE_LIMITED' }, retryAtMs: untilMs };
  expect(room.getSnapshot()).toMatchObject(waiting);
  for (let i = 0; i < 5; i++) {
    carrier.last().ends(1006);
    await clock.advance(60_000);
    carrier.last().ready();
    expect(joins()).toBe(1);
  }
  expect(room.getSnapshot()).toMatchObject(waiting);
  await clock.advance(untilMs - clock.now() - 1);
  expect(joins()).toBe(1);
  await clock.advance(1);
  // What the fake server does not answer to, the client doubts; the join goes out all the same.
  if (joins() === 1) carrier.last().ready();
  await clock.advance(0);
  expect(joins()).toBe(2);
  answerJoin(carrier.last(), 1);
  expect(room.getSnapshot()).toMatchObject({ status: 'live', error: null, retryAtMs: null });
});

test('a room that is waited for, and a join that has to wait, do so whatever the time of day is set to', async () => {
  const { clock, carrier, room, refuse, joins } = await asking();
  refuse('NOT_FOUND');
  clock.set(clock.now() + 86_400_000);
  await clock.advance(2_100);
  expect(joins()).toBe(2);
  refuse('NOT_FOUND');
  expect(room.getSnapshot()).toMatchObject({ status: 'joining', error: null });
  await clock.advance(2_100);
  refuse('RATE_LIMITED', 10_000);
  clock.set(clock.now() - 86_400_000);
  carrier.last().ends(1006);
  await clock.advance(5_000);
  carrier.last().ready();
  await clock.advance(4_900);
  expect(joins()).toBe(3);
  await clock.advance(100);
  expect(joins()).toBe(4);
});

test('being removed, leaving, and the end of the room are told apart, and none is joined again by itself', async () => {
  const removal = (event: string) =>
    messageFrame(4, {
      ...{ kind: 'SYSTEM', sender: null },
      data: { event, participant: { ...joined().you }, participantCount: 1, committedCount: 0 },
    });
  for (const [event, gone] of [
    ['participant.removed', 'removed'],
    ['participant.left', 'left'],
  ] as const) {
    const { clock, carrier, channel, snapshot } = await inRoom();
    channel.says(removal(event));
    expect(snapshot()).toMatchObject({ status: 'gone', gone, you: null });
    channel.ends(1006);
    await clock.advance(1_000);
    carrier.last().ready();
    expect(carrier.last().of('join')).toHaveLength(0);
  }
  const { channel, snapshot, room } = await inRoom();
  channel.says({ type: 'error', code: 'NOT_FOUND', message: 'removed', roomId: ROOM, errors: [] });
  expect(snapshot()).toMatchObject({ status: 'gone', gone: null, error: { code: 'NOT_FOUND' } });
  room.rejoin();
  expect(channel.of('join')).toHaveLength(2);
});

test('leave ends the membership', async () => {
  const { room, channel, snapshot } = await inRoom();
  const left = room.leave();
  const { ref } = channel.of('leave')[0]!;
  channel.says({ type: 'ok', ref });
  expect(await left).toEqual({ ok: true, value: undefined });
  expect(snapshot()).toMatchObject({ status: 'gone', gone: 'left' });
});

test('who leaves without a connection, or before the answer comes, leaves with the next one and does not join again', async () => {
  for (const isAsked of [true, false]) {
    const { clock, carrier, channel, room, snapshot } = await inRoom();
    if (!isAsked) channel.ends(1006);
    const left = room.leave();
    expect(room.leave()).not.toBe(left);
    expect(channel.of('leave')).toHaveLength(isAsked ? 1 : 0);
    if (isAsked) channel.ends(1006);
    await clock.advance(1_000);
    const next = carrier.last();
    next.ready();
    expect(next.of('join')).toHaveLength(0);
    expect(next.of('leave')).toHaveLength(1);
    next.says({ type: 'ok', ref: next.of('leave')[0]!.ref });
    expect(await left).toEqual({ ok: true, value: undefined });
    expect(snapshot()).toMatchObject({ status: 'gone', gone: 'left', you: null });
  }
});

test('who may not leave is back in the room', async () => {
  const { clock, carrier, channel, room, snapshot } = await inRoom();
  channel.ends(1006);
  const left = room.leave();
  await clock.advance(1_000);
  const next = carrier.last();
  next.ready();
  const { ref } = next.of('leave')[0]!;
  next.says({ type: 'error', ref, code: 'FORBIDDEN', message: 'the host', roomId: ROOM, errors: [] });
  expect(await left).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } });
  expect(next.of('join')).toHaveLength(1);
  expect(snapshot().status).toBe('stale');
});

test('somebody else does not leave for who was here before', async () => {
  let user = 'ann';
  const { clock, carrier, channel, room } = await inRoom({ token: () => tokenOf(user) });
  channel.ends(1006);
  const left = room.leave();
  user = 'bob';
  await clock.advance(1_000);
  carrier.last().ready({ user: { userId: 'bob', nickname: 'bob', tag: null } });
  expect(await left).toMatchObject({ ok: false, error: { code: 'CONNECTION_LOST' } });
  expect(carrier.last().of('leave')).toHaveLength(0);
  expect(carrier.last().of('join')).toHaveLength(1);
});

test('older pages come before what is there, one at a time', async () => {
  const { room, channel, snapshot } = await inRoom({ lastSeq: 120 });
  const first = room.loadOlder();
  expect(snapshot().isLoadingOlder).toBe(true);
  expect(await room.loadOlder()).toEqual({ ok: true, value: 0 });
  expect(channel.of('history')).toEqual([{ type: 'history', roomId: ROOM, before: 71, limit: 50, ref: '2' }]);
  const messages = Array.from({ length: 50 }, (_, i) => message(21 + i));
  channel.says({ type: 'page', ref: '2', roomId: ROOM, messages, hasMore: true });
  expect(await first).toEqual({ ok: true, value: 50 });
  expect(snapshot()).toMatchObject({ isLoadingOlder: false, hasOlder: true });
  expect(seqs(snapshot().messages)).toEqual(Array.from({ length: 100 }, (_, i) => 21 + i));
  const lost = room.loadOlder();
  channel.ends(1006);
  expect(await lost).toMatchObject({ ok: false, error: { code: 'CONNECTION_LOST' } });
  expect(snapshot().isLoadingOlder).toBe(false);
});

test('a jump shows the messages around a number; new ones wait until the reader is back at the end', async () => {
  const { room, channel, snapshot } = await inRoom({ lastSeq: 200 });
  const page = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
  const answer = (from: number, to: number, hasMore: boolean) => {
    const { ref } = channel.of('history').at(-1)!;
    channel.says({ type: 'page', ref, roomId: ROOM, messages: page(from, to), hasMore });
  };
  const jump = room.jumpTo(60);
  expect(channel.of('history').at(-1)).toMatchObject({ before: 61 });
  answer(11, 60, true);
  await Promise.resolve();
  expect(channel.of('history').at(-1)).toMatchObject({ after: 60 });
  answer(61, 110, true);
  expect(await jump).toMatchObject({ ok: true });
  channel.says(messageFrame(201));
  expect(snapshot()).toMatchObject({ hasNewer: true, hasOlder: true, lastSeq: 201, unread: 201 });
  expect(seqs(snapshot().messages)).toEqual(seqs(page(11, 110)));
  const end = room.jumpTo(null);
  expect(channel.of('history').at(-1)).not.toHaveProperty('before');
  answer(152, 201, true);
  await end;
  expect(snapshot().hasNewer).toBe(false);
  channel.says(messageFrame(202));
  expect(snapshot().messages.at(-1)?.seq).toBe(202);
});

test('who listens has been told what was loaded before the promise of it resolves', async () => {
  const { room, channel, snapshot } = await inRoom({ lastSeq: 120 });
  let told = snapshot();
  room.subscribe(() => {
    told = snapshot();
  });
  // The next changes come within the frame of this one, and would be told together at its end.
  channel.says(messageFrame(121));
  await Promise.resolve();
  const older = room.loadOlder();
  const messages = Array.from({ length: 50 }, (_, i) => message(21 + i));
  channel.says({ type: 'page', ref: channel.of('history')[0]!.ref, roomId: ROOM, messages, hasMore: true });
  await older;
  expect(told).toBe(snapshot());
  expect(told.messages[0]?.seq).toBe(21);
});

test('another user on the same client sees nothing of the first one', async () => {
  let user = 'me';
  const { clock, carrier, channel, snapshot } = await inRoom({ token: () => tokenOf(user) });
  expect(snapshot().messages).toHaveLength(3);
  user = 'bob';
  channel.ends(1006);
  await clock.advance(1_000);
  carrier.last().ready({ user: { userId: 'bob', nickname: 'bob', tag: null } });
  expect(snapshot()).toMatchObject({ status: 'joining', messages: [], you: null });
  expect(carrier.last().of('join').at(-1)).toMatchObject({ after: null });
});

test('methods of a room to which nobody listens say so', async () => {
  const room = chatting().client.room(ROOM);
  const closed = { ok: false, error: { code: 'NOT_OPEN' } };
  expect(room.send({ content: 'hello' })).toMatchObject(closed);
  expect(await room.loadOlder()).toMatchObject(closed);
  expect(await room.leave()).toMatchObject(closed);
  room.read(3);
  room.typing(true);
  room.rejoin();
});

test('an event without sense ends nothing', async () => {
  const { channel, snapshot } = await inRoom();
  channel.says({ type: 'invented', roomId: ROOM } as never);
  channel.says({ type: 'message', roomId: 'another' } as never);
  channel.says(messageFrame(4));
  expect(snapshot().lastSeq).toBe(4);
});

/** The same room looked at. */
async function looking() {
  const all = chatting();
  const room = all.client.room(ROOM, { watch: true });
  room.subscribe(() => {});
  await all.clock.advance(0);
  const channel = all.carrier.last();
  channel.ready();
  await all.clock.advance(0);
  const { ref, after } = channel.of('watch').at(-1)!;
  expect(after).toBeNull();
  channel.says(joined({ ref, you: null, participants: [], messages: [message(1), message(2), message(3)] }));
  return { ...all, room, channel, snapshot: () => room.getSnapshot() };
}
const endOfMine = (seq: number, event: string, reason?: string) =>
  messageFrame(seq, {
    ...{ kind: 'SYSTEM', sender: null },
    data: { event, reason, participant: { ...joined().you }, participantCount: 1, committedCount: 0 },
  });

test('looking takes no place and tells nobody; the first message makes one a member, and the client knows it', async () => {
  const { room, channel, clock, snapshot } = await looking();
  expect(snapshot()).toMatchObject({ status: 'live', you: null, unread: 0, gone: null });
  expect(seqs(snapshot().messages)).toEqual([1, 2, 3]);
  channel.says({ type: 'watchers', roomId: ROOM, watcherCount: 7 });
  expect(snapshot().room?.watcherCount).toBe(7);
  room.typing(true);
  channel.says(messageFrame(4));
  room.read(4);
  await clock.advance(2_000);
  expect([channel.of('join'), channel.of('typing'), channel.of('read')]).toEqual([[], [], []]);

  room.send({ content: 'hello' });
  channel.says(endOfMine(5, 'participant.joined'));
  expect(snapshot().you).toMatchObject({ userId: 'me' });
  const [send] = channel.of('send');
  channel.says(ownMessage(6, send!));
  ack(channel, send!, 6);
  channel.says(joined({ lastSeq: 6, recovered: true, you: { ...joined().you!, lastReadSeq: 6, unread: 0 } }));
  expect(snapshot()).toMatchObject({ status: 'live', unread: 0, outgoing: [], participants: [{}, { userId: 'ann' }] });
  expect(seqs(snapshot().messages)).toEqual([1, 2, 3, 4, 5, 6]);
  room.typing(true);
  expect(channel.of('typing')).toHaveLength(1);
});

test('one who looks and is told of another moment keeps what the messages say', async () => {
  const { channel, snapshot } = await looking();
  channel.says(joined({ lastSeq: 9, recovered: true, messages: [] }));
  expect(snapshot()).toMatchObject({ you: null, lastSeq: 3 });
});

test.each([
  ['ROOM_NOT_ACTIVE', { gone: 'ended', error: null }],
  ['REMOVED', { gone: 'removed', error: null }],
  ['ROOM_GONE', { gone: null, error: { code: 'NOT_FOUND' } }],
] as const)('the end of looking says why: %s', async (reason, told) => {
  const { channel, snapshot } = await looking();
  channel.says({ type: 'unwatched', roomId: ROOM, reason });
  expect(snapshot()).toMatchObject({ status: 'gone', you: null, ...told });
  // What was seen may be read on.
  expect(snapshot().messages).toHaveLength(3);
});

test('looking goes on after a lost connection where it left off, and so does what was said meanwhile', async () => {
  const { room, channel, carrier, clock, snapshot } = await looking();
  channel.ends(1006);
  expect(snapshot().status).toBe('stale');
  room.send({ content: 'hello' });
  await clock.advance(1_000);
  carrier.last().ready();
  await clock.advance(0);
  expect(carrier.last().of('watch')).toMatchObject([{ after: 3 }]);
  expect(carrier.last().of('send')).toHaveLength(1);
});

test('a member whose membership ended while the connection was lost is told so, and looks on when he wants', async () => {
  const { channel, carrier, clock, snapshot, room } = await looking();
  channel.says(joined({ recovered: true }));
  expect(snapshot().you).not.toBeNull();
  channel.ends(1006);
  await clock.advance(1_000);
  const next = carrier.last();
  next.ready();
  const { ref } = next.of('watch').at(-1)!;
  const { type: _, ...gaveWay } = endOfMine(4, 'participant.removed', 'GAVE_WAY');
  next.says(joined({ ref, lastSeq: 4, you: null, participants: [], messages: [gaveWay] }));
  expect(snapshot()).toMatchObject({ status: 'gone', gone: 'removed', goneReason: 'GAVE_WAY', you: null });
  room.rejoin();
  expect(next.of('watch').at(-1)).toMatchObject({ after: 4 });
  next.says(joined({ ref: next.of('watch').at(-1)!.ref, lastSeq: 4, you: null, participants: [], recovered: true }));
  expect(snapshot()).toMatchObject({ status: 'live', gone: null, goneReason: null });
});

test('who was removed by somebody, or left, and enters again, joins; where there is no place he looks', async () => {
  const { channel, room, snapshot } = await looking();
  channel.says(joined({ recovered: true }));
  channel.says(endOfMine(4, 'participant.removed'));
  expect(snapshot()).toMatchObject({ status: 'gone', gone: 'removed', goneReason: null });
  room.rejoin();
  const { ref } = channel.of('join').at(-1)!;
  channel.says({ type: 'error', ref, roomId: ROOM, code: 'ROOM_FULL', message: 'full', errors: [] });
  expect(channel.of('watch')).toHaveLength(2);
});

test.each(['FORBIDDEN', 'UNKNOWN_TYPE'] as const)(
  'where rooms can not be looked at (%s), listening is joining',
  async (code) => {
    const { client, clock, carrier } = chatting();
    client.room(ROOM, { watch: true }).subscribe(() => {});
    await clock.advance(0);
    const channel = carrier.last();
    channel.ready();
    await clock.advance(0);
    const { ref } = channel.of('watch').at(-1)!;
    channel.says({ type: 'error', ref, code, message: 'no', errors: [] });
    answerJoin(channel, 3);
    expect(client.room(ROOM).getSnapshot()).toMatchObject({ status: 'live', you: { userId: 'me' } });
  },
);

test('of two who listen, one looking and one joining, both are in the room', async () => {
  const { client, channel } = await looking();
  client.room(ROOM).subscribe(() => {});
  expect(channel.of('join')).toHaveLength(1);
});

test('what is pinned is there with its text, newest first, also where it is older than what came, and asked for once', async () => {
  const asked: string[] = [];
  const { channel, snapshot, room, clock } = await inRoom({
    lastSeq: 120,
    fetch: async (url) => {
      asked.push(String(url));
      return Response.json(
        String(url).endsWith('/notice') ? { message: null } : message(4, { content: 'of old', version: 4 }),
      );
    },
  });
  const ids = (...seqs: number[]) => seqs.map((seq) => `${ROOM}:${seq}`);
  const row = (seq: number, data: object) =>
    channel.says(
      messageFrame(seq, {
        ...{ kind: 'SYSTEM', sender: null, clientMessageId: null, version: seq },
        data: { event: 'message.changed', by: null, ...data },
      }),
    );
  expect(snapshot().pinned).toEqual([]);
  row(121, { change: 'pinned', seq: 4, pinnedMessageIds: ids(4) });
  await expect.poll(() => snapshot().pinned.map(({ content }) => content)).toEqual(['of old']);
  expect(asked.at(-1)).toBe(`http://chat.test/api/chat/rooms/${ROOM}/messages/4`);
  row(122, { change: 'pinned', seq: 119, pinnedMessageIds: ids(119, 4) });
  row(123, { change: 'edited', message: message(4, { content: 'better', version: 123, editedAt: 'now' }) });
  await expect.poll(() => snapshot().pinned.map(({ seq }) => seq)).toEqual([119, 4]);
  await expect.poll(() => snapshot().pinned[1]?.content).toBe('better');
  row(124, {
    ...{ change: 'deleted', pinnedMessageIds: ids(119) },
    message: message(4, { content: '', version: 124, deletedAt: 'now' }),
  });
  await expect.poll(() => snapshot().pinned.map(({ seq }) => seq)).toEqual([119]);
  row(125, { change: 'unpinned', seq: 119, pinnedMessageIds: [] });
  await expect.poll(() => snapshot().pinned).toEqual([]);
  await clock.advance(100);
  expect(asked.filter((url) => url.includes('/messages/'))).toHaveLength(1);

  room.pin(119, true);
  expect(snapshot().pinned.map(({ seq }) => seq)).toEqual([119]);
  const { ref } = channel.of('pin')[0]!;
  expect(channel.of('pin')[0]).toMatchObject({ roomId: ROOM, seq: 119, on: true });
  channel.says({ type: 'error', ref, code: 'CONFLICT', message: 'five', errors: [] });
  expect(snapshot()).toMatchObject({ pinned: [], changing: [{ status: 'failed', error: { code: 'CONFLICT' } }] });
});

test('reactions take effect in their turn, on the newest text there is; whether one is among many is known', async () => {
  const { channel, snapshot, room, clock } = await inRoom({
    lastSeq: 120,
    fetch: async () => Response.json({ message: null }),
  });
  const row = (seq: number, data: object) =>
    channel.says(
      messageFrame(seq, {
        ...{ kind: 'SYSTEM', sender: null, clientMessageId: null, version: seq },
        data: { event: 'message.changed', by: null, ...data },
      }),
    );
  const target = () => snapshot().messages.find(({ seq }) => seq === 100) as ChatMessage;
  const users = ['ann', 'bob', 'cho'].map((userId) => ({ userId, nickname: userId }));
  const thumbs = (count: number) => [{ emoji: '👍', count, users: users.slice(0, count) }];
  row(121, { change: 'reacted', seq: 100, version: 121, reactions: thumbs(1) });
  await expect.poll(() => target().reactions).toEqual(thumbs(1));
  // The second comes before the edit that it followed: it waits for its turn, and the text is the edited one.
  row(123, { change: 'reacted', seq: 100, version: 123, reactions: thumbs(2) });
  await clock.advance(50);
  expect(target()).toMatchObject({ version: 121, reactions: thumbs(1) });
  row(122, { change: 'edited', message: message(100, { content: 'better', version: 122, reactions: thumbs(1) }) });
  await expect.poll(() => target()).toMatchObject({ content: 'better', version: 123, reactions: thumbs(2) });
  // A page that was read before is older.
  void room.jumpTo(10);
  const { ref } = channel.of('history').at(-1)!;
  const page = [99, 100, 101].map((seq) => message(seq, { version: seq }));
  channel.says({ type: 'page', ref, roomId: ROOM, messages: page, hasMore: false });
  await expect.poll(() => snapshot().messages[0]!.seq).toBe(99);
  expect(target()).toMatchObject({ content: 'better', version: 123, reactions: thumbs(2) });

  const { me } = snapshot();
  expect(hasReacted(snapshot(), target(), '👍')).toBe(users.slice(0, 2).some(({ userId }) => userId === me));
  const many = [{ emoji: '🍊', count: 5, users: users.map((user) => ({ ...user, userId: `${user.userId}-2` })) }];
  const by = { userId: me, nickname: me, tag: null };
  row(124, { change: 'reacted', by, emoji: '🍊', on: true, seq: 100, version: 124, reactions: many });
  await expect.poll(() => hasReacted(snapshot(), target(), '🍊')).toBe(true);
  row(125, { change: 'reacted', by, emoji: '🍊', on: false, seq: 100, version: 125, reactions: many });
  await expect.poll(() => hasReacted(snapshot(), target(), '🍊')).toBe(false);
  void room.jumpTo(20);
  const asked = channel.of('history').at(-1)!;
  const current = [message(100, { version: 125, reactions: many })];
  channel.says({
    ...{ type: 'page', ref: asked.ref, roomId: ROOM, messages: current, hasMore: true },
    you: { reacted: { 100: ['🍊'] } },
  });
  await expect.poll(() => hasReacted(snapshot(), target(), '🍊')).toBe(true);
  row(126, { change: 'reacted', seq: 100, version: 126, reactions: [] });
  await expect.poll(() => target()).not.toHaveProperty('reactions');

  // At once, and as the server spells it.
  room.react(100, '❤', true);
  expect(target().reactions).toEqual([{ emoji: '❤️', count: 1, users: [{ userId: me, nickname: expect.any(String) }] }]);
  const hearted = channel.of('react')[0]!;
  expect(hearted).toMatchObject({ roomId: ROOM, seq: 100, emoji: '❤️', on: true });
  channel.says({ type: 'error', ref: hearted.ref, code: 'CONFLICT', message: 'no', errors: [] });
  expect(target()).not.toHaveProperty('reactions');
  const refused = { status: 'failed', error: { code: 'CONFLICT' }, change: { kind: 'react', emoji: '❤️', on: true } };
  expect(snapshot().changing).toMatchObject([refused]);
  room.discard(snapshot().changing[0]!.clientMessageId);

  expect(room.react(100, '👍', true)).toMatchObject({ ok: true });
  const sent = channel.of('react')[1]!;
  expect(sent).toMatchObject({ roomId: ROOM, seq: 100, emoji: '👍', on: true });
  channel.says({ type: 'ok', ref: sent.ref!, version: 127 });
  expect(snapshot().changing).toMatchObject([{ status: 'sent', seq: 127 }]);
  // The row that tells of it, read from the store, does not say by what it was.
  const thumbsOfMany = [{ ...many[0]!, emoji: '👍' }];
  row(127, { change: 'reacted', by, seq: 100, version: 127, reactions: thumbsOfMany });
  await expect.poll(() => target().reactions).toEqual(thumbsOfMany);
  expect(hasReacted(snapshot(), target(), '👍')).toBe(true);
  expect(snapshot().changing).toEqual([]);
  // Taken back and given again before it was asked: the last one counts.
  for (const on of [false, true, false]) room.react(100, '👍', on);
  expect(target().reactions).toEqual([{ ...thumbsOfMany[0], count: 4 }]);
  expect(hasReacted(snapshot(), target(), '👍')).toBe(false);
});

test('the newest notice is known also where it is older than what came, and asked for once', async () => {
  const asked: string[] = [];
  let answer = () => Response.json({ message: message(4, { kind: 'NOTIFICATION', content: 'on Tuesday' }) });
  const { channel, snapshot, clock } = await inRoom({
    lastSeq: 120,
    fetch: async (url) => {
      asked.push(String(url));
      return answer();
    },
  });
  await expect.poll(() => snapshot().notice?.content).toBe('on Tuesday');
  expect(asked).toEqual([`http://chat.test/api/chat/rooms/${ROOM}/notice`]);
  expect(snapshot().messages[0]!.seq).toBe(71);
  // A newer one takes its place, and nothing older does.
  channel.says(messageFrame(121, { kind: 'NOTIFICATION', content: 'on Monday' }));
  await clock.advance(100);
  expect(snapshot().notice?.seq).toBe(121);

  // So far behind that it could have missed what became of it, it asks again.
  answer = () => new Response('', { status: 503 });
  channel.says({ type: 'resync', roomId: ROOM, afterSeq: 121 });
  answerJoin(channel, 2_000, { recovered: false, hasMore: true, messages: [message(2_000)] });
  await expect.poll(() => asked.length).toBe(2);
  expect(snapshot().notice).toBeNull();
  answer = () => Response.json({ message: message(3_500, { kind: 'NOTIFICATION', content: 'on Sunday' }) });
  channel.says({ type: 'resync', roomId: ROOM, afterSeq: 2_000 });
  answerJoin(channel, 4_000, { recovered: false, hasMore: true, messages: [message(4_000)] });
  await expect.poll(() => snapshot().notice?.content).toBe('on Sunday');
  channel.says({ type: 'resync', roomId: ROOM, afterSeq: 4_000 });
  answerJoin(channel, 4_001);
  await clock.advance(100);
  expect(asked).toHaveLength(3);
});

test('an edited notice has its new text; in place of a deleted one is the newest that is left, asked for where it is not here', async () => {
  const answers: ((answer: Message | null) => void)[] = [];
  const { channel, snapshot, clock } = await inRoom({
    lastSeq: 120,
    fetch: () => new Promise<Response>((resolve) => answers.push((message) => resolve(Response.json({ message })))),
  });
  await expect.poll(() => answers.length).toBe(1);
  answers[0]!(null);
  const notice = (seq: number, fields = {}) => message(seq, { kind: 'NOTIFICATION', version: seq, ...fields });
  const change = (seq: number, of: number, content: string) =>
    channel.says(
      messageFrame(seq, {
        ...{ kind: 'SYSTEM', sender: null, clientMessageId: null, version: seq },
        data: {
          ...{ event: 'message.changed', change: content === '' ? 'deleted' : 'edited', by: null },
          message: notice(of, { content, version: seq, ...(content === '' ? { deletedAt: 'now' } : {}) }),
        },
      }),
    );
  for (const seq of [121, 122]) channel.says({ type: 'message', ...notice(seq) });
  change(123, 122, 'on Sunday');
  await expect.poll(() => snapshot().notice).toMatchObject({ seq: 122, content: 'on Sunday', version: 123 });
  change(124, 122, '');
  await expect.poll(() => snapshot().notice?.seq).toBe(121);
  change(125, 121, '');
  await expect.poll(() => answers.length).toBe(2);
  expect(snapshot().notice).toBeNull();

  // The one that the server named was deleted before its answer came.
  change(126, 4, '');
  await clock.advance(100);
  answers[1]!(notice(4, { content: 'of old' }));
  await expect.poll(() => answers.length).toBe(3);
  expect(snapshot().notice).toBeNull();
  answers[2]!(notice(2, { content: 'older still' }));
  await expect.poll(() => snapshot().notice?.content).toBe('older still');
  change(127, 2, 'and edited');
  await expect.poll(() => snapshot().notice?.content).toBe('and edited');
  // What came while it was asked for is newer than the answer.
  change(128, 2, '');
  await expect.poll(() => answers.length).toBe(4);
  channel.says({ type: 'message', ...notice(129) });
  answers[3]!(notice(1));
  await clock.advance(100);
  await expect.poll(() => snapshot().notice?.seq).toBe(129);
  expect(answers).toHaveLength(4);
});

test('a notice that was deleted while one was away is gone with the join, wherever it stood', async () => {
  let answer: Message | null = null;
  const asked: unknown[] = [];
  const { channel, snapshot, clock } = await inRoom({
    fetch: async (url) => {
      asked.push(url);
      return Response.json({ message: answer });
    },
  });
  channel.says(messageFrame(4, { kind: 'NOTIFICATION', version: 4 }));
  await clock.advance(100);
  expect(snapshot().notice?.seq).toBe(4);
  // In the page that came.
  channel.says({ type: 'resync', roomId: ROOM, afterSeq: 4 });
  const deleted = message(4, { kind: 'NOTIFICATION', version: 9, deletedAt: 'now', content: '' });
  answerJoin(channel, 9, { recovered: false, messages: [1, 2, 3].map((seq) => message(seq)).concat(deleted) });
  await clock.advance(100);
  expect([snapshot().notice, asked]).toEqual([null, []]);
  channel.says(messageFrame(10, { kind: 'NOTIFICATION', version: 10 }));
  await clock.advance(100);
  // Before it: the server tells.
  for (const [lastSeq, left] of [[3_000, message(8, { kind: 'NOTIFICATION' })] as const, [6_000, null] as const]) {
    answer = left;
    channel.says({ type: 'resync', roomId: ROOM, afterSeq: 10 });
    answerJoin(channel, lastSeq, { recovered: false, hasMore: true, messages: [message(lastSeq)] });
    await expect.poll(() => snapshot().notice?.seq ?? null).toBe(left && 8);
  }
});

test('nobody is asked for a notice where all messages came, or one among them', async () => {
  const asked: string[] = [];
  const none = async (url: unknown) => {
    asked.push(String(url));
    return Response.json({ message: null });
  };
  const { snapshot, clock } = await inRoom({ lastSeq: 3, fetch: none });
  const { channel, room, clock: other } = chattingIn(none);
  await other.advance(0);
  channel().ready();
  await other.advance(0);
  answerJoin(channel(), 120, { messages: [message(119, { kind: 'NOTIFICATION' }), message(120)] });
  await other.advance(100);
  await clock.advance(100);
  expect([snapshot().notice, room.getSnapshot().notice?.seq, asked]).toEqual([null, 119, []]);
});

function chattingIn(fetch: (url: unknown) => Promise<Response>) {
  const { client, clock, carrier } = chatting({ fetch: fetch as never });
  const room = client.room(ROOM);
  room.subscribe(() => {});
  return { room, clock, channel: () => carrier.last() };
}

test('a message that is looked up by itself is asked for once, is no notice, and is as it is now', async () => {
  const asked: string[] = [];
  const { channel, room, snapshot, clock } = await inRoom({
    lastSeq: 120,
    fetch: async (url) => {
      asked.push(String(url));
      if (String(url).endsWith('/notice')) return Response.json({ message: null });
      return Response.json(message(5, { kind: 'NOTIFICATION', version: 5, content: 'of old' }));
    },
  });
  room.lookUp(5);
  room.lookUp(5);
  // One that is here.
  room.lookUp(120);
  await expect.poll(() => snapshot().quoted).toMatchObject([{ seq: 5, content: 'of old' }]);
  room.lookUp(5);
  expect(asked.filter((url) => url.endsWith('/messages/5'))).toHaveLength(1);
  expect(asked.filter((url) => url.endsWith('/messages/120'))).toEqual([]);
  expect(snapshot().notice).toBeNull();
  channel.says(
    messageFrame(121, {
      ...{ kind: 'SYSTEM', sender: null, clientMessageId: null, version: 121 },
      data: {
        ...{ event: 'message.changed', change: 'deleted', by: null },
        message: message(5, { kind: 'NOTIFICATION', version: 121, content: '', deletedAt: 'now' }),
      },
    }),
  );
  await clock.advance(100);
  expect(snapshot().quoted).toMatchObject([{ seq: 5, content: '', version: 121 }]);
});

test('unread mentions are those of oneself and all after the mark, as the messages are now', async () => {
  const { channel, room } = await inRoom({ lastSeq: 0 });
  const unread = () => room.getSnapshot().unreadMentions;
  const come = (seq: number, fields: MessageFields) => channel.says(messageFrame(seq, fields));
  come(1, { mentions: ['me'] });
  come(2, { mentionsAll: true });
  come(3, { mentions: ['ann'] });
  come(4, {});
  expect([unread(), room.getSnapshot().unread]).toEqual([2, 4]);
  const change = (seq: number, of: number, fields: object) =>
    come(seq, {
      ...{ kind: 'SYSTEM' as const, clientMessageId: null },
      data: { event: 'message.changed', change: 'edited', by: null, message: message(of, { version: seq, ...fields }) },
    });
  change(5, 3, { mentions: ['ann', 'me'] });
  expect(unread()).toBe(3);
  change(6, 1, { content: '', deletedAt: '2026-01-01T00:00:00.000Z' });
  expect(unread()).toBe(2);
  room.read(2);
  expect(unread()).toBe(1);
  room.read(6);
  expect(unread()).toBe(0);
});

test('a message and an edit say whom they mention, and an edit under way shows it', async () => {
  const { channel, room } = await inRoom();
  room.send({ content: 'hi', mentions: ['ann'], mentionsAll: true });
  expect(channel.of('send').at(-1)).toMatchObject({ mentions: ['ann'], mentionsAll: true });
  ack(channel, channel.of('send').at(-1)!, 4);
  channel.says({ ...ownMessage(4, channel.of('send').at(-1)!), mentions: ['ann'] } as EventOf<'message'>);
  room.edit(4, 'ho', undefined, { mentions: ['bob'] });
  expect(channel.of('edit')).toMatchObject([{ seq: 4, content: 'ho', mentions: ['bob'] }]);
  expect(room.getSnapshot().messages.at(-1)).toMatchObject({ content: 'ho', mentions: ['bob'] });
});

test('a room of another epoch is loaded anew, and nothing of before stays, though its numbers go on', async () => {
  const { channel, carrier, clock, snapshot } = await inRoom({ lastSeq: 60 });
  expect(snapshot().messages.at(-1)!.content).toBe('text 60');
  channel.ends(1006);
  await clock.advance(10_000);
  const next = carrier.last();
  next.ready();
  await clock.advance(0);
  expect(next.of('join')).toMatchObject([{ after: 60, epoch: 'epoch-1' }]);
  const restored = [message(61, { content: 'other' }), message(62, { content: 'another' })];
  answerJoin(next, 62, { epoch: 'epoch-2', recovered: false, hasMore: true, messages: restored });
  expect(snapshot().messages.map(({ content }) => content)).toEqual(['other', 'another']);
  expect(snapshot()).toMatchObject({ status: 'live', lastSeq: 62, hasOlder: true });
});

test('who left while a page of the participants was on its way does not come back by it', async () => {
  const person = (userId: string) => ({ ...joined().participants[1]!, userId, nickname: userId });
  let answer = (_page: Response) => {};
  const page = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  const { channel, room, snapshot } = await inRoom({ fetch: () => page });
  const loaded = room.loadParticipants();
  channel.says(
    messageFrame(4, {
      ...{ kind: 'SYSTEM', sender: null },
      data: { event: 'participant.left', participant: person('ann'), participantCount: 2, committedCount: 0 },
    }),
  );
  answer(Response.json({ items: [person('ann'), person('bob')], nextCursor: null }));
  expect(await loaded).toMatchObject({ ok: true });
  expect(snapshot().participants.map(({ userId }) => userId)).toEqual(['me', 'bob']);
  channel.says(
    messageFrame(5, {
      ...{ kind: 'SYSTEM', sender: null },
      data: { event: 'participant.joined', participant: person('ann'), participantCount: 3, committedCount: 0 },
    }),
  );
  expect(snapshot().participants.map(({ userId }) => userId)).toEqual(['me', 'bob', 'ann']);
});
