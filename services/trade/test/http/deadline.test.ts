import type { AuditEntry, Product } from '@gongu/shared';
import { eventually } from '@gongu/testkit/eventually';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start, chat, rows } = await testTrade();
const server = await start();
const { call } = server;
// A store without a scheduler: nothing here ends a product but the functions themselves.
const quiet = await testStore();
const restarted = await testTrade();

type Rows = <T>(sql: string, ...values: unknown[]) => Promise<T[]>;

/**
 * Moves a product's deadline to `ms` from now by the database's clock: a test on a slow machine must not miss it.
 *
 * @returns the deadline
 */
async function due(rows: Rows, id: string, ms = 0): Promise<Date> {
  const sql =
    "UPDATE products SET deadline = clock_timestamp() + $2 * interval '1 ms' WHERE id = $1 RETURNING deadline";
  const [row] = await rows<{ deadline: Date }>(sql, id, ms);
  return row!.deadline;
}

/** Resolves when the database's clock has passed the instant. */
async function passed(at: Date): Promise<void> {
  await eventually(async () => {
    const [row] = await quiet.rows<{ past: boolean }>('SELECT clock_timestamp() > $1 AS past', at);
    expect(row?.past).toBe(true);
  });
}

describe('at the deadline', () => {
  it('a product with enough buyers becomes CLOSED and one with too few CANCELLED, soon and without anybody asking', async () => {
    const filled = await create(server, { minParticipants: 1 });
    const underfilled = await create(server, { minParticipants: 2 });
    for (const { id } of [filled, underfilled]) {
      expect((await call('POST', `/api/products/${id}/participations`, { as: 'ann' })).status).toBe(201);
    }
    const deadline = await due(rows, filled.id, 100);
    await due(rows, underfilled.id, 100);
    const read = async ({ id }: Product) => (await call<Product>('GET', `/api/products/${id}`)).body;
    await eventually(async () => {
      expect(await read(filled)).toMatchObject({ status: 'CLOSED', reason: 'DEADLINE' });
      expect(await read(underfilled)).toMatchObject({ status: 'CANCELLED', reason: 'UNDERFILLED' });
    });
    const lateMs = Date.parse((await read(filled)).closedAt ?? '') - deadline.getTime();
    expect(lateMs).toBeGreaterThanOrEqual(0);
    // One second of the schedule, and what a machine under load adds to it.
    expect(lateMs).toBeLessThan(6_000);
    await eventually(() => expect(chat.rooms.get(filled.id)?.room.status).toBe('CLOSED'));
    await eventually(() =>
      expect(chat.rooms.get(underfilled.id)?.room).toMatchObject({ status: 'CANCELLED', reason: 'UNDERFILLED' }),
    );
    const audit = await call<{ items: AuditEntry[] }>('GET', `/api/products/${filled.id}/audit`, { as: 'seller:sel' });
    expect(audit.body.items.at(-1)).toMatchObject({ event: 'product.closed', actor: null, reason: 'DEADLINE' });
    for (const as of ['ben', 'cho']) {
      const late = await call('POST', `/api/products/${filled.id}/participations`, { as });
      expect([late.status, late.body.code]).toEqual([409, 'DEADLINE_PASSED']);
    }
  });

  it('a buyer who waited for the row past it is too late, though he asked in time', async () => {
    const { id } = await quiet.product();
    const deadline = await due(quiet.rows, id, 1_000);
    const client = new pg.Client({ connectionString: quiet.url, options: '-c search_path=trade' });
    await client.connect();
    onTestFinished(() => client.end());
    // As a purchase would that takes its time. The row stays as it is, so only the time decides.
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM products WHERE id = $1 FOR UPDATE', [id]);
    const purchase = quiet.store.participations.join(id, 1, caller('ann'), null);
    await passed(deadline);
    await client.query('COMMIT');
    expect(await purchase).toMatchObject({ outcome: 'ended', product: { status: 'CANCELLED', reason: 'UNDERFILLED' } });
    expect(await quiet.store.participations.find(id, 'ann')).toBeNull();
  });

  it('a late scheduler lets nobody in: whoever comes first ends the product', async () => {
    const { id } = await quiet.product();
    await quiet.store.participations.join(id, 1, caller('ann'), null);
    await due(quiet.rows, id);
    expect(await quiet.store.participations.join(id, 1, caller('ben'), null)).toMatchObject({ outcome: 'ended' });
    expect(await quiet.store.products.find(id)).toMatchObject({
      status: 'CLOSED',
      reason: 'DEADLINE',
      participantCount: 1,
    });
    expect(await quiet.store.products.endDue(100)).toBe(0);
  });

  it.each([
    ['withdraw', (id: string) => quiet.store.participations.withdraw(id, caller('ann')), 'ended'],
    [
      'edit',
      (id: string) =>
        quiet.store.products.edit(id, { deadline: new Date(Date.now() + 9_999) }, null, caller('seller'), false),
      'ended',
    ],
    ['close', (id: string) => quiet.store.products.end(id, 'CLOSED', null, caller('seller'), false), 'ok'],
    ['cancel', (id: string) => quiet.store.products.end(id, 'CANCELLED', null, caller('seller'), false), 'illegal'],
  ] as const)('%s comes too late as well', async (_, act, outcome) => {
    const { id } = await quiet.product();
    await quiet.store.participations.join(id, 1, caller('ann'), null);
    await due(quiet.rows, id);
    expect(await act(id)).toMatchObject({
      outcome,
      product: { status: 'CLOSED', reason: 'DEADLINE', participantCount: 1 },
    });
  });

  it('purchases in flight from both sides of it are in or out by the clock of the database', async () => {
    const { id } = await quiet.product({ maxParticipants: 100_000 });
    const join = async (n: number) => (await quiet.store.participations.join(id, 1, caller(`b${n}`), null)).outcome;
    const many = (from: number, to: number) => Promise.all(Array.from({ length: to - from }, (_, n) => join(from + n)));
    const before = await many(0, 20);
    const deadline = await due(quiet.rows, id, 60);
    const around = await many(20, 320);
    await passed(deadline);
    const after = await many(320, 340);
    expect(new Set(before)).toEqual(new Set(['ok']));
    expect(new Set(after)).toEqual(new Set(['ended']));
    const bought = [...before, ...around].filter((outcome) => outcome === 'ok').length;
    const [row] = await quiet.rows<{ count: number; last: Date }>(
      'SELECT count(*)::int AS count, max(joined_at) AS last FROM participations WHERE product_id = $1',
      id,
    );
    expect(row?.count).toBe(bought);
    expect(row?.last.getTime()).toBeLessThan(deadline.getTime());
    expect(await quiet.store.products.find(id)).toMatchObject({ participantCount: bought, reason: 'DEADLINE' });
  });

  it('of several instances each product has one winner', async () => {
    const products = await Promise.all(Array.from({ length: 250 }, () => quiet.product()));
    await quiet.rows("UPDATE products SET deadline = clock_timestamp() WHERE status = 'RECRUITING'");
    const winners = await Promise.all(Array.from({ length: 8 }, () => quiet.store.products.endDue(50)));
    const rest = await quiet.store.products.endDue(1_000);
    expect(winners.reduce((sum, ended) => sum + ended, rest)).toBe(products.length);
    const [row] = await quiet.rows<{ count: number }>(
      "SELECT count(*)::int FROM audit WHERE event = 'product.cancelled' AND product_id = ANY($1)",
      products.map(({ id }) => id),
    );
    expect(row?.count).toBe(products.length);
  });

  it('what nobody was there for is caught up at start', async () => {
    const { start, rows, chat } = restarted;
    const first = await start();
    const { id } = await create(first);
    await eventually(() => expect(chat.rooms.has(id)).toBe(true));
    await first.stop();
    await due(rows, id);
    expect(await rows('SELECT status FROM products WHERE id = $1', id)).toEqual([{ status: 'RECRUITING' }]);
    const second = await start();
    await eventually(async () => {
      expect((await second.call<Product>('GET', `/api/products/${id}`)).body.reason).toBe('UNDERFILLED');
      expect(chat.rooms.get(id)?.room.status).toBe('CANCELLED');
    });
  });
});
