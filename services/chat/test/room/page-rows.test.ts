import { describe, expect, it } from 'vitest';
import { limitRows, manyReacted, writtenOnce } from '../../src/room/page-rows.ts';
import { changeOf, reactionTo, storedMessage, storedMessages } from '../fixture/messages.ts';

const seqs = (rows: readonly { seq: number }[]) => rows.map(({ seq }) => seq);

describe('a page', () => {
  it('without rows of change is as many rows as are asked for', () => {
    expect(seqs(limitRows(storedMessages(1, 9), 3, 'newest'))).toEqual([7, 8, 9]);
    expect(seqs(limitRows(storedMessages(1, 9), 3, 'oldest'))).toEqual([1, 2, 3]);
    expect(seqs(limitRows(storedMessages(1, 3), 3, 'newest'))).toEqual([1, 2, 3]);
  });

  it('has the rows of change that follow each of its messages, and they count for nothing', () => {
    const first = storedMessage(1);
    const rows = [
      first,
      changeOf(first, 2),
      storedMessage(3),
      changeOf(first, 4),
      changeOf(first, 5),
      storedMessage(6),
    ];
    expect(seqs(limitRows(rows, 2, 'newest'))).toEqual([3, 4, 5, 6]);
    expect(seqs(limitRows(rows, 1, 'newest'))).toEqual([6]);
    expect(seqs(limitRows(rows, 2, 'oldest'))).toEqual([1, 2, 3, 4, 5]);
    expect(seqs(limitRows(rows, 1, 'oldest'))).toEqual([1, 2]);
    expect(seqs(limitRows(rows, 3, 'newest'))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('has a thousand rows of change at most', () => {
    const first = storedMessage(1);
    const rows = [first, ...Array.from({ length: 1_200 }, (_, i) => changeOf(first, 2 + i))];
    expect(seqs(limitRows(rows, 3, 'newest'))).toEqual(Array.from({ length: 1_000 }, (_, i) => 202 + i));
    expect(seqs(limitRows(rows, 3, 'oldest'))).toEqual(Array.from({ length: 1_001 }, (_, i) => 1 + i));
  });
});

it('a message is written out in the newest row of change about it, and the others name it', () => {
  const [one, two] = [storedMessage(1), storedMessage(2)];
  const rows = [one, two, changeOf(one, 3), changeOf(two, 4), changeOf(one, 5)];
  const shown = writtenOnce(rows);
  expect(shown[2]).toMatchObject({ seq: 3, data: { event: 'message.changed', change: 'edited', seq: 1, version: 3 } });
  expect(shown[2]!.data).not.toHaveProperty('message');
  expect(shown[3]).toBe(rows[3]);
  expect(shown[4]).toBe(rows[4]);
  // Nothing to change is nothing made anew.
  expect(writtenOnce(rows.slice(3))).toEqual(rows.slice(3));
  const plain = storedMessages(1, 3);
  expect(writtenOnce(plain)).toBe(plain);
});

it('reactions stand in the newest row about them, unless a later one writes out the message; pins hide neither', () => {
  const [one, two] = [storedMessage(1), storedMessage(2)];
  const pin = storedMessage(8, { kind: 'SYSTEM', data: { event: 'message.changed', change: 'pinned', seq: 1 } });
  const rows = [
    changeOf(one, 3),
    reactionTo(one, 4, 1),
    reactionTo(one, 5, 2),
    reactionTo(two, 6, 1),
    changeOf(two, 7),
    pin,
  ];
  const written = writtenOnce(rows).map(({ data }) =>
    ['message', 'reactions'].filter((part) => part in (data as object)),
  );
  expect(written).toEqual([['message'], [], ['reactions'], [], ['message'], []]);
  expect(writtenOnce(rows)[3]!.data).toMatchObject({ change: 'reacted', seq: 2, version: 6 });
});

it('those are asked for to whom more reacted than are named', () => {
  const one = storedMessage(1);
  expect(manyReacted([one, reactionTo(one, 2, 1), changeOf(one, 3)])).toEqual([]);
  expect(manyReacted([reactionTo(one, 4, 2)])).toEqual([1]);
  const reactions = [{ emoji: '👍', count: 4, users: [] }];
  expect(manyReacted([storedMessage(5, { reactions }), changeOf(storedMessage(6, { reactions }), 7)])).toEqual([5, 6]);
});
