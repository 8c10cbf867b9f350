import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRecovery } from '../../src/hub/recovery.ts';
import { RingBudget } from '../../src/hub/ring.ts';
import { createRoomFeed } from '../../src/hub/room-feed.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { room, silentObserver } from '../fixture/feed.ts';
import { storedMessages } from '../fixture/messages.ts';

/** A feed that has all of `stored` and keeps the newest `ringSize`, and a store whose reads can be held back. */
function given(options: { stored: number; ringSize?: number; ringBytes?: number; budget?: number; content?: string }) {
  const { stored, ringSize = 512, ringBytes = 1_048_576, budget = 10_000_000, content } = options;
  const ringBudget = new RingBudget(budget);
  const rows = storedMessages(1, stored).map((row) => (content === undefined ? row : { ...row, content }));
  const reads: number[] = [];
  let gate: Promise<void> = Promise.resolve();
  let gone = false;
  const store = {
    async after(_: string, afterSeq: number, limit: number) {
      reads.push(afterSeq);
      const found = gone ? [] : rows.slice(afterSeq, afterSeq + limit);
      await gate;
      return found;
    },
    async before(_: string, beforeSeq: number | null, limit: number) {
      reads.push(-(beforeSeq ?? 0));
      const found = gone ? [] : rows.slice(0, (beforeSeq ?? rows.length + 1) - 1).slice(-limit);
      await gate;
      return found;
    },
  };
  const feed = createRoomFeed({
    ...{
      roomId: 'room',
      messages: store,
      ringSize,
      ringBytes,
      ringBudget,
      observe: silentObserver,
      now: () => performance.now(),
    },
    ...{ scheduleFlush() {}, scheduleRepair() {} },
  });
  feed.ready({
    room: room(stored),
    members: [],
    complete: true,
    messages: rows.slice(-ringSize),
    restricted: false,
    muted: {},
  });
  const push = (count: number, text?: string) => {
    const plain = storedMessages(rows.length + 1, rows.length + count);
    const added = text === undefined ? plain : plain.map((row) => ({ ...row, content: text }));
    rows.push(...added);
    feed.accept(added);
  };
  return {
    recover: createRecovery({ feed, messages: store }).recover,
    reads,
    push,
    feed,
    hold() {
      let open = () => {};
      gate = new Promise((resolve) => (open = resolve));
      return () => open();
    },
    remove() {
      gone = true;
    },
  };
}
const seqs = (messages: readonly StoredMessage[]) => messages.map((message) => message.seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a recovery', () => {
  it('gives all that came after the position, from memory where the ring has it', async () => {
    const { recover, reads } = given({ stored: 600 });
    expect(await recover(590)).toEqual({ messages: storedMessages(591, 600), recovered: true, hasMore: false });
    expect(await recover(600)).toEqual({ messages: [], recovered: true, hasMore: false });
    expect(reads).toEqual([]);
  });

  it('gives exactly 1 000 that were missed, and starts over with the newest 50 for one more', async () => {
    const { recover } = given({ stored: 2_000, ringSize: 64 });
    const all = await recover(1_000);
    expect([all.recovered, all.hasMore]).toEqual([true, false]);
    expect(seqs(all.messages)).toEqual(range(1_001, 2_000));
    const fresh = await recover(999);
    expect([fresh.recovered, fresh.hasMore]).toEqual([false, true]);
    expect(seqs(fresh.messages)).toEqual(range(1_951, 2_000));
  });

  it('gives the newest 50 without a position, and says whether there are older ones', async () => {
    const short = await given({ stored: 30 }).recover(null);
    expect([seqs(short.messages), short.recovered, short.hasMore]).toEqual([range(1, 30), false, false]);
    const exact = await given({ stored: 50 }).recover(null);
    expect([exact.messages.length, exact.hasMore]).toEqual([50, false]);
    const long = await given({ stored: 51, ringSize: 4 }).recover(null);
    expect([seqs(long.messages), long.hasMore]).toEqual([range(2, 51), true]);
  });

  it('has nothing to give to one who claims to be ahead', async () => {
    const { recover, reads } = given({ stored: 20 });
    expect(await recover(1_000_000)).toEqual({ messages: [], recovered: true, hasMore: false });
    expect(reads).toEqual([]);
  });

  it('shares one read among all who come at once', async () => {
    const { recover, reads, hold } = given({ stored: 900, ringSize: 16 });
    const open = hold();
    const all = Promise.all([100, 100, 300, 700, 100].map((after) => recover(after)));
    open();
    for (const [i, one] of (await all).entries()) {
      expect(seqs(one.messages)).toEqual(range([100, 100, 300, 700, 100][i]! + 1, 900));
    }
    expect(reads).toEqual([100]);
  });

  it('has no hole when messages come while the store is read, even when the ring turns over', async () => {
    for (const more of [1, 20, 40]) {
      const { recover, push, hold } = given({ stored: 300, ringSize: 16 });
      const open = hold();
      const pending = Promise.all([recover(100), recover(200), recover(null)]);
      push(more);
      open();
      const [one, two, page] = await pending;
      expect(seqs(one!.messages)).toEqual(range(101, 300 + more));
      expect(seqs(two!.messages)).toEqual(range(201, 300 + more));
      expect(seqs(page!.messages)).toEqual(range(251 + more, 300 + more));
    }
  });

  it('starts over when what was missed is larger than a recovery may be', async () => {
    const { recover } = given({ stored: 500, content: '가'.repeat(4_000) });
    const { messages, recovered, hasMore } = await recover(0);
    expect([recovered, hasMore]).toEqual([false, true]);
    expect(messages.at(-1)!.seq).toBe(500);
    expect(Buffer.byteLength(JSON.stringify(messages))).toBeLessThan(524_288);
  });

  it('ends when the room was removed from the store meanwhile', async () => {
    const { recover, remove, reads } = given({ stored: 600, ringSize: 16 });
    remove();
    const answer = await Promise.race([
      recover(0),
      new Promise((resolve) => setTimeout(resolve, 500, `still reading after ${reads.length} reads`)),
    ]);
    expect(answer).toMatchObject({ recovered: false });
  });

  it('has no hole from ring and store together, whatever the sizes, also when the ring can keep next to nothing', async () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom(1, 40, 1_000, 4_000)), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.constantFrom(900, 5_000, 60_000, 1_048_576),
        fc.constantFrom(900, 20_000, 10_000_000),
        fc.array(fc.nat(400), { minLength: 1, maxLength: 5 }),
        async (pushes, ringBytes, budget, backs) => {
          const { recover, push, feed, hold } = given({ stored: 3, ringSize: 16, ringBytes, budget });
          for (const [count, length] of pushes) {
            const open = hold();
            const positions = backs.map((back) => Math.max(0, feed.lastSeq - back));
            const pending = Promise.all([...positions, null].map((after) => recover(after)));
            push(count, '가'.repeat(length));
            open();
            for (const [i, { messages, recovered }] of (await pending).entries()) {
              const held = seqs(messages);
              expect(held).toEqual(range(held[0] ?? 1, held.at(-1) ?? 0));
              if (recovered && held.length > 0) expect(held[0]).toBe(positions[i]! + 1);
              if (!recovered) expect(held.length).toBeGreaterThan(0);
            }
            expect(ringBytes < 2_000 ? feed.ring.newest(99).length : 1).toBeLessThanOrEqual(3);
          }
          const all = await recover(0);
          expect(seqs(all.messages).at(-1)).toBe(feed.lastSeq);
        },
      ),
      { numRuns: 60 },
    );
  });
});
