import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ring } from '../../src/hub/ring.ts';
import { storedMessage, storedMessages } from '../fixture/messages.ts';

const seqs = (messages: readonly { seq: number }[]) => messages.map((message) => message.seq);

describe('a ring', () => {
  it('is empty and covers only what needs nothing', () => {
    const ring = new Ring([], 4);
    expect(ring.firstSeq).toBeNull();
    expect(ring.after(0)).toEqual([]);
    expect(ring.newest(5)).toEqual([]);
    expect([ring.covers(0, 0), ring.covers(0, 1), ring.covers(5, 3)]).toEqual([true, false, true]);
  });

  it('gives the newest, as many as there are', () => {
    const ring = new Ring(storedMessages(1, 3), 4);
    expect(seqs(ring.newest(2))).toEqual([2, 3]);
    expect(seqs(ring.newest(9))).toEqual([1, 2, 3]);
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
          const ring = new Ring(storedMessages(from, from + start - 1), capacity);
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
});
