import { withSearchPath } from '@gongu/host';
import * as fc from 'fast-check';
import pg from 'pg';
import { expect, it } from 'vitest';
import type { Draft } from '../../src/room/ports/message-store.ts';
import { joinOne, opening, person } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
const HOUR_MS = 3_600_000;

/** Something that is said: of few names and few ids, so that much of it was said before. */
interface Saying {
  readonly isSlow: boolean;
  /** Null: the service. */
  readonly sender: 'seller' | 'ann' | 'bob' | null;
  readonly id: string;
  /** It answers a message that is not there. */
  readonly isBad: boolean;
}

const saying: fc.Arbitrary<Saying> = fc.record({
  isSlow: fc.boolean(),
  sender: fc.constantFrom('seller', 'ann', 'bob', null),
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  isBad: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
});
/** A batch, or that an hour goes by. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.array(saying, { minLength: 1, maxLength: 7 }) },
  { weight: 1, arbitrary: fc.constant('an hour' as const) },
);

it('of any batches, with copies and refused ones among them, slow mode lets each guest say one thing at a time', async () => {
  const client = new pg.Client(withSearchPath(given.url, 'chat'));
  await client.connect();
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const { rooms, members, messages } = given.store;
        const [slow, quick] = [opening({ maxParticipants: 9 }), opening({ maxParticipants: 9 })];
        for (const room of [slow, quick]) {
          await rooms.open(room);
          for (const name of ['ann', 'bob']) await joinOne(members, room.roomId, name);
        }
        await rooms.patch(slow.roomId, { slowModeSeconds: HOUR_MS / 1_000 }, []);
        const stored = new Map<string, number>();
        const waiting = new Set<string>();
        for (const next of steps) {
          if (next === 'an hour') {
            waiting.clear();
            await client.query("UPDATE chat.members SET last_sent_at = last_sent_at - interval '1 hour'");
            continue;
          }
          const fresh = new Map<string, number>();
          const heads = new Map<string, number>();
          for (const { roomId } of [slow, quick]) heads.set(roomId, (await rooms.find(roomId))!.lastSeq);
          const drafts = next.map(
            ({ isSlow, sender, id, isBad }): Draft => ({
              ...{ roomId: (isSlow ? slow : quick).roomId, kind: 'CHAT', content: '안녕하세요', clientMessageId: id },
              ...{ sender: sender && person(sender), replyTo: isBad ? 1_000_000 : null },
            }),
          );
          const expected = next.map(({ isSlow, sender, id, isBad }, i) => {
            const { roomId } = drafts[i]!;
            const key = `${roomId} ${sender} ${id}`;
            const before = stored.get(key);
            if (before !== undefined) return { outcome: 'duplicate', seq: before };
            if (isBad) return { outcome: 'REPLY_UNKNOWN' };
            const copy = fresh.get(key);
            if (copy !== undefined) return { outcome: 'duplicate', seq: copy };
            const isHeldBack = isSlow && (sender === 'ann' || sender === 'bob');
            if (isHeldBack && waiting.has(sender)) return { outcome: 'SLOW_MODE' };
            if (isHeldBack) waiting.add(sender);
            const seq = heads.get(roomId)! + 1;
            heads.set(roomId, seq);
            fresh.set(key, seq);
            return { outcome: 'stored', seq };
          });
          const outcomes = await messages.append(drafts);
          expect(outcomes).toMatchObject(expected);
          for (const outcome of outcomes) {
            if (outcome.outcome !== 'SLOW_MODE') continue;
            expect(outcome.waitMs).toBeGreaterThan(0);
            expect(outcome.waitMs).toBeLessThanOrEqual(HOUR_MS);
          }
          for (const [key, seq] of fresh) stored.set(key, seq);
        }
        // Nothing is missing in the middle.
        for (const { roomId } of [slow, quick]) {
          const rows = await messages.after(roomId, 0, 1_000);
          expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1));
        }
      }),
      { numRuns: 60 },
    );
  } finally {
    await client.end();
  }
});
