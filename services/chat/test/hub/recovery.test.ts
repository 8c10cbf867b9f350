import { describe, expect, it } from 'vitest';
import { createRecovery } from '../../src/hub/recovery.ts';
import { createRoomFeed } from '../../src/hub/room-feed.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { room, silentObserver } from '../fixture/feed.ts';
import { storedMessages } from '../fixture/messages.ts';

/** A feed that has all of `stored` and keeps the newest `ringSize`, and a store whose reads can be held back. */
function given(options: { stored: number; ringSize?: number; content?: string }) {
  const { stored, ringSize = 512, content } = options;
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
    ...{ roomId: 'room', messages: store, ringSize, observe: silentObserver, now: () => performance.now() },
    ...{ scheduleFlush() {}, scheduleRepair() {} },
  });
  feed.ready({ room: room(stored), members: [], complete: true, messages: rows.slice(-ringSize) });
  const push = (count: number) => {
    const added = storedMessages(rows.length + 1, rows.length + count);
    rows.push(...added);
    feed.accept(added);
  };
  return {
    recover: createRecovery({ feed, messages: store }),
    reads,
    push,
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
});
