import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChangeCursor } from '../../src/product/change-cursor.ts';
import type { NumberedChange } from '../../src/product/ports/change-store.ts';

const changeOf = (seq: number) => ({ seq, change: { id: `p${seq}` } }) as NumberedChange;

describe('the cursor over the sequence of changes', () => {
  it('asks again for a number that was not visible yet, and hands it out when it comes', () => {
    const cursor = createChangeCursor({ known: [4], now: 0, gapMs: 1_000 });
    expect(cursor.wanted(0)).toEqual({ after: 4, also: [] });
    expect(cursor.accept([changeOf(5), changeOf(7)], 10).map(({ seq, safe }) => [seq, safe])).toEqual([
      [5, 5],
      [7, 5],
    ]);
    expect(cursor.wanted(20)).toEqual({ after: 7, also: [6] });
    expect(cursor.safe()).toBe(5);
    expect(cursor.accept([changeOf(6)], 30).map(({ seq, safe }) => [seq, safe])).toEqual([[6, 6]]);
    expect(cursor.safe()).toBe(7);
  });

  it('gives a number up after gapMs: its transaction was undone', () => {
    const cursor = createChangeCursor({ known: [1], now: 0, gapMs: 1_000 });
    cursor.accept([changeOf(3)], 0);
    expect(cursor.wanted(999).also).toEqual([2]);
    expect(cursor.wanted(1_000).also).toEqual([]);
    expect(cursor.safe()).toBe(3);
  });

  it('takes holes among the known numbers for transactions that may still commit', () => {
    const cursor = createChangeCursor({ known: [10, 12, 13], now: 0, gapMs: 1_000 });
    expect(cursor.wanted(0)).toEqual({ after: 13, also: [11] });
    expect(cursor.safe()).toBe(10);
  });

  it('does not ask for more than 1 000 absent numbers when a sequence was set forward', () => {
    const cursor = createChangeCursor({ known: [1], now: 0, gapMs: 1_000 });
    cursor.accept([changeOf(1_000_000)], 0);
    expect(cursor.wanted(0).also).toHaveLength(1_000);
  });

  it('begins at nothing when there is nothing', () => {
    const cursor = createChangeCursor({ known: [], now: 0, gapMs: 1_000 });
    expect(cursor.safe()).toBe(0);
    expect(cursor.accept([changeOf(1)], 0)).toHaveLength(1);
  });

  it('hands out every number exactly once in whatever order they become visible, and resuming after `safe` loses none', () => {
    const commits = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }).chain((kept) =>
      fc.record({
        kept: fc.constant(kept),
        order: fc.shuffledSubarray([...kept.keys()], { minLength: kept.length }),
      }),
    );
    fc.assert(
      fc.property(commits, fc.array(fc.integer({ min: 1, max: 5 })), ({ kept, order }, steps) => {
        const cursor = createChangeCursor({ known: [], now: 0, gapMs: 1_000 });
        const visible = new Set<number>();
        const got: number[] = [];
        let at = 0;
        for (let turn = 0; at < order.length; turn++) {
          const next = order.slice(at, at + (steps[turn] ?? 1));
          at += next.length;
          for (const index of next) if (kept[index]) visible.add(index + 1);
          const { after, also } = cursor.wanted(turn);
          const read = [...visible].filter((seq) => seq > after || also.includes(seq)).sort((a, b) => a - b);
          for (const { seq, safe } of cursor.accept(read.map(changeOf), turn)) {
            got.push(seq);
            // What becomes visible later is beyond `safe`, so who resumes there gets it.
            for (const later of order.slice(at)) if (kept[later]) expect(later + 1).toBeGreaterThan(safe);
          }
        }
        expect([...got].sort((a, b) => a - b)).toEqual([...visible].sort((a, b) => a - b));
      }),
    );
  });
});
