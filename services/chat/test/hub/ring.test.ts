import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldBytes, Ring, RingBudget } from '../../src/hub/ring.ts';
import { storedMessage, storedMessages } from '../fixture/messages.ts';

const seqs = (messages: readonly { seq: number }[]) => messages.map((message) => message.seq);

describe('a ring', () => {
  it('is empty and covers only what needs nothing', () => {
    const ring = new Ring([], { capacity: 4, maxBytes: 1_000_000 });
    expect(ring.firstSeq).toBeNull();
    expect(ring.after(0)).toEqual([]);
    expect(ring.newest(5)).toEqual([]);
    expect([ring.covers(0, 0), ring.covers(0, 1), ring.covers(5, 3)]).toEqual([true, false, true]);
  });

  it('gives the newest, as many as there are', () => {
    const ring = new Ring(storedMessages(1, 3), { capacity: 4, maxBytes: 1_000_000 });
    expect(seqs(ring.newest(2))).toEqual([2, 3]);
    expect(seqs(ring.newest(9))).toEqual([1, 2, 3]);
  });

  it('gives one that it holds, and none of before or after', () => {
    const ring = new Ring(storedMessages(4, 6), { capacity: 4, maxBytes: 1_000_000 });
    expect([3, 4, 6, 7].map((seq) => ring.at(seq)?.seq)).toEqual([undefined, 4, 6, undefined]);
    expect(new Ring([], { capacity: 4, maxBytes: 1_000_000 }).at(1)).toBeUndefined();
  });

  it('holds at least its capacity and less than twice that, and answers exactly what it covers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.nat(20),
        fc.nat(40),
        fc.integer({ min: -2, max: 70 }),
        (capacity, start, pushed, position) => {
          const from = 100;
          const ring = new Ring(storedMessages(from, from + start - 1), { capacity, maxBytes: 1_000_000 });
          for (let seq = from + start; seq < from + start + pushed; seq++) ring.push(storedMessage(seq));
          const last = from + start + pushed - 1;
          const held = ring.newest(1_000);
          expect(held.length).toBeLessThan(capacity * 2 + 1);
          expect(held.length).toBeGreaterThanOrEqual(Math.min(capacity, start + pushed));
          expect(seqs(held)).toEqual(held.map((_, i) => last - held.length + 1 + i));
          const after = from + position;
          if (ring.covers(after, last)) {
            const expected = Array.from({ length: Math.max(0, last - after) }, (_, i) => after + 1 + i);
            expect(seqs(ring.after(after))).toEqual(expected);
          } else expect(held.length === 0 || held[0]!.seq > after + 1).toBe(true);
        },
      ),
    );
  });

  it('holds no more bytes than it may, alone and with the others, whatever the sizes, and has no hole', () => {
    const steps = fc.array(fc.tuple(fc.nat(3), fc.nat(3_000)), { maxLength: 120 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 2_000, max: 40_000 }), (pushes, total) => {
        const budget = new RingBudget(total);
        const rings = Array.from({ length: 4 }, () => new Ring([], { capacity: 8, maxBytes: 12_000, budget }));
        const last = [0, 0, 0, 0];
        for (const [which, length] of pushes) {
          const ring = rings[which]!;
          const message = storedMessage(++last[which]!, { content: '가'.repeat(length) });
          ring.push(message);
          expect(budget.bytes).toBeLessThanOrEqual(total);
          expect(ring.bytes).toBeLessThanOrEqual(Math.max(12_000, heldBytes(message)));
          expect(budget.bytes).toBe(rings.reduce((sum, { bytes }) => sum + bytes, 0));
          for (const [i, each] of rings.entries()) {
            const held = each.newest(1_000);
            expect(each.bytes).toBe(held.reduce((sum, row) => sum + heldBytes(row), 0));
            expect(seqs(held)).toEqual(held.map((_, n) => last[i]! - held.length + 1 + n));
          }
        }
        for (const ring of rings) ring.release();
        expect(budget.bytes).toBe(0);
        rings[0]!.push(storedMessage(last[0]! + 1));
        expect(budget.bytes).toBe(0);
      }),
    );
  });
});
