import { describe, expect, it } from 'vitest';
import { asChanged } from '../../src/hub/rewritten.ts';
import { Ring, RingBudget } from '../../src/hub/ring.ts';
import { createReconcileHeads } from '../../src/jobs/reconcile-heads.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { feedOf } from '../fixture/feed.ts';
import { hubOf } from '../fixture/hub.ts';
import { changeOf, reactionTo, storedMessage, storedMessages } from '../fixture/messages.ts';

const TEXT = 'what was said';
const said = (seq: number) => storedMessage(seq, { content: TEXT, signalType: 'wave' });
const holds = (what: unknown) => JSON.stringify(what).includes(TEXT);

describe('a row of change', () => {
  it('changes what the ring holds: the message, and the rows that told of it before', () => {
    const { feed } = feedOf({ stored: 0, known: 0 });
    const message = said(1);
    feed.accept([message, storedMessage(2), changeOf(message, 3, `${TEXT} at last`)]);
    expect(feed.ring.after(0).filter(holds)).toHaveLength(2);
    feed.accept([changeOf(message, 4, null)]);
    const [first, , edit, deletion] = feed.ring.after(0);
    expect(holds(feed.ring.after(0))).toBe(false);
    expect(first).toMatchObject({ seq: 1, version: 4, content: '', deletedAt: expect.any(String), chatNo: 1 });
    expect(first).not.toHaveProperty('signalType');
    expect(edit!.data).toMatchObject({ change: 'edited', message: { version: 4 } });
    expect(deletion!.data).toMatchObject({ change: 'deleted', message: { version: 4 } });
  });

  it('changes what is about to be written to sockets, and what waits beyond a gap', () => {
    const { feed, listener } = feedOf({ stored: 0, known: 0 });
    const ann = listener('ann');
    feed.add(ann, 0);
    const message = said(1);
    feed.accept([message, changeOf(message, 2, null)]);
    feed.flush();
    expect(ann.events).toHaveLength(2);
    expect(holds(ann.events)).toBe(false);
    const late = said(4);
    // Nothing is known of 3 yet.
    feed.accept([late, changeOf(late, 5, null)]);
    feed.accept([storedMessage(3)]);
    feed.flush();
    expect(ann.events).toHaveLength(5);
    expect(holds(ann.events)).toBe(false);
    expect(holds(feed.ring.after(0))).toBe(false);
  });

  it('that tells of reactions changes the message and the rows about it, in its turn, and goes with a deletion', () => {
    const { feed } = feedOf({ stored: 0, known: 0 });
    const message = said(1);
    feed.accept([message, changeOf(message, 2, 'edited'), reactionTo(message, 3, 1)]);
    const reactions = (count: number) => [expect.objectContaining({ emoji: '👍', count })];
    const [first, edit] = feed.ring.after(0);
    expect(first).toMatchObject({ content: 'edited', version: 3, reactions: reactions(1) });
    expect(edit!.data).toMatchObject({ message: { content: 'edited', version: 3, reactions: reactions(1) } });
    // It waits for the edit that was before it: else the text of then would pass for that of now.
    feed.accept([reactionTo(message, 5, 2)]);
    expect(feed.ring.after(0)[0]).toMatchObject({ version: 3 });
    feed.accept([changeOf(message, 4, 'edited again')]);
    expect(feed.ring.after(0)[0]).toMatchObject({ content: 'edited again', version: 5, reactions: reactions(2) });
    expect(feed.ring.after(2)[0]!.data).toMatchObject({ seq: 1, version: 3, reactions: reactions(2), emoji: '👍' });
    feed.accept([changeOf(message, 6, null)]);
    expect(JSON.stringify(feed.ring.after(0))).not.toContain('👍');
  });

  it('that tells of reactions and waits beyond a gap is changed once by each deletion that comes, which ends', () => {
    const { feed } = feedOf({ stored: 0, known: 0 });
    const message = said(1);
    feed.accept([message]);
    // Nothing is known of 2 yet.
    feed.accept([reactionTo(message, 3, 1), reactionTo(message, 4, 2), changeOf(message, 5, null)]);
    feed.accept([storedMessage(2)]);
    expect(feed.ring.after(0).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(JSON.stringify(feed.ring.after(0))).not.toContain('👍');
  });

  it('with an older copy than the one that is held changes nothing', () => {
    const { feed } = feedOf({ stored: 0, known: 0 });
    const message = said(1);
    const [edit, deletion] = [changeOf(message, 2, `${TEXT} at last`), changeOf(message, 3, null)];
    feed.accept([message]);
    // Read from the store after the deletion.
    feed.accept([{ ...edit, data: deletion.data } as StoredMessage]);
    expect(holds(feed.ring.after(0))).toBe(false);
    feed.accept([deletion]);
    expect(feed.ring.after(0)[0]).toMatchObject({ version: 3 });
  });

  it('is no coming or going of participants', () => {
    const { feed } = feedOf({ stored: 0, known: 0 });
    feed.accept([said(1), changeOf(said(1), 2)]);
    expect(feed.countsMoved).toBe(false);
  });

  it('is counted in the bytes that rings hold together', () => {
    const budget = new RingBudget(10_000_000);
    const ring = new Ring([], { capacity: 10, maxBytes: 1_000_000, budget });
    const long = storedMessage(1, { content: 'x'.repeat(1_000) });
    ring.push(long);
    const change = changeOf(long, 2, null);
    ring.rewrite((change.data as { message: never }).message);
    ring.push(change);
    expect(ring.bytes).toBe(budget.bytes);
    expect(ring.bytes).toBeLessThan(2_000);
    ring.release();
    expect(budget.bytes).toBe(0);
  });
});

const listener = () => ({
  ...{ userId: 'ann', key: () => '', encode: () => null, write: () => true },
  ...{ onBehind() {}, onEnded() {}, onEntered() {}, onUnwatched() {} },
});
const watching = 'user';

it('a page that is kept for who joins next is dropped with the text in it', async () => {
  const { hub, store, commit } = hubOf();
  const message = store({ content: TEXT });
  const attach = (after: number | null = null) => hub.attach('room', listener(), { after, reached: 0, watching });
  expect(holds((await attach()).messages)).toBe(true);
  expect(holds((await attach()).messages)).toBe(true);
  const { seq: _, ...deletion } = changeOf(message, 2, null);
  commit([store(deletion as never)]);
  expect((await attach()).messages.map(({ version }) => version)).toEqual([2, 2]);
  expect(holds((await attach()).messages)).toBe(false);
  expect(holds((await attach(0)).messages)).toBe(false);
  hub.close();
});

it.each([
  ['15 s after its signal was lost', 15_000],
  ['1 s later where the bus is known to be down', 1_000],
])('what was deleted at another instance is nowhere here %s', async (_, headIntervalMs) => {
  const { hub, store, commit } = hubOf();
  const shown = async () => {
    const [page, missed] = [null, 0].map((after) => hub.attach('room', listener(), { after, reached: 0, watching }));
    return JSON.stringify([await page, await missed]);
  };
  await shown();
  const message = store({ content: TEXT });
  commit([message]);
  const { seq: _seq, ...deletion } = changeOf(message, 2, null);
  // Nobody is told.
  store(deletion as never);
  let nowMs = 0;
  const look = createReconcileHeads({
    headIntervalMs: () => headIntervalMs,
    reconcile: hub.reconcile,
    now: () => nowMs,
  });
  for (; holds(await shown()) && nowMs < 60_000; nowMs += 250) {
    await look();
    // What is missing is read after the heads.
    await new Promise((resolve) => setImmediate(resolve));
  }
  // One step beyond the look that found it.
  expect(nowMs - 250).toBe(headIntervalMs);
  hub.close();
});

it('rows of different moments are shown as the newest of them says', () => {
  const message = said(1);
  const rows = [message, storedMessage(2), changeOf(message, 3, `${TEXT} at last`), changeOf(message, 4, null)];
  expect(holds(asChanged(rows))).toBe(false);
  const plain = storedMessages(1, 3);
  expect(asChanged(plain)).toBe(plain);
});
