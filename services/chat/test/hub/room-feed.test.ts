import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/room/event.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { feedOf, room, seqsOf, silentObserver } from '../fixture/feed.ts';
import { storedMessage, storedMessages } from '../fixture/messages.ts';

describe('a room’s feed', () => {
  it('gives each listener every seq exactly once and in order, whatever order, doubles and holes two sources have', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(30),
        fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 120 }),
        fc.nat(),
        async (known, arrivals, joinAt) => {
          const given = feedOf({ stored: 40, known });
          const early = given.listener('ann');
          given.feed.add(early, given.feed.lastSeq);
          let late: ReturnType<typeof given.listener> | undefined;
          let lateFrom = 0;
          for (const [i, [at, flush]] of arrivals.entries()) {
            if (i === joinAt % arrivals.length) {
              given.feed.flush();
              lateFrom = given.feed.lastSeq;
              late = given.listener('bob');
              given.feed.add(late, lateFrom);
            }
            given.feed.accept([storedMessage(at + 1)]);
            if (flush) given.feed.flush();
          }
          given.feed.seen({ firstSeq: 1, lastSeq: given.stored.length, goneChatNo: 0, epoch: 'epoch-1' });
          await given.feed.repair();
          given.feed.flush();
          expect(seqsOf(early)).toEqual(seqs(storedMessages(known + 1, 41)));
          if (late) expect(seqsOf(late)).toEqual(seqs(storedMessages(lateFrom + 1, 41)));
          expect(given.feed.state.room.lastSeq).toBe(41);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('asks for a repair when there is a hole and delivers what it held once the hole is filled', async () => {
    const given = feedOf({ stored: 10, known: 5 });
    const ann = given.listener('ann');
    given.feed.add(ann, 5);
    given.feed.accept([storedMessage(8), storedMessage(7)]);
    expect(given.asked).toEqual({ flush: 0, repair: 1 });
    given.feed.flush();
    expect(seqsOf(ann)).toEqual([]);
    given.feed.accept([storedMessage(6)]);
    given.feed.flush();
    expect(seqsOf(ann)).toEqual([6, 7, 8]);
    expect(given.reads).toBe(0);
  });

  it('reads the store once for many who ask, and in pieces when the hole is large', async () => {
    const given = feedOf({ stored: 1_234, known: 0 });
    const ann = given.listener('ann');
    given.feed.add(ann, 0);
    await Promise.all([given.feed.repair(), given.feed.repair(), given.feed.repair()]);
    given.feed.flush();
    expect(seqsOf(ann)).toEqual(seqs(storedMessages(1, 1_235)));
    expect(given.reads).toBe(3);
  });

  it('holds before it is ready, and then delivers only what the snapshot does not have', async () => {
    const given = feedOf({ stored: 10, known: null });
    given.feed.accept([storedMessage(9), storedMessage(4), storedMessage(7), storedMessage(8)]);
    expect(given.asked.flush).toBe(0);
    given.feed.ready({
      room: room(6),
      members: [],
      complete: true,
      messages: storedMessages(1, 6),
      restricted: false,
      muted: {},
    });
    expect(given.feed.lastSeq).toBe(9);
    expect(given.feed.ring.after(6)).toEqual(storedMessages(7, 9));
    const ann = given.listener('ann');
    given.feed.add(ann, 6);
    await given.refill(ann);
    expect(seqsOf(ann)).toEqual([7, 8, 9]);
  });

  it('keeps going when the store can not be read, and heals with the next look at the heads', async () => {
    const failures: unknown[] = [];
    const given = feedOf({ stored: 8, known: 5 }, { ...silentObserver, failed: (_, error) => failures.push(error) });
    given.break(new Error('no database'));
    given.feed.seen({ firstSeq: 1, lastSeq: 9, goneChatNo: 0, epoch: 'epoch-1' });
    await given.feed.repair();
    expect(failures).toHaveLength(1);
    expect(given.feed.lastSeq).toBe(5);
    given.break(null);
    given.feed.seen({ firstSeq: 1, lastSeq: 9, goneChatNo: 0, epoch: 'epoch-1' });
    await given.feed.repair();
    expect(given.feed.lastSeq).toBe(9);
  });
});

describe('a listener that is slow', () => {
  it('is told once where it stopped, costs the others nothing, and is refilled without hole or double', async () => {
    const given = feedOf({ stored: 40, known: 5 });
    const [slow, fast] = [given.listener('slow'), given.listener('fast')];
    given.feed.add(slow, 5);
    given.feed.add(fast, 5);
    given.feed.accept(storedMessages(6, 8));
    given.feed.flush();
    slow.full = true;
    given.feed.accept(storedMessages(9, 12));
    given.feed.flush();
    given.feed.accept(storedMessages(13, 20));
    given.feed.flush();
    expect(slow.behindAt).toEqual([8]);
    expect(seqsOf(slow)).toEqual([6, 7, 8]);
    expect(seqsOf(fast)).toEqual(seqs(storedMessages(6, 20)));

    slow.full = false;
    given.feed.accept([storedMessage(21)]);
    await given.refill(slow);
    given.feed.accept([storedMessage(22)]);
    given.feed.flush();
    expect(seqsOf(slow)).toEqual(seqs(storedMessages(6, 22)));
    expect(seqsOf(fast)).toEqual(seqs(storedMessages(6, 22)));
  });

  it('is refilled from the store when the ring has moved on, while messages keep coming', async () => {
    const given = feedOf({ stored: 900, known: 0 }, silentObserver, 32);
    const slow = given.listener('slow');
    given.feed.add(slow, 0);
    slow.full = true;
    given.feed.accept(storedMessages(1, 500));
    given.feed.flush();
    expect(slow.behindAt).toEqual([0]);
    slow.full = false;
    const resumed = given.refill(slow);
    for (let seq = 501; seq <= 900; seq += 50) {
      given.feed.accept(storedMessages(seq, seq + 49));
      await Promise.resolve();
    }
    await resumed;
    given.feed.accept([storedMessage(901)]);
    given.feed.flush();
    expect(seqsOf(slow)).toEqual(seqs(storedMessages(1, 901)));
  });

  it('is refilled without a double from a store that has more than this instance has heard of', async () => {
    const given = feedOf({ stored: 560, known: 0 }, silentObserver, 32);
    const [slow, fast] = [given.listener('slow'), given.listener('fast')];
    given.feed.add(slow, 0);
    given.feed.add(fast, 0);
    slow.full = true;
    given.feed.accept(storedMessages(1, 450));
    given.feed.flush();
    slow.full = false;
    await given.refill(slow);
    given.feed.accept(storedMessages(451, 561));
    given.feed.flush();
    expect(seqsOf(slow)).toEqual(seqs(storedMessages(1, 561)));
    expect(seqsOf(fast)).toEqual(seqs(storedMessages(1, 561)));
  });

  it('is refilled in portions of a quarter of a queue, and is told what comes meanwhile after them', async () => {
    const given = feedOf({ stored: 60, known: 0 });
    const slow = given.listener('slow');
    const long = storedMessages(1, 40).map((message) => ({ ...message, content: '가'.repeat(4_000) }));
    given.feed.accept(long);
    given.feed.add(slow, 10);
    expect(await given.feed.resume(slow)).toBe(true);
    // Ten of them are 120 KiB.
    expect(seqsOf(slow)).toEqual(seqs(storedMessages(11, 20)));
    given.feed.accept([storedMessage(41)]);
    given.feed.flush();
    expect(seqsOf(slow).at(-1)).toBe(20);
    expect(given.feed.behindAt(slow)).toBe(20);
    await given.refill(slow);
    given.feed.accept([storedMessage(42)]);
    given.feed.flush();
    expect(seqsOf(slow)).toEqual(seqs(storedMessages(11, 42)));
  });

  it('is sent a message that is larger than a portion by itself', async () => {
    const given = feedOf({ stored: 9, known: 0 });
    const slow = given.listener('slow');
    given.feed.accept([storedMessage(1, { content: 'x'.repeat(300_000) }), storedMessage(2)]);
    given.feed.add(slow, 0);
    await given.refill(slow);
    expect(seqsOf(slow)).toEqual([1, 2]);
  });

  it('may be full again in the middle of a refill, and goes on from there', async () => {
    const given = feedOf({ stored: 300, known: 0 });
    const slow = given.listener('slow');
    given.feed.add(slow, 0);
    slow.full = true;
    given.feed.accept(storedMessages(1, 250));
    given.feed.flush();
    slow.full = false;
    slow.room = 1;
    await given.refill(slow);
    expect(slow.behindAt).toEqual([0, 100]);
    slow.room = Number.POSITIVE_INFINITY;
    await given.refill(slow);
    expect(seqsOf(slow)).toEqual(seqs(storedMessages(1, 250)));
  });
});

describe('what does not last', () => {
  const typing = (userId: string): ChatEvent => ({
    type: 'typing',
    roomId: 'room',
    user: { userId, nickname: userId, tag: null },
    typing: true,
  });

  it('goes to all but the one it is about, and a heart-beat tells a quiet room its newest seq', async () => {
    const given = feedOf({ stored: 9, known: 5 });
    const [ann, bob] = [given.listener('ann'), given.listener('bob')];
    given.feed.add(ann, 5);
    given.feed.add(bob, 5);
    given.feed.tell(typing('ann'), 'ann');
    given.feed.flush();
    expect([ann.events.length, bob.events.length]).toEqual([0, 1]);
    given.feed.tellHead(0);
    given.feed.flush();
    expect(ann.events).toEqual([{ type: 'head', roomId: 'room', seq: 5 }]);
    given.feed.tellHead(60_000);
    given.feed.flush();
    expect(ann.events).toHaveLength(1);
  });
});

describe('who is no longer a member', () => {
  const gone = (seq: number, userId: string, event = 'participant.removed'): StoredMessage =>
    storedMessage(seq, {
      ...{ kind: 'SYSTEM', sender: null, clientMessageId: null },
      data: {
        ...{ event, participantCount: 0, committedCount: 0 },
        participant: { userId, nickname: userId, role: 'GUEST', committed: false, lastReadSeq: 0 },
      },
    });

  it('hears of the removal and then nothing, on all sockets', () => {
    const given = feedOf({ stored: 9, known: 5, members: ['ann', 'bob'] });
    const all = [given.listener('ann'), given.listener('ann'), given.listener('bob')];
    for (const one of all) given.feed.add(one, 5);
    given.feed.accept([gone(6, 'ann'), storedMessage(7)]);
    given.feed.flush();
    given.feed.accept([storedMessage(8)]);
    given.feed.flush();
    // 7 went out in the same write as 6.
    expect(all.map((one) => one.ended)).toEqual([['left'], ['left'], []]);
    expect(seqsOf(all[2]!)).toEqual([6, 7, 8]);
    for (const one of all.slice(0, 2)) expect(seqsOf(one)).not.toContain(8);
  });

  it('is told so where he was behind: he was not sent the message that says it, and gets nothing more', async () => {
    const given = feedOf({ stored: 9, known: 5, members: ['ann'] });
    const ann = given.listener('ann');
    given.feed.add(ann, 3);
    expect(given.feed.behindAt(ann)).toBe(3);
    given.feed.accept([gone(6, 'ann')]);
    given.feed.flush();
    expect(ann.ended).toEqual(['left unseen']);
    await given.refill(ann);
    expect(seqsOf(ann)).toEqual([]);
    expect(given.feed.behindAt(ann)).toBeNull();
  });

  it('stays when a later message of the same turn brought him back', () => {
    const given = feedOf({ stored: 9, known: 5, members: ['ann'] });
    const ann = given.listener('ann');
    given.feed.add(ann, 5);
    given.feed.accept([gone(6, 'ann', 'participant.left'), gone(7, 'ann', 'participant.joined'), storedMessage(8)]);
    given.feed.flush();
    expect(ann.ended).toEqual([]);
    expect(seqsOf(ann)).toEqual([6, 7, 8]);
  });

  it('is everybody when the room is removed', () => {
    const given = feedOf({ stored: 9, known: 5, members: ['ann', 'bob'] });
    const all = [given.listener('ann'), given.listener('bob')];
    for (const one of all) given.feed.add(one, 5);
    given.feed.end();
    expect(all.map((one) => one.ended)).toEqual([['gone'], ['gone']]);
    expect(given.feed.listenerCount).toBe(0);
  });
});

function seqs(messages: readonly { seq: number }[]): number[] {
  return messages.map((message) => message.seq);
}
