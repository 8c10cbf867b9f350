import { describe, expect, it } from 'vitest';
import type { FinalRoom, History, Mark, Stored } from '../../src/check/evidence.ts';
import { checkMarks } from '../../src/check/marks.ts';
import { checkMentions } from '../../src/check/mentions.ts';

const ROOM = 'citrus';
const talk = (seq: number, more: Partial<Stored> = {}): Stored => ({
  ...{ roomId: ROOM, seq, kind: 'CHAT', content: 'text', sender: 'ann', clientMessageId: `c-${seq}`, ...more },
});
const row = (seq: number, event: string, userId: string): Stored => ({
  ...{ roomId: ROOM, seq, kind: 'SYSTEM', content: '', sender: null, clientMessageId: null },
  data: { event, participant: { userId } },
});

describe('reactions and pins', () => {
  const mark = (on: boolean, outcome: Mark['outcome'] = 'done', emoji: string | null = '👍'): Mark => ({
    ...{ roomId: ROOM, seq: 2, userId: 'ben', emoji, on, outcome },
  });
  const THUMB = { seq: 2, userId: 'ben', emoji: '👍' };
  const shown = { reactions: [{ emoji: '👍', count: 1 }] };
  const kinds = (marks: readonly Mark[], message: Partial<Stored>, more: Partial<FinalRoom> = {}) =>
    checkMarks(
      {
        roomId: ROOM,
        messages: [talk(2, message)],
        reactions: [],
        pinnedMessageIds: [],
        ...more,
      } as never as FinalRoom,
      marks,
    ).map(({ kind }) => kind);

  it('are there as they were acknowledged last, or either way where a try was not answered', () => {
    expect(kinds([mark(true)], shown, { reactions: [THUMB] })).toEqual([]);
    expect(kinds([mark(true)], {})).toEqual(['lost']);
    expect(kinds([mark(true), mark(false)], {})).toEqual([]);
    expect(kinds([mark(true), mark(false)], shown, { reactions: [THUMB] })).toEqual(['invented']);
    for (const marks of [[mark(true, 'unknown')], [mark(true, 'unknown'), mark(false)]]) {
      expect(kinds(marks, {})).toEqual([]);
      expect(kinds(marks, shown, { reactions: [THUMB] })).toEqual([]);
    }
    expect(kinds([mark(true, { refused: 'CONFLICT' })], {})).toEqual([]);
    expect(kinds([mark(true, 'done', null)], {}, { pinnedMessageIds: ['citrus:2'] })).toEqual([]);
    expect(kinds([mark(true, 'done', null)], {})).toEqual(['lost']);
    expect(kinds([], {}, { pinnedMessageIds: ['citrus:2'] })).toEqual(['invented']);
  });

  it('are counted as they are listed, and go with what they belong to', () => {
    expect(kinds([mark(true)], {}, { reactions: [THUMB] })).toEqual(['diverged']);
    expect(kinds([mark(true)], { isDeleted: true })).toEqual([]);
    expect(kinds([mark(true, 'done', null)], { isDeleted: true }, { pinnedMessageIds: ['citrus:2'] })).toEqual([
      'diverged',
    ]);
  });
});

describe('mentions', () => {
  const ann = (...mentions: string[]): History => ({
    ...{ client: 'ann #1', userId: 'ann', protocol: 'gongu.v1', roomId: ROOM, end: 'in' },
    entries: [{ kind: 'said', connection: 1, id: 'c-3', content: 'text', mentions }],
  });
  const log = (message: Partial<Stored>) => [
    row(1, 'room.opened', 'seller'),
    row(2, 'participant.joined', 'ben'),
    talk(3, message),
  ];
  const kinds = (history: History, message: Partial<Stored>, members: FinalRoom['members'] = []) =>
    checkMentions([history], { roomId: ROOM, messages: log(message), members } as never as FinalRoom).map(
      ({ kind }) => kind,
    );

  it('are of those who were named and were members then, and of no others', () => {
    expect(kinds(ann('ben', 'seller', 'cho'), { mentions: ['ben', 'seller'] })).toEqual([]);
    expect(kinds(ann('ben'), {})).toEqual(['lost']);
    expect(kinds(ann('ben'), { mentions: ['ben', 'cho'] })).toEqual(['invented']);
    expect(kinds(ann('ben'), { isDeleted: true })).toEqual([]);
  });

  it('that are unread are counted after the mark', () => {
    const ben = (lastReadSeq: number, unreadMentions?: number) => [
      { userId: 'ben', role: 'GUEST', committed: false, lastReadSeq, unreadMentions } as FinalRoom['members'][number],
    ];
    const told = (lastReadSeq: number, unread?: number) =>
      kinds(ann('ben'), { mentions: ['ben'] }, ben(lastReadSeq, unread));
    expect([told(2, 1), told(3, 0), told(2)]).toEqual([[], [], []]);
    expect([told(2, 0), told(3, 1)]).toEqual([['diverged'], ['diverged']]);
    expect(kinds(ann('ben'), { isDeleted: true }, ben(2, 1))).toEqual(['diverged']);
  });
});
