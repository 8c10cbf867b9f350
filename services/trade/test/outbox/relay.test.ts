import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog, systemClock } from '@gongu/host';
import { eventually } from '@gongu/testkit/eventually';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Deliver, Delivery } from '../../src/outbox/deliver.ts';
import type { OutboxEntry } from '../../src/outbox/outbox-store.ts';
import { createRelay, type RelayOptions } from '../../src/outbox/relay.ts';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';

const { store, outbox, product, rows } = await testStore();
const log = createLog({ service: 'trade', level: 'silent' });

function startRelay(deliver: Deliver, options: Partial<RelayOptions> = {}) {
  const relay = createRelay({ store: outbox, deliver, clock: systemClock, log, pollMs: 5, ...options });
  relay.start();
  onTestFinished(() => relay.stop());
  return relay;
}

const empty = () => eventually(async () => expect((await outbox.backlog()).depth).toBe(0));

/** Plays chat: fails at random, is slow at random, and watches over the order. */
function judgeOfOrder(percents: { next: () => number }) {
  const begun = new Map<string, number>();
  const busy = new Set<string>();
  const taken = new Set<string>();
  const faults: string[] = [];
  const deliver: Deliver = async ({ roomId, id, kind }) => {
    if (busy.has(roomId)) faults.push(`two deliveries at once to ${roomId}`);
    if (Number(id) < (begun.get(roomId) ?? 0)) faults.push(`${id} (${kind}) after ${begun.get(roomId)}`);
    // Nothing crashes here, so what was taken does not come again.
    if (taken.has(id)) faults.push(`${id} (${kind}) again`);
    begun.set(roomId, Math.max(begun.get(roomId) ?? 0, Number(id)));
    busy.add(roomId);
    const percent = percents.next();
    // Every other one at once, which is where relays meet.
    if (percent % 2 === 0) await sleep(percent / 25);
    busy.delete(roomId);
    if (percent < 15) return { kind: 'retry', detail: 'not now', afterMs: 0 };
    if (percent < 20) return { kind: 'unreachable', detail: 'away' };
    taken.add(id);
    return { kind: 'delivered' };
  };
  return { deliver, faults };
}

describe('relays', () => {
  it('two at once, with failures at random, deliver each room in the order of commits and one entry at a time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 0, max: 99 }), { noHistory: true }), async (stream) => {
        const { deliver, faults } = judgeOfOrder({ next: () => stream.next().value });
        const options = { entryPauseMs: 5, awayPauseMs: 5, random: () => 0.5 };
        const relays = [0, 1].map(() =>
          createRelay({ store: outbox, deliver, clock: systemClock, log, pollMs: 5, ...options }),
        );
        for (const relay of relays) relay.start();
        try {
          const products = await Promise.all(Array.from({ length: 6 }, () => product({ maxParticipants: 9 })));
          const buyers = Array.from({ length: 8 }, (_, n) => `b${n}`);
          await Promise.all(
            products.flatMap(({ id }, n) =>
              buyers.map(async (buyer) => {
                await store.participations.join(id, 1, caller(buyer), null);
                relays[n % 2]?.wake();
                if (buyer > 'b4') await store.participations.withdraw(id, caller(buyer));
                relays[1]?.wake();
              }),
            ),
          );
          await empty();
        } finally {
          await Promise.all(relays.map((relay) => relay.stop()));
        }
        expect(faults).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });

  it('follow one that died, when its lease has run out, with the entry it had', async () => {
    const { id } = await product();
    const dead = randomUUID();
    const [first] = await outbox.claim(dead, 10, 300);
    expect(first).toMatchObject({ roomId: id, kind: 'room.open', attempts: 0 });
    const delivered: OutboxEntry[] = [];
    startRelay(async (entry) => {
      delivered.push(entry);
      return { kind: 'delivered' };
    });
    await sleep(100);
    expect(delivered).toEqual([]);
    await empty();
    expect(delivered.map((entry) => entry.id)).toEqual([first?.id]);
    // The dead one wakes up, and its claim is worth nothing any more.
    await store.participations.join(id, 1, caller('ann'), null);
    expect(await outbox.delivered([first as OutboxEntry], dead, 300)).toEqual([]);
    await empty();
    expect(delivered).toHaveLength(2);
  });

  it('do not send what they were held up over until another relay may have it', async () => {
    await product();
    let stoodStillMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + stoodStillMs };
    const sent: string[] = [];
    const given = vi.fn(outbox.giveBack);
    const held = {
      ...outbox,
      giveBack: given,
      async claim(...args: Parameters<typeof outbox.claim>) {
        const entries = await outbox.claim(...args);
        // The process stands still for 10 s between claim and delivery, once.
        if (entries.length > 0 && given.mock.calls.length === 0) stoodStillMs += 10_000;
        return entries;
      },
    };
    const deliver: Deliver = async ({ id }) => {
      sent.push(id);
      return { kind: 'delivered' };
    };
    startRelay(deliver, { store: held, clock });
    await empty();
    expect(given).toHaveBeenCalledTimes(1);
    expect(sent).toHaveLength(1);
  });

  it.each<[string, Delivery | null, string[][]]>([
    [
      'together',
      { kind: 'delivered' },
      [
        ['ann', 'ben', 'cho'],
        ['dan', 'eun'],
      ],
    ],
    ['each by himself where chat refuses them', null, []],
  ])('tell purchases that stand next to each other %s, and nothing else so', async (_, answer, takenTogether) => {
    const { id } = await product({ maxParticipants: 20 });
    for (const buyer of ['ann', 'ben', 'cho']) await store.participations.join(id, 1, caller(buyer), null);
    await store.participations.withdraw(id, caller('ben'));
    for (const buyer of ['dan', 'eun']) await store.participations.join(id, 1, caller(buyer), null);
    const told: string[] = [];
    const together: string[][] = [];
    const attempts: string[] = [];
    const nameOf = ({ kind, payload }: OutboxEntry) => `${kind} ${payload.userId ?? ''}`;
    const relay = startRelay(
      async (entry) => {
        told.push(nameOf(entry));
        return { kind: 'delivered' };
      },
      {
        onAttempt: (entry) => attempts.push(nameOf(entry)),
        async deliverTogether(entries) {
          if (answer !== null) {
            together.push(entries.map(({ payload }) => payload.userId as string));
            told.push(...entries.map(nameOf));
          }
          return answer;
        },
      },
    );
    await empty();
    await relay.stop();
    expect(told).toEqual([
      ...['room.open ', 'buyer.committed ann', 'buyer.committed ben', 'buyer.committed cho'],
      ...['buyer.withdrawn ben', 'buyer.committed dan', 'buyer.committed eun'],
    ]);
    expect(attempts).toEqual(told);
    expect(together).toEqual(takenTogether);
  });

  it('hold a silence over purchases that were told together against the oldest of them, which is told by itself then', async () => {
    const { id } = await product({ maxParticipants: 20 });
    for (const buyer of ['ann', 'ben', 'cho']) await store.participations.join(id, 1, caller(buyer), null);
    const told: string[] = [];
    const nameOf = ({ payload, attempts }: OutboxEntry) => `${payload.userId ?? 'the room'} ${attempts}`;
    startRelay(
      async (entry) => {
        told.push(nameOf(entry));
        return { kind: 'delivered' };
      },
      {
        entryPauseMs: 5,
        async deliverTogether(entries) {
          told.push(entries.map(nameOf).join(' + '));
          if (entries.length < 3) return { kind: 'delivered' };
          return { kind: 'retry', detail: 'no answer', silent: true, afterMs: 0 };
        },
      },
    );
    await empty();
    expect(told).toEqual(['the room 0', 'ann 0 + ben 0 + cho 0', 'ann 1', 'ben 0 + cho 0']);
  });

  it('tell none of those that chat refused together when that took so long that another relay may have them', async () => {
    const { id } = await product({ maxParticipants: 20 });
    for (const buyer of ['ann', 'ben']) await store.participations.join(id, 1, caller(buyer), null);
    let tookMs = 0;
    const given = vi.fn(outbox.giveBack);
    const told: string[] = [];
    startRelay(
      async ({ payload }) => {
        told.push(`${payload.userId ?? 'the room'} after ${given.mock.calls.length} were given back`);
        return { kind: 'delivered' };
      },
      {
        store: { ...outbox, giveBack: given },
        clock: { ...systemClock, monotonic: () => systemClock.monotonic() + tookMs },
        async deliverTogether() {
          tookMs += given.mock.calls.length === 0 ? 5_000 : 0;
          return null;
        },
      },
    );
    await empty();
    expect(told).toEqual(['the room after 0', 'ann after 1', 'ben after 1'].map((one) => `${one} were given back`));
  });

  it('stop after what is under way, and leave the rest to others at once', async () => {
    const { id } = await product();
    for (const buyer of ['ann', 'ben', 'cho']) await store.participations.join(id, 1, caller(buyer), null);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const sent: string[] = [];
    const deliver: Deliver = async ({ kind }) => {
      sent.push(kind);
      await released;
      return { kind: 'delivered' };
    };
    const relay = startRelay(deliver);
    await eventually(() => expect(sent).toEqual(['room.open']));
    const stopped = relay.stop();
    release();
    await stopped;
    expect(sent).toEqual(['room.open']);
    expect(await outbox.claim(randomUUID(), 10, 1)).toMatchObject([{ kind: 'buyer.committed' }]);
    await rows('DELETE FROM outbox');
    await rows('DELETE FROM outbox_rooms');
  });

  it('try one room at a time while chat is away, and count each attempt', async () => {
    await Promise.all(Array.from({ length: 40 }, () => product()));
    let away = true;
    const attempts: string[] = [];
    const deliver: Deliver = async ({ id }) => {
      attempts.push(id);
      return away ? { kind: 'unreachable', detail: 'connect ECONNREFUSED' } : { kind: 'delivered' };
    };
    startRelay(deliver, { awayPauseMs: 50, random: () => 1 });
    await sleep(400);
    // 8 rooms were under way when it went away; since then one about every 50 ms.
    expect(attempts.length).toBeLessThan(25);
    const [row] = await rows<{ attempts: number; errors: number }>(
      "SELECT sum(attempts)::int AS attempts, count(*) FILTER (WHERE last_error = 'connect ECONNREFUSED')::int AS errors FROM outbox",
    );
    expect(row?.attempts).toBeGreaterThanOrEqual(attempts.length - 8);
    expect(row?.errors).toBeGreaterThan(0);
    away = false;
    await empty();
  });

  it('wait as long as chat asks', async () => {
    await product();
    const at: number[] = [];
    const deliver: Deliver = async () => {
      at.push(Date.now());
      return at.length === 1 ? { kind: 'retry', detail: '429', afterMs: 300 } : { kind: 'delivered' };
    };
    startRelay(deliver, { random: () => 0 });
    await empty();
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(299);
  });

  it('deliver at once when woken, whatever the poll', async () => {
    const relay = startRelay(async () => ({ kind: 'delivered' }), { pollMs: 3_600_000 });
    await empty();
    await product();
    relay.wake();
    await empty();
  });

  it('go on when the database was away', async () => {
    let broken = true;
    const flaky = {
      ...outbox,
      claim: (...args: Parameters<typeof outbox.claim>) =>
        broken ? Promise.reject(new Error('no database')) : outbox.claim(...args),
    };
    await product();
    startRelay(async () => ({ kind: 'delivered' }), { store: flaky });
    await sleep(30);
    broken = false;
    await empty();
  });
});
