import type { Message } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { replayRoom } from '../../src/check/room-log.ts';
import { storedOf } from '../../src/check/stored-messages.ts';
import { chat, room, system } from '../room-text.ts';

const breachesOf = (messages: readonly Message[]) =>
  replayRoom(messages.map(storedOf)).breaches.map(({ seq, text }) => `${seq}: ${text}`);

describe("a room's rules", () => {
  const opened = system(1, {
    event: 'room.opened',
    room: room({ maxParticipants: 2 }),
    participant: { userId: 'seller' },
  });
  const event = (name: string, userId: string, participantCount: number, committedCount = 0) => ({
    event: name,
    participant: { userId },
    participantCount,
    committedCount,
  });
  const rows = (...data: (object | string)[]): Message[] => [
    opened,
    ...data.map((one, i) =>
      typeof one === 'string' ? chat(i + 2, { sender: { userId: one, nickname: one, tag: null } }) : system(i + 2, one),
    ),
  ];
  const closed = { event: 'room.closed', room: room({ status: 'CLOSED', reason: 'FULL', maxParticipants: 2 }) };
  const expired = { event: 'room.closed', room: room({ status: 'CLOSED', reason: 'EXPIRED', maxParticipants: 2 }) };
  const cancelled = { event: 'room.cancelled', room: room({ status: 'CANCELLED', maxParticipants: 2 }) };

  it('allow a room its life', () => {
    const life = rows(
      event('participant.joined', 'ann', 1),
      'ann',
      'seller',
      event('participant.joined', 'bob', 2),
      event('participant.removed', 'bob', 1),
      event('participant.joined', 'cho', 2),
      event('participant.committed', 'cho', 2, 1),
      event('participant.left', 'cho', 1, 1),
      expired,
      event('participant.joined', 'dan', 2, 1),
      event('participant.committed', 'dan', 2, 2),
      'ann',
    );
    expect(breachesOf(life)).toEqual([]);
  });

  it.each<[string, Message[], string]>([
    [
      'a member beyond the cap',
      rows(
        event('participant.joined', 'a', 1),
        event('participant.joined', 'b', 2),
        event('participant.joined', 'c', 3),
      ),
      '4: 3 members where 2 may be',
    ],
    ['a join after the close', rows(closed, event('participant.joined', 'a', 1)), '3: a joins a room that is CLOSED'],
    [
      'a guest into a room that expired, where only one who had bought in time may come',
      rows(expired, event('participant.joined', 'a', 1)),
      '3: a joins a room that is CLOSED',
    ],
    [
      'a guest before a purchase by somebody else there',
      rows(
        event('participant.joined', 'b', 1),
        expired,
        event('participant.joined', 'a', 2),
        event('participant.committed', 'b', 2, 1),
      ),
      '4: a joins a room that is CLOSED',
    ],
    ['talk by somebody who is no member', rows('ann'), '2: ann talks and is no member'],
    ['talk after the cancellation', rows(cancelled, 'seller'), '3: somebody talks in a cancelled room'],
    [
      'a removal after the cancellation',
      rows(cancelled, event('participant.removed', 'a', 0)),
      '3: comes after the cancellation',
    ],
    ['counters that do not count', rows(event('participant.joined', 'a', 2)), '2: 1 members are told as 2'],
    ['a removal of nobody', rows(event('participant.left', 'a', 0)), '2: a goes and is no member'],
  ])('do not allow %s', (_, messages, breach) => {
    expect(breachesOf(messages)).toEqual([breach]);
  });
});
