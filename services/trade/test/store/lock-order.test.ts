import { randomUUID } from 'node:crypto';
import { createLog } from '@gongu/host';
import pg from 'pg';
import { expect, it } from 'vitest';
import { createOutboxStore } from '../../src/outbox/outbox-store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { caller } from '../fixture/people.ts';
import { newProduct, testStore } from '../fixture/store.ts';

const given = await testStore({ max: 4 });

const ROUNDS = 12;
let made = 0;

it('no two functions that write ever wait for each other: every pair at once, over the same products in both orders', async () => {
  const log = createLog({ service: 'trade', level: 'silent' });
  const sides = [0, 1].map(() => openStore({ url: given.url, max: 4, log, onCommit: () => {} }));
  const outside = new pg.Client({ connectionString: given.url });
  await outside.connect();
  const faults: string[] = [];
  try {
    const [one, two] = sides.map(callsOf);
    const names = Object.keys(one!) as (keyof ReturnType<typeof callsOf>)[];
    for (const [i, first] of names.entries()) {
      for (const second of names.slice(i)) {
        const products = await Promise.all(
          Array.from({ length: 3 }, () =>
            given
              .product({ maxParticipants: 4, payment: 'REQUIRED', waitingList: true }, 'seller')
              .then(({ id }) => id),
          ),
        );
        // So that it passes while they run, however long it took until here.
        await outside.query(
          `UPDATE trade.products SET deadline = clock_timestamp() + interval '100 ms' WHERE id = ANY ($1)`,
          [products],
        );
        const reversed = [...products].reverse();
        const both = Array.from({ length: ROUNDS }, () => [one![first](products), two![second](reversed)]).flat();
        for (const ended of await Promise.allSettled(both)) {
          if (ended.status === 'rejected') faults.push(`${first} beside ${second}: ${ended.reason}`);
        }
      }
    }
    await outside.query('SELECT pg_stat_force_next_flush()');
    const deadlocks = async () =>
      (await outside.query('SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()'))
        .rows[0].n as number;
    await expect.poll(deadlocks, { timeout: 3_000 }).toBe(0);
    expect(faults).toEqual([]);
  } finally {
    await outside.end();
    await Promise.all(sides.map((side) => side.close()));
  }
}, 180_000);

/** Every call that writes, over several products where it can. */
function callsOf({ products, participations, waiting, keys, due, reconcile, pool }: ReturnType<typeof openStore>) {
  const outbox = createOutboxStore({ pool });
  const each = async (ids: readonly string[], call: (id: string) => Promise<unknown>) => {
    for (const id of ids) await call(id);
  };
  const claim = () => ({ userId: 'ann', route: 'r', key: `k-${made++ % 4}`, run: randomUUID() });
  return {
    create: async () => void (await products.create(newProduct(), caller('seller'), null)),
    join: (ids: readonly string[]) => each(ids, (id) => participations.join(id, 1, caller(`u-${made++ % 6}`), null)),
    joinTogether: (ids: readonly string[]) =>
      each(ids, (id) =>
        Promise.all(Array.from({ length: 3 }, () => participations.join(id, 1, caller(randomUUID()), null))),
      ),
    withdraw: (ids: readonly string[]) => each(ids, (id) => participations.withdraw(id, caller(`u-${made++ % 6}`))),
    changeQuantity: (ids: readonly string[]) =>
      each(ids, (id) => participations.changeQuantity(id, 1 + (made++ % 3), caller(`u-${made % 6}`))),
    report: (ids: readonly string[]) =>
      each(ids, (id) => {
        const status = made++ % 3 ? 'AUTHORIZED' : 'FAILED';
        return participations.reportPayment(id, `u-${made % 6}`, { status, reference: 'r', amount: 99_000 }, {});
      }),
    reportTogether: (ids: readonly string[]) =>
      each(ids, (id) =>
        Promise.all(
          Array.from({ length: 4 }, (_, i) => {
            const report = { status: 'AUTHORIZED' as const, reference: 'r', amount: 99_000 };
            return participations.reportPayment(id, `u-${i}`, report, {});
          }),
        ),
      ),
    wait: (ids: readonly string[]) => each(ids, (id) => waiting.join(id, 1, caller(`u-${made++ % 6}`))),
    waitNoMore: (ids: readonly string[]) => each(ids, (id) => waiting.leave(id, caller(`u-${made++ % 6}`))),
    expire: async () => void (await due.expirePayments(100)),
    edit: (ids: readonly string[]) =>
      each(ids, (id) => products.edit(id, { title: `t-${made++}` }, null, caller('seller'), false)),
    end: (ids: readonly string[]) =>
      each(ids.slice(0, 1), (id) => products.end(id, 'CANCELLED', null, caller('seller'), false)),
    endDue: async () => void (await due.endDue(100)),
    remove: async () => void (await due.removeProducts(0, 2)),
    purge: async () => void (await due.purge(0, 5)),
    key: async () => {
      const one = claim();
      await keys.begin(one, 'f', 10, 60_000);
      await keys.abandon(one);
    },
    keptKey: async (ids: readonly string[]) => {
      const one = claim();
      const { state } = await keys.begin(one, 'f', 10, 60_000);
      // Another run may take over at any time, and then this one is undone.
      if (state === 'started') await participations.join(ids[0]!, 1, caller(randomUUID()), one).catch(takenOver);
    },
    heal: (ids: readonly string[]) => each(ids, (id) => reconcile.heal(id, ['x', 'y'])),
    resend: (ids: readonly string[]) => each(ids, (id) => reconcile.resend(id, made++ % 2 === 0)),
    outbox: async () => {
      const id = randomUUID();
      for (const entry of await outbox.claim(id, 4, 1_000)) {
        if (made++ % 3 === 0) await outbox.park(entry, id, 'no');
        else if (made % 3 === 1) await outbox.giveBack(entry, id);
        else await outbox.delivered([entry], id, 1_000);
      }
    },
    unpark: async () => {
      for (const { id } of await outbox.items(null, 5, true)) await outbox.unpark(id, made++ % 2 ? 'retry' : 'discard');
    },
  };
}

function takenOver(error: { code?: string }): void {
  if (error.code !== 'CONFLICT') throw error;
}
