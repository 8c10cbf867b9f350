import { createLog, systemClock } from '@gongu/host';
import type { Divergence, Product, Room } from '@gongu/shared';
import { serviceToken } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createChatApi } from '../../src/chat/chat-api.ts';
import { createDeliver } from '../../src/outbox/deliver.ts';
import { createRelay } from '../../src/outbox/relay.ts';
import { differences } from '../../src/product/divergence.ts';
import { createReconcile } from '../../src/product/reconcile.ts';
import { startChatServer } from '../fixture/chat-server.ts';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';
import { SERVICE_SECRET } from '../fixture/tokens.ts';

const { store, outbox, product, rows } = await testStore();
const chat = await startChatServer(SERVICE_SECRET);
const api = createChatApi({ url: chat.url, signService: async () => serviceToken({ secret: SERVICE_SECRET }) });
const log = createLog({ service: 'trade', level: 'silent' });
const relay = createRelay({
  store: outbox,
  deliver: createDeliver({ chat: api }),
  clock: systemClock,
  log,
  pollMs: 5,
  random: () => 0,
});
const found: (Divergence & { healed: boolean })[] = [];
const compared: number[] = [];
const reconcile = createReconcile({
  store: store.reconcile,
  rooms: api,
  onDivergence: (divergence, healed) => found.push({ ...divergence, healed }),
  onCompared: (diverged) => compared.push(diverged),
  now: Date.now,
});
relay.start();
afterAll(async () => {
  await relay.stop();
  await chat.kill();
});
beforeEach(() => {
  found.length = 0;
});

const settled = () => eventually(async () => expect((await outbox.backlog()).depth).toBe(0));
const roomOf = ({ id }: Product) => chat.rooms.get(id)?.room;

/** A product with two buyers, known to chat. */
async function told(fields: Parameters<typeof product>[0] = {}): Promise<Product> {
  const made = await product(fields);
  for (const buyer of ['ann', 'ben']) await store.participations.join(made.id, 1, caller(buyer), null);
  await settled();
  return made;
}

describe('the comparison with chat', () => {
  it('says nothing where both agree', async () => {
    await told();
    await told({ maxParticipants: 2 });
    const calls = chat.calls.length;
    expect(await reconcile.compare()).toBe(0);
    expect(chat.calls.slice(calls).every(({ what }) => what === 'find' || what === 'list')).toBe(true);
  });

  it('heals a room that lost its buyers, its cap or its end', async () => {
    const open = await told();
    const full = await told({ maxParticipants: 2 });
    chat.rooms.get(open.id)?.committed.clear();
    Object.assign(roomOf(open) as Room, { committedCount: 0, maxParticipants: 3 });
    Object.assign(roomOf(full) as Room, { status: 'CANCELLED', reason: 'EXPIRED' });
    expect(await reconcile.compare()).toBe(2);
    await settled();
    expect(roomOf(open)).toMatchObject({ committedCount: 2, maxParticipants: 5, status: 'ACTIVE' });
    expect(roomOf(full)).toMatchObject({ status: 'CLOSED', reason: 'FULL' });
    expect(new Map(found.map((one) => [one.productId, one]))).toEqual(
      new Map([
        [
          open.id,
          {
            productId: open.id,
            fields: ['committedCount', 'maxParticipants', 'buyers'],
            missingBuyers: ['ann', 'ben'],
            extraBuyers: [],
            healed: true,
          },
        ],
        [full.id, { productId: full.id, fields: ['status'], missingBuyers: [], extraBuyers: [], healed: true }],
      ]),
    );
    expect(compared.at(-1)).toBe(2);
    expect(await reconcile.compare()).toBe(0);
  });

  it('finds a buyer whom trade does not know, and one whom chat does not, though their numbers are the same', async () => {
    const { id } = await told();
    const room = chat.rooms.get(id)!;
    room.committed.delete('ben');
    for (const stranger of ['x-1', 'x-2', 'x-3', 'x-4']) room.committed.add(stranger);
    room.room.committedCount = room.committed.size;
    const calls = chat.told(id).length;
    expect(await reconcile.look()).toMatchObject({
      ...{ consistent: false, diverged: 1, pending: 0 },
      items: [
        { fields: ['committedCount', 'buyers'], missingBuyers: ['ben'], extraBuyers: ['x-1', 'x-2', 'x-3', 'x-4'] },
      ],
    });
    expect(await reconcile.compare()).toBe(1);
    await settled();
    expect([...room.committed].sort()).toEqual(['ann', 'ben']);
    // First those who are none: one of their places may be the one that a buyer needs.
    expect(chat.told(id).slice(calls, calls + 4)).toEqual(['x-1', 'x-2', 'x-3', 'x-4'].map((x) => `uncommitted ${x}`));
    expect(await reconcile.look()).toMatchObject({ consistent: true, diverged: 0, items: [] });
  });

  it('does not take a buyer for missing who left the conversation', async () => {
    const { id } = await told();
    chat.rooms.get(id)!.left.add('ann');
    expect(await reconcile.compare()).toBe(0);
  });

  it('shows what telling chat again would not mend, and parks nothing for it', async () => {
    const closed = await told({ maxParticipants: 2 });
    const cancelled = await told();
    await store.products.end(cancelled.id, 'CANCELLED', null, caller('seller'), false);
    await settled();
    chat.rooms.get(closed.id)!.committed.delete('ann');
    (roomOf(closed) as Room).committedCount = 1;
    chat.rooms.get(cancelled.id)!.committed.add('stranger');
    (roomOf(cancelled) as Room).committedCount = 3;
    expect(await reconcile.compare()).toBe(2);
    expect(found.map(({ healed }) => healed)).toEqual([false, false]);
    expect((await outbox.backlog()).depth).toBe(0);
    expect((await reconcile.look()).diverged).toBe(2);
    for (const { id } of [closed, cancelled]) {
      await rows("UPDATE products SET closed_at = now() - interval '2 days' WHERE id = $1", id);
    }
  });

  it('opens a room again that chat has lost, with buyers and end', async () => {
    const open = await told();
    const cancelled = await told();
    await store.products.end(cancelled.id, 'CANCELLED', '재고 부족', caller('seller'), false);
    await settled();
    for (const { id } of [open, cancelled]) chat.rooms.delete(id);
    expect(await reconcile.compare()).toBe(2);
    await settled();
    expect(roomOf(open)).toMatchObject({ committedCount: 2, status: 'ACTIVE', title: open.title });
    expect(roomOf(cancelled)).toMatchObject({ committedCount: 2, status: 'CANCELLED', reason: '재고 부족' });
  });

  it('leaves alone what has something on its way, and what ended long ago', async () => {
    const waiting = await told();
    const old = await told({ maxParticipants: 2 });
    await rows("UPDATE products SET closed_at = now() - interval '2 days' WHERE id = $1", old.id);
    chat.rooms.delete(old.id);
    chat.disturb(({ what }) => (what === 'committed cho' ? { refuse: 'ROOM_FULL' } : undefined));
    await store.participations.join(waiting.id, 1, caller('cho'), null);
    relay.wake();
    await eventually(async () => expect((await outbox.backlog()).parked).toBe(1));
    expect(await reconcile.compare()).toBe(0);
    chat.behave();
    const [parked] = await outbox.items(null, 1, true);
    await outbox.unpark(parked!.id, 'discard');
    expect(await reconcile.compare()).toBe(1);
    await settled();
    expect(roomOf(waiting)?.committedCount).toBe(3);
  });

  it('reads thousands of buyers in pages, names a hundred, and takes a thousand back at a time', async () => {
    const { id } = await product({ maxParticipants: 5_000 });
    await settled();
    await rows(
      `INSERT INTO participations (product_id, user_id, nickname, quantity)
       SELECT $1, 'buyer-' || n, 'b', 1 FROM generate_series(1, 2500) n`,
      id,
    );
    await rows('UPDATE products SET participant_count = 2500, version = version + 1 WHERE id = $1', id);
    const { room, committed } = chat.rooms.get(id)!;
    for (let n = 1; n <= 1_020; n++) committed.add(`x-${n}`);
    room.committedCount = committed.size;
    const pages: string[][] = [];
    const extras: (readonly string[])[] = [];
    const told: Divergence[] = [];
    const watched = createReconcile({
      store: {
        ...store.reconcile,
        async buyers(productId, afterId, limit) {
          const page = await store.reconcile.buyers(productId, afterId, limit);
          pages.push(page);
          return page;
        },
        async heal(_, extra) {
          extras.push(extra);
          return true;
        },
      },
      ...{ rooms: api, onDivergence: (one) => told.push(one), onCompared: () => {}, now: Date.now },
    });
    const { items } = await watched.look();
    const item = items.find(({ productId }) => productId === id)!;
    expect([item.missingBuyers.length, item.extraBuyers.length]).toEqual([100, 100]);
    const all = Array.from({ length: 2_500 }, (_, i) => `buyer-${i + 1}`);
    expect(
      pages
        .flat()
        .filter((userId) => userId.startsWith('buyer-'))
        .sort(),
    ).toEqual(all.sort());
    expect(Math.max(...pages.map((page) => page.length))).toBe(1_000);
    await watched.compare();
    expect(told.find(({ productId }) => productId === id)?.missingBuyers).toHaveLength(2_500);
    expect(extras.map((extra) => extra.length)).toEqual([1_000]);
    await rows("UPDATE products SET closed_at = now() - interval '2 days', status = 'CANCELLED' WHERE id = $1", id);
  });

  it('stops when chat does not answer', async () => {
    await told();
    await chat.kill();
    await expect(reconcile.compare()).rejects.toThrow();
    await chat.revive();
  });
});

describe('a room that chat lost while there was something to tell', () => {
  it('is opened again, with everything that came since', async () => {
    const lost = await told();
    chat.rooms.delete(lost.id);
    await store.participations.join(lost.id, 1, caller('cho'), null);
    relay.wake();
    await eventually(async () => expect(await store.reconcile.missing(new Date(0), 10)).toEqual([lost.id]));
    await eventually(async () => expect(await reconcile.reopen()).toBe(1));
    await settled();
    expect(roomOf(lost)?.committedCount).toBe(3);
    expect(await reconcile.reopen()).toBe(0);
  });
});

describe('a room that chat removed as its days were over', () => {
  it('is not looked for, and not opened again', async () => {
    const old = await told();
    await store.products.end(old.id, 'CANCELLED', null, caller('seller'), false);
    await settled();
    chat.rooms.delete(old.id);
    await rows("UPDATE products SET closed_at = now() - interval '23.5 hours' WHERE id = $1", old.id);
    const short = createReconcile({
      ...{ store: store.reconcile, rooms: api, roomDays: 1, now: Date.now },
      ...{ onDivergence: ({ productId }) => void gone.push(productId), onCompared: () => {} },
    });
    const gone: string[] = [];
    await short.compare();
    expect(gone).not.toContain(old.id);
    expect(await reconcile.look()).toMatchObject({ consistent: false });
    await reconcile.compare();
    await eventually(async () => expect(roomOf(old)).toMatchObject({ status: 'CANCELLED' }));
    await settled();

    chat.rooms.delete(old.id);
    await rows(`SELECT trade.enqueue($1, 'buyer.withdrawn', '{"userId":"ann"}', '{}')`, old.id);
    relay.wake();
    await eventually(async () => expect(await store.reconcile.missing(new Date(0), 10)).toEqual([old.id]));
    expect(await short.reopen()).toBe(0);
    expect(gone).not.toContain(old.id);
    await eventually(async () => expect(await reconcile.reopen()).toBe(1));
    await settled();
  });
});

describe('differences', () => {
  const room = {
    status: 'ACTIVE',
    committedCount: 1,
    maxParticipants: 5,
    minParticipants: 1,
    expiresAt: '2027-01-01T00:00:00.000Z',
    title: 'other',
  } as Room;
  const same = {
    status: 'RECRUITING',
    participantCount: 1,
    committedCount: 1,
    maxParticipants: 5,
    minParticipants: 1,
    deadline: '2027-01-01T00:00:00.000Z',
    title: 'one',
  } as Product;

  it('are none in the title, which the host may change, nor in the limits of a product that has ended', () => {
    expect(differences(same, room)).toEqual([]);
    expect(differences({ ...same, status: 'CLOSED', maxParticipants: 9 }, { ...room, status: 'CLOSED' })).toEqual([]);
  });

  it('are told by field', () => {
    expect(differences({ ...same, deadline: '2027-01-02T00:00:00.000Z', minParticipants: 2 }, room)).toEqual([
      'minParticipants',
      'expiresAt',
    ]);
    expect(differences({ ...same, status: 'CANCELLED' }, room)).toEqual(['status']);
  });
});
