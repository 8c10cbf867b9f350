import type { ChatMessage, EventOf, Message, Participant, Room, SystemMessage } from '@gongu/shared';
import { expect, it } from 'vitest';
import { reduceRoom } from '../src/room/reduce-room.ts';
import { emptyRoom, type RoomState } from '../src/room/room-state.ts';

const AT = '2026-11-21T00:48:03.160Z';
const NOBODY = { userId: 'erased-1', nickname: '', tag: null };
const person = (userId: string) => ({ userId, nickname: userId, tag: null });
const participant = (userId: string): Participant => ({
  ...person(userId),
  ...{ role: 'GUEST', committed: false, online: true, joinedAt: AT, lastReadSeq: 0 },
});
const place = (seq: number) => ({ roomId: 'r', seq, messageId: `r:${seq}`, version: seq, createdAt: AT });
const say = (seq: number, userId: string, rest: Partial<ChatMessage> = {}): ChatMessage => ({
  ...place(seq),
  ...{
    kind: 'CHAT',
    sender: person(userId),
    content: `${userId} says ${seq}`,
    replyTo: null,
    clientMessageId: `c-${seq}`,
  },
  ...rest,
});
const system = (seq: number, data: SystemMessage['data'], content = ''): SystemMessage => ({
  ...place(seq),
  ...{ kind: 'SYSTEM', sender: null, content, replyTo: null, clientMessageId: null, data },
});
const cameAs = (seq: number, userId: string) =>
  system(
    seq,
    { event: 'participant.joined', participant: participant(userId), participantCount: 2, committedCount: 0 },
    `${userId} joined`,
  );
const erased = (seq: number, seqs: [number, number][]) =>
  system(seq, { event: 'messages.erased', user: NOBODY, seqs, pinnedMessageIds: [] });
const joined = (messages: Message[], rest: Partial<Room> = {}) => ({
  type: 'joined' as const,
  joined: {
    ...{
      type: 'joined',
      roomId: 'r',
      you: null,
      lastSeq: messages.at(-1)!.seq,
      epoch: 'e',
      recovered: false,
      hasMore: false,
    },
    ...{ participants: [participant('ann'), participant('bob')], messages },
    room: { roomId: 'r', lastSeq: messages.at(-1)!.seq, pinnedMessageIds: [], ...rest } as unknown as Room,
  } as EventOf<'joined'>,
});
const before = (): RoomState =>
  [
    joined(
      [cameAs(1, 'ann'), say(2, 'ann'), say(3, 'bob', { replyTo: 'r:2' }), say(4, 'ann', { kind: 'NOTIFICATION' })],
      {
        pinnedMessageIds: ['r:2'],
      },
    ),
  ].reduce(reduceRoom, emptyRoom('r', 'bob'));

it('who is erased is nowhere in the room any more: not in what is at hand, quoted, pinned or noticed, nor among the participants', () => {
  const known = before();
  expect([known.pinned.length, known.notice?.seq]).toEqual([1, 4]);
  const state = reduceRoom(known, {
    type: 'messages',
    messages: [
      erased(5, [
        [1, 2],
        [4, 4],
      ]),
    ],
  });
  expect(JSON.stringify(state)).not.toContain('ann');
  expect(state.messages.map(({ seq, version, sender, content }) => [seq, version, sender?.userId, content])).toEqual([
    [1, 5, undefined, ''],
    [2, 5, 'erased-1', ''],
    [3, 3, 'bob', 'bob says 3'],
    [4, 5, 'erased-1', ''],
    [5, 5, undefined, ''],
  ]);
  expect(state.messages[1]).toMatchObject({ deletedAt: AT, clientMessageId: null });
  expect([state.pinned, state.notice, state.room?.pinnedMessageIds]).toEqual([[], null, []]);
  expect(state.participants.map(({ userId }) => userId)).toEqual(['bob']);
});

it('an older copy that comes afterwards says nothing of him either, and a newer one counts', () => {
  const row = {
    type: 'messages',
    messages: [
      erased(5, [
        [1, 2],
        [4, 4],
      ]),
    ],
  } as const;
  const state = [row, { type: 'quoted', messages: [say(2, 'ann')] } as const, row].reduce(reduceRoom, before());
  expect(JSON.stringify(state)).not.toContain('ann');
  expect(state.erased).toHaveLength(1);
  const later = reduceRoom(state, { type: 'quoted', messages: [say(2, 'erased-1', { version: 6, content: '' })] });
  expect(later.quoted.at(-1)).toMatchObject({ version: 6 });
});

it('who comes back finds it by the row that he missed', () => {
  const recovered = joined([
    erased(5, [
      [1, 2],
      [4, 4],
    ]),
  ]);
  const state = reduceRoom(before(), {
    ...recovered,
    joined: { ...recovered.joined, recovered: true, participants: [participant('bob')] },
  });
  expect(JSON.stringify(state)).not.toContain('ann');
  expect(state.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});
