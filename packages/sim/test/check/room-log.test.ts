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
  const muted = (userId: string, until: string | null = null) => ({
    event: 'participant.muted',
    user: { userId },
    until,
  });
  const closed = { event: 'room.closed', room: room({ status: 'CLOSED', reason: 'FULL', maxParticipants: 2 }) };
  const expired = { event: 'room.closed', room: room({ status: 'CLOSED', reason: 'EXPIRED', maxParticipants: 2 }) };
  const cancelled = { event: 'room.cancelled', room: room({ status: 'CANCELLED', maxParticipants: 2 }) };

  it('allow the service to say how a room has ended', () => {
    const told = chat(3, { kind: 'NOTIFICATION', sender: null });
    expect(breachesOf([...rows(cancelled), told])).toEqual([]);
  });

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

  it('let one talk and come back whose mute is over, or whose ban was taken away', () => {
    const life = rows(
      event('participant.joined', 'ann', 1),
      muted('ann'),
      { event: 'participant.unmuted', user: { userId: 'ann' }, until: null },
      'ann',
      muted('ann', '2026-11-20T23:59:59.000Z'),
      'ann',
      { ...event('participant.removed', 'ann', 0), reason: 'BANNED' },
      { event: 'participant.banned', user: { userId: 'bob' } },
      { event: 'participant.unbanned', user: { userId: 'ann' } },
      { event: 'participant.unbanned', user: { userId: 'bob' } },
      event('participant.joined', 'ann', 1),
      event('participant.joined', 'bob', 2),
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
    ['talk by one who is muted', rows(event('participant.joined', 'a', 1), muted('a'), 'a'), '4: a talks and is muted'],
    [
      'a join of one who was banned',
      rows(
        event('participant.joined', 'a', 1),
        { ...event('participant.removed', 'a', 0), reason: 'BANNED' },
        event('participant.joined', 'a', 1),
      ),
      '4: a joins and is banned',
    ],
    ['a removal of nobody', rows(event('participant.left', 'a', 0)), '2: a goes and is no member'],
  ])('do not allow %s', (_, messages, breach) => {
    expect(breachesOf(messages)).toEqual([breach]);
  });
});

describe('places', () => {
  const [kim, lee, cho] = [1, 2, 3].map((n) => `anon-00000000-0000-4000-8000-00000000000${n}`) as [
    string,
    string,
    string,
  ];
  const opened = (maxParticipants: number) =>
    system(1, { event: 'room.opened', room: room({ maxParticipants }), participant: { userId: 'seller' } });
  const updated = (maxParticipants: number) => ({ event: 'room.updated', room: room({ maxParticipants }) });
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 29) + seconds * 1_000).toISOString();

  /** Rows as "ann joined", "ann removed GAVE_WAY", or "ann left 12": so many seconds after the beginning. */
  function roomOf(maxParticipants: number, ...told: (string | object)[]): Message[] {
    const members = new Set<string>();
    const buyers = new Set<string>();
    return [
      opened(maxParticipants),
      ...told.map((one, i) => {
        if (typeof one !== 'string') return system(i + 2, one);
        const [userId = '', event = '', more] = one.split(' ');
        if (event === 'joined') members.add(userId);
        else if (event === 'committed') buyers.add(userId);
        else members.delete(userId);
        const isMoment = /^\d/.test(more ?? '');
        const row = system(i + 2, {
          event: `participant.${event}`,
          ...(more === undefined || isMoment ? {} : { reason: more }),
          participant: { userId, committed: buyers.has(userId) },
          participantCount: members.size,
          committedCount: buyers.size,
        });
        return { ...row, createdAt: at(isMoment ? Number(more) : 0) };
      }),
    ];
  }
  const found = (rows: readonly Message[], rules = {}) =>
    replayRoom(rows.map(storedOf), rules).breaches.map(({ kind, seq }) => `${seq}: ${kind}`);

  it('of guests without an account are their share of the cap, rounded down, and not one more', () => {
    expect(found(roomOf(5, `${kim} joined`, `${lee} joined`, 'ann joined'))).toEqual([]);
    expect(found(roomOf(5, `${kim} joined`, `${lee} joined`, `${cho} joined`))).toEqual(['4: cap-exceeded']);
    expect(found(roomOf(1, `${kim} joined`))).toEqual(['2: cap-exceeded']);
    expect(found(roomOf(1, `${kim} joined`), { anonymousShare: 1 })).toEqual([]);
    expect(found(roomOf(9, `${kim} joined`), { anonymousShare: 0 })).toEqual(['2: cap-exceeded']);
  });

  it('of guests without an account become fewer with the cap', () => {
    const two = [`${kim} joined`, `${lee} joined`];
    expect(found(roomOf(5, ...two, updated(3)))).toEqual(['4: cap-exceeded']);
    expect(found(roomOf(5, ...two, `${lee} removed CAP_LOWERED`, updated(3)))).toEqual([]);
    expect(found(roomOf(5, ...two, `${lee} removed CAP_LOWERED`, updated(4)))).toEqual(['5: diverged']);
  });

  it('are given up by guests, and only where one is needed', () => {
    const two = ['ann joined', 'bob joined'];
    expect(found(roomOf(2, ...two, 'ann removed GAVE_WAY'))).toEqual([]);
    expect(found(roomOf(3, ...two, 'ann removed GAVE_WAY'))).toEqual(['4: diverged']);
    expect(found(roomOf(2, ...two, 'ann committed', 'ann removed GAVE_WAY'))).toEqual(['5: lost']);
  });

  it('are given up in turn: nobody stays who surely had to go before', () => {
    const rules = (...neverOnline: string[]) => ({ neverOnline, anonymousShare: 1 });
    const gone = (max: number, ...userIds: string[]) =>
      userIds.map((userId) => `${userId} removed ${max ? 'CAP_LOWERED' : 'GAVE_WAY'}`);
    const full = ['ann joined', `${kim} joined`, 'bob joined', `${lee} joined`];
    const after = (...userIds: string[]) => roomOf(4, ...full, ...gone(0, ...userIds));
    // Whoever may have been online may give way, or not: nobody knows what the deciding instance saw.
    for (const userId of ['ann', 'bob', kim, lee]) expect(found(after(userId), rules())).toEqual([]);
    // One with an account who is offline: those without one go first, and whoever came after him.
    for (const userId of [kim, lee, 'bob']) expect(found(after(userId), rules('ann'))).toEqual([]);
    expect(found(after('ann'), rules('bob'))).toEqual(['6: out-of-turn']);
    // One without an account who is offline: only one like him who came later goes first.
    expect(found(after(lee), rules(kim))).toEqual([]);
    for (const userId of ['ann', 'bob']) expect(found(after(userId), rules(kim))).toEqual(['6: out-of-turn']);
    for (const userId of ['ann', 'bob', kim]) expect(found(after(userId), rules(lee))).toEqual(['6: out-of-turn']);
    // Many at once go one after the other; who buys is never asked.
    const lowered = [...gone(1, lee, kim, 'bob'), updated(1)];
    expect(found(roomOf(4, ...full, ...lowered), rules('ann', 'bob', kim, lee))).toEqual([]);
    const wrongly = [...gone(1, lee, 'bob', kim), updated(1)];
    expect(found(roomOf(4, ...full, ...wrongly), rules('ann', 'bob', kim, lee))).toEqual(['7: out-of-turn']);
    const bought = ['ann joined', 'bob joined', 'bob committed', 'ann removed GAVE_WAY'];
    expect(found(roomOf(2, ...bought), rules('ann', 'bob'))).toEqual([]);
  });

  it('become fewer in portions: the cap falls with each, and nobody is over it', () => {
    const people = Array.from({ length: 6 }, (_, i) => `u${i}`);
    const full = people.map((userId) => `${userId} joined`);
    const [portion, rest] = [
      ['u5', 'u4'],
      ['u3', 'u2'],
    ].map((some) => some.map((one) => `${one} removed CAP_LOWERED`));
    expect(found(roomOf(6, ...full, ...portion!, updated(4), ...rest!, updated(2)))).toEqual([]);
    // Somebody goes by himself between two portions.
    expect(found(roomOf(6, ...full, ...portion!, updated(4), 'u0 left', 'u3 removed CAP_LOWERED', updated(2)))).toEqual(
      [],
    );
    // The cap may not fall below those who are there, nor stand above them after a portion.
    expect(found(roomOf(6, ...full, ...portion!, updated(3)))).toEqual(['10: cap-exceeded']);
    expect(found(roomOf(6, ...full, ...portion!, updated(5)))).toEqual(['10: diverged']);
  });

  it('of guests without an account are counted in decimals', () => {
    const many = Array.from(
      { length: 29 },
      (_, i) => `anon-00000000-0000-4000-8000-${String(i).padStart(12, '0')} joined`,
    );
    expect(found(roomOf(100, ...many), { anonymousShare: 0.29 })).toEqual([]);
  });

  it('are not for one who was removed a moment ago, unless he buys; giving way is no such removal', () => {
    const rules = { rejoinPauseMs: 600_000 };
    expect(found(roomOf(3, 'ann joined 0', 'ann removed 5', 'ann joined 300'), rules)).toEqual(['4: too-soon']);
    expect(found(roomOf(3, 'ann joined 0', 'ann removed 5', 'ann joined 605'), rules)).toEqual([]);
    expect(found(roomOf(3, 'ann joined 0', 'ann removed 5', 'ann joined 9', 'ann committed 9'), rules)).toEqual([]);
    expect(found(roomOf(1, 'ann joined', 'ann removed GAVE_WAY', 'ann joined 2'), rules)).toEqual([]);
  });

  it('change hands six times a minute at most for each user', () => {
    const comings = (everyS: number) =>
      Array.from({ length: 8 }, (_, i) => `ann ${i % 2 === 0 ? 'joined' : 'left'} ${i * everyS}`);
    expect(found(roomOf(3, ...comings(12)))).toEqual([]);
    expect(found(roomOf(3, ...comings(8)))).toEqual(['8: too-soon', '9: too-soon']);
  });
});
