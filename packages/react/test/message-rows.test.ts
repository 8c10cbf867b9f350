import type { Message, Outgoing } from '@gongu/client';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MessageRow, type MessageRowsOptions, messageRows, shapeOf } from '../src/components/message-rows.ts';

const START = Date.parse('2026-03-01T12:00:00.000Z');

interface Said {
  by: string | null;
  kind: Message['kind'];
  afterMs: number;
  /** What the system says of him. */
  event?: string;
}

function conversation(said: readonly Said[]): Message[] {
  let at = START;
  return said.map(({ by, kind, afterMs, event }, i) => {
    at += afterMs;
    const seq = i + 1;
    const message = {
      roomId: 'room',
      seq,
      messageId: `room:${seq}`,
      kind,
      sender: by === null || kind === 'SYSTEM' ? null : { userId: by, nickname: by, tag: null },
      content: `text ${seq}`,
      replyTo: null,
      clientMessageId: `c-${seq}`,
      createdAt: new Date(at).toISOString(),
      ...(event && { data: { event, participant: { userId: by, nickname: by, tag: null } } }),
    };
    return message as Message;
  });
}

const NONE: readonly Outgoing[] = [];

function rowsOf(messages: readonly Message[], options: Partial<MessageRowsOptions> = {}): readonly MessageRow[] {
  return messageRows({
    messages,
    outgoing: [],
    me: 'me',
    hasOlder: false,
    hasNewer: false,
    unreadAfterSeq: null,
    heads: new Set(),
    ...options,
  });
}

const said = fc.record({
  by: fc.constantFrom('me', 'ann', 'bob'),
  kind: fc.constantFrom<Message['kind']>('CHAT', 'CHAT', 'CHAT', 'SYSTEM', 'NOTIFICATION'),
  afterMs: fc.constantFrom(1_000, 30_000, 400_000, 80_000_000),
  event: fc.constantFrom('participant.joined', 'participant.joined', 'participant.left', 'message.changed'),
});

test('what has been shown keeps its key and its height when older pages come, in whatever pieces', () => {
  void fc.assert(
    fc.property(
      fc.array(said, { minLength: 1, maxLength: 40 }),
      fc.array(fc.nat(40)),
      fc.nat(40),
      (all, cuts, mark) => {
        const messages = conversation(all);
        const heads = new Set<number>();
        const firsts = [...cuts.map((cut) => cut % messages.length), 0].sort((a, b) => b - a);
        const memory = { times: new WeakMap(), last: null };
        let shown: readonly MessageRow[] = [];
        for (const first of firsts) {
          const now = { hasOlder: first > 0, heads, unreadAfterSeq: mark };
          const rows = rowsOf(messages.slice(first), now);
          // What is known from before changes nothing.
          expect(rowsOf(messages.slice(first), { ...now, outgoing: NONE, memory })).toEqual(rows);
          // The divider's place is known only once what comes before it is there.
          const kept = shown.filter(({ kind }) => kind !== 'unread');
          const byKey = new Map(rows.map((row) => [row.key, row]));
          for (const row of kept) expect(byKey.get(row.key)).toEqual(row);
          const order = rows.map(({ key }) => key).filter((key) => kept.some((row) => row.key === key));
          expect(order).toEqual(kept.map(({ key }) => key));
          if (shown.some(({ kind }) => kind === 'unread')) {
            expect(rows.filter(({ kind }) => kind === 'unread')).toHaveLength(1);
          }
          expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
          shown = rows;
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('messages of one person within five minutes are a group: the first has the name, the last of a minute the time', () => {
  const minute = 60_000;
  const rows = rowsOf(
    conversation([
      { by: 'ann', kind: 'CHAT', afterMs: 0 },
      { by: 'ann', kind: 'CHAT', afterMs: 1_000 },
      { by: 'ann', kind: 'CHAT', afterMs: minute },
      { by: 'bob', kind: 'CHAT', afterMs: 1_000 },
      { by: 'bob', kind: 'CHAT', afterMs: 6 * minute },
      { by: 'bob', kind: 'SYSTEM', afterMs: 0 },
      { by: 'bob', kind: 'CHAT', afterMs: 0 },
    ]),
  ).filter((row) => row.kind === 'chat');
  expect(rows.map(({ isHead }) => isHead)).toEqual([true, false, false, true, true, true]);
  expect(rows.map(({ isTail }) => isTail)).toEqual([false, true, true, true, true, true]);
});

test('the divider comes above the first message of others after the mark, and not above what the system says', () => {
  const messages = conversation([
    { by: 'ann', kind: 'CHAT', afterMs: 0 },
    { by: 'ann', kind: 'SYSTEM', afterMs: 0 },
    { by: 'me', kind: 'CHAT', afterMs: 0 },
    { by: 'ann', kind: 'NOTIFICATION', afterMs: 0 },
    { by: 'ann', kind: 'CHAT', afterMs: 0 },
  ]);
  const kinds = (unreadAfterSeq: number | null) => rowsOf(messages, { unreadAfterSeq }).map(({ kind }) => kind);
  expect(kinds(1)).toEqual(['beginning', 'day', 'chat', 'system', 'chat', 'unread', 'notice', 'chat']);
  expect(kinds(4)).toEqual(['beginning', 'day', 'chat', 'system', 'chat', 'notice', 'unread', 'chat']);
  expect(kinds(5)).not.toContain('unread');
  expect(kinds(0)).not.toContain('unread');
  expect(kinds(null)).not.toContain('unread');
});

test('a row of change has no line, and parts nothing that stands around it', () => {
  const messages = conversation([
    { by: 'ann', kind: 'CHAT', afterMs: 0 },
    { by: 'ann', kind: 'SYSTEM', afterMs: 1_000, event: 'message.changed' },
    { by: 'ann', kind: 'CHAT', afterMs: 1_000 },
    { by: 'ann', kind: 'SYSTEM', afterMs: 1_000, event: 'message.changed' },
  ]);
  const rows = rowsOf(messages).filter((row) => row.kind === 'chat');
  expect(rowsOf(messages).map(({ kind }) => kind)).toEqual(['beginning', 'day', 'chat', 'chat']);
  expect(rows.map(({ seq, isHead, isTail }) => [seq, isHead, isTail])).toEqual([
    [1, true, false],
    [3, false, true],
  ]);
});

test('an own message is one row from its writing to its arrival, also when both are there for a moment', () => {
  const outgoing = (clientMessageId: string): Outgoing => ({
    clientMessageId,
    userId: 'me',
    roomId: 'room',
    content: 'mine',
    queuedAtMs: 0,
    error: null,
    status: 'sending',
    seq: null,
  });
  const before = rowsOf([], { outgoing: [outgoing('c-1'), outgoing('c-2')] });
  const messages = conversation([{ by: 'me', kind: 'CHAT', afterMs: 0 }]);
  const after = rowsOf(messages, { outgoing: [outgoing('c-1'), outgoing('c-2')] });
  expect(before.map(({ key }) => key)).toEqual(['own-c-1', 'own-c-2']);
  expect(after.map(({ key, kind }) => [key, kind])).toEqual([
    ['beginning', 'beginning'],
    ['day-1', 'day'],
    ['own-c-1', 'chat'],
    ['own-c-2', 'outgoing'],
  ]);
  expect(rowsOf(messages, { hasNewer: true, outgoing: [outgoing('c-2')] }).map(({ kind }) => kind)).not.toContain(
    'outgoing',
  );
});

test('an own message is as high on its way as it is when it is there', () => {
  void fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 6 }), (before) => {
      const messages = conversation([
        ...before,
        ...before.map(() => ({ by: 'me', kind: 'CHAT' as const, afterMs: 1_000 })),
      ]);
      const there = messages.slice(0, before.length);
      const outgoing = messages.slice(before.length).map(
        ({ clientMessageId, content, createdAt }): Outgoing => ({
          ...{ clientMessageId: clientMessageId!, userId: 'me', roomId: 'room', content, error: null },
          ...{ queuedAtMs: Date.parse(createdAt), status: 'sending', seq: null },
        }),
      );
      const heads = (rows: readonly MessageRow[]) =>
        rows.flatMap((row) => ('isHead' in row && row.key.startsWith('own-') ? [[row.key, row.isHead]] : []));
      const options = { heads: new Set([1]) };
      expect(heads(rowsOf(there, { outgoing, ...options }))).toEqual(heads(rowsOf(messages, options)));
    }),
  );
});

test('three and more who come or go one after the other are one line, which counts as read with its last', () => {
  const line = (event: string, by = 'ann'): Said => ({ by, kind: 'SYSTEM', afterMs: 1_000, event });
  const lines = (said: readonly Said[], hasOlder = false) =>
    rowsOf(conversation(said), { hasOlder }).flatMap((row) => (row.kind === 'system' ? [[row.seq, row.more]] : []));
  const joined = line('participant.joined');
  expect(lines([joined, joined])).toEqual([
    [1, 0],
    [2, 0],
  ]);
  expect(lines([joined, joined, joined, joined])).toEqual([[4, 3]]);
  expect(lines([joined, joined, joined, line('participant.left'), joined])).toEqual([
    [3, 2],
    [4, 0],
    [5, 0],
  ]);
  expect(lines([joined, joined, { by: 'ann', kind: 'CHAT', afterMs: 0 }, joined])).toHaveLength(3);
  expect(lines(Array(5).fill(line('participant.committed')))).toHaveLength(5);
  expect(lines([joined, joined, { ...joined, afterMs: 86_400_000 }, joined, joined])).toHaveLength(3);
  // What came as the first of a page stays what it was shown as.
  const heads = new Set([3]);
  const rows = rowsOf(conversation(Array(6).fill(joined)), { heads });
  expect(rows.flatMap((row) => (row.kind === 'system' ? [row.seq] : []))).toEqual([1, 2, 6]);
});

test('rows of about one height are of one shape: what they are, whether they begin a group, and how long their text is', () => {
  const say = (afterMs: number): Said => ({ by: 'ann', kind: 'CHAT', afterMs });
  const messages = conversation([say(0), say(1_000), say(1_000), say(600_000)]);
  const shapes = (said: readonly Message[]) => rowsOf(said, { hasOlder: true }).map(shapeOf);
  const [first, second, third, other] = shapes(messages);
  expect([second === third, first === other, first === second]).toEqual([true, true, false]);
  const longer = messages.map((message) => ({ ...message, content: message.content.repeat(9) }));
  const lines = messages.map((message) => ({ ...message, content: 't\nx\n1' }));
  expect(new Set([...shapes(messages), ...shapes(longer), ...shapes(lines)]).size).toBe(6);
});
