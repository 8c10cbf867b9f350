import { describe, expect, it } from 'vitest';
import type { FinalRoom, History, Mark, Restriction, SharedFile, Stored } from '../../src/check/evidence.ts';
import { checkFiles } from '../../src/check/files.ts';
import { checkMarks } from '../../src/check/marks.ts';
import { checkMentions } from '../../src/check/mentions.ts';
import { checkRestrictions } from '../../src/check/restrictions.ts';
import { checkSearches } from '../../src/check/searches.ts';

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

describe('mutes and bans', () => {
  const asked = (restricted: Restriction['restricted'], outcome: Restriction['outcome'] = 'done'): Restriction => ({
    ...{ roomId: ROOM, userId: 'ben', restricted, outcome },
  });
  const kinds = (all: readonly Restriction[], ...restrictions: { userId: string; kind: 'MUTE' | 'BAN' }[]) =>
    checkRestrictions({ roomId: ROOM, restrictions } as never as FinalRoom, all).map(({ kind }) => kind);
  const MUTED = { userId: 'ben', kind: 'MUTE' } as const;

  it('are there as they were acknowledged last, or either way where a try was not answered', () => {
    expect(kinds([asked('MUTE')], MUTED)).toEqual([]);
    expect(kinds([asked('MUTE')])).toEqual(['lost']);
    expect(kinds([asked('MUTE'), asked(null)])).toEqual([]);
    expect(kinds([asked('MUTE'), asked(null)], MUTED)).toEqual(['invented']);
    expect(kinds([asked('BAN')], MUTED)).toEqual(['invented']);
    expect(kinds([asked('MUTE', { refused: 'FORBIDDEN' })], MUTED)).toEqual(['invented']);
    expect(kinds([], MUTED)).toEqual(['invented']);
    for (const all of [[asked('MUTE', 'unknown')], [asked('MUTE', 'unknown'), asked(null)]]) {
      expect(kinds(all)).toEqual([]);
      expect(kinds(all, MUTED)).toEqual([]);
    }
  });
});

describe('files and searches', () => {
  const file = (more: Partial<SharedFile> = {}): SharedFile => ({
    ...{ roomId: ROOM, userId: 'ann', clientMessageId: 'c-2', sha256: 'aa', seq: 2, deleted: null, ...more },
  });
  const kinds = (shared: readonly SharedFile[], sha256: string | null | undefined, more: Partial<Stored> = {}) =>
    checkFiles(
      {
        roomId: ROOM,
        messages: [talk(2, more)],
        files: sha256 === undefined ? [] : [{ seq: 2, sha256 }],
      } as never as FinalRoom,
      shared,
    ).map(({ kind }) => kind);

  it('give what was put there, and nothing once it was deleted', () => {
    expect(kinds([file()], 'aa')).toEqual([]);
    expect(kinds([file()], 'bb')).toEqual(['changed']);
    expect(kinds([file()], null)).toEqual(['lost']);
    expect(kinds([file()], undefined)).toEqual(['lost']);
    expect(kinds([file({ clientMessageId: 'c-9' })], 'aa')).toEqual(['lost', 'invented']);
    expect(kinds([], 'aa')).toEqual(['invented']);
    expect(kinds([file({ deleted: 'done' })], 'aa')).toEqual(['lost']);
    expect(kinds([file({ deleted: 'done' })], undefined, { isDeleted: true })).toEqual([]);
    expect(kinds([file({ seq: null })], 'aa')).toEqual([]);
    for (const sha256 of ['aa', undefined]) expect(kinds([file({ deleted: 'unknown' })], sha256)).toEqual([]);
  });

  it('find what is there and nothing else', () => {
    const messages = [
      talk(2, { content: 'Ａpples' }),
      talk(3, { content: 'APPLES', isDeleted: true }),
      row(4, 'apples', 'ann'),
      talk(5, { content: 'pears' }),
    ];
    const found = (...seqs: number[]) =>
      checkSearches({ roomId: ROOM, messages, searches: [{ text: 'apple', seqs }] } as never as FinalRoom);
    expect(found(2)).toEqual([]);
    expect(found()[0]?.kind).toBe('diverged');
    expect(found(2, 3)[0]?.kind).toBe('diverged');
    expect(found(2, 2)[0]?.kind).toBe('diverged');
  });
});
