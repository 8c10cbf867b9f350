import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';

const { store, outbox, product, rows } = await testStore();

/** Tables of which a row stays, also where ROOM_DAYS is set: docs/operations.md says which and why. */
const FOR_EVER = new Set(['people', 'erasures', 'mark_keys']);

/** Tables of which a row stays for ever, or until somebody takes it away, where ROOM_DAYS is not set. */
const STAY = new Set([
  'products',
  'participations',
  'ended_payments',
  'audit',
  'moderations',
  'people',
  'erasures',
  'mark_keys',
  'holds',
  'outbox',
  'outbox_rooms',
  'product_texts',
  'webhooks',
  'address_keys',
]);

it('after a year, and the jobs, no table has a row but those that are kept for ever, and what chat was not told', async () => {
  const full = await product({ maxParticipants: 2, waitingList: true, payment: 'REQUIRED' });
  for (const buyer of ['ben', 'cho']) await store.participations.join(full.id, 1, caller(buyer), null);
  await store.waiting.join(full.id, 1, caller('dan'));
  const digest = Buffer.alloc(32);
  await store.pictures.begin({ id: randomUUID(), userId: 'seller', digest, bytes: 9 }, null, null);
  await rows(
    `INSERT INTO trade.webhooks (id, url, description, secret) VALUES ('wh', 'https://shop.example/hook', '', 's')`,
  );
  await product();
  await rows(`INSERT INTO trade.webhook_deliveries (webhook_id, event_id, type, product_id)
    SELECT 'gone', e.id, e.type, e.product_id FROM trade.webhook_events e`);
  await rows(`INSERT INTO trade.webhook_lanes (webhook_id, product_id, due_at) VALUES ('gone', $1, now())`, full.id);
  await rows(`INSERT INTO trade.address_keys VALUES ('k', 'f')`);
  await rows(
    `INSERT INTO trade.addresses (product_id, user_id, key_id, sealed) VALUES ($1, 'ben', 'k', '\\x00')`,
    full.id,
  );
  await rows(`INSERT INTO trade.address_reads (product_id, user_id, reader_id) VALUES ($1, 'ben', 'seller')`, full.id);
  await rows(
    `INSERT INTO trade.ended_payments (product_id, user_id, quantity, joined_at, payment_status, payment_due_at, cause, ended_at)
     VALUES ($1, 'eve', 1, now(), 'RELEASED', now(), 'withdrawn', now())`,
    full.id,
  );
  await rows(`SELECT trade.hold('USER', 'zoe', true, NULL, NULL)`);
  await rows(`INSERT INTO trade.erasures (person, status, finished_at) VALUES (0, 'DONE', now())`);
  await rows(
    `INSERT INTO trade.idempotency_keys (user_id, route, key, fingerprint, run, locked_until) VALUES ('ann', 'r', 'k', 'f', $1, now())`,
    randomUUID(),
  );
  await rows(`SELECT trade.bar_user('ann', 'block', clock_timestamp() + interval '1 minute', NULL, NULL)`);
  const waiting = (await outbox.items(null, 100, false)).map(({ id }) => id);
  const tables = await rows<{ name: string; columns: string[] }>(
    `SELECT t.table_name AS name, coalesce(array_agg(c.column_name::text) FILTER (WHERE c.udt_name = 'timestamptz'), '{}') AS columns
     FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name)
     WHERE t.table_schema = 'trade' AND t.table_type = 'BASE TABLE' AND t.table_name <> '_prisma_migrations' GROUP BY 1`,
  );
  // Of a table without rows nothing is shown: whoever makes one puts a row in it here.
  for (const { name } of tables) expect((await rows(`SELECT FROM trade.${name}`)).length, name).not.toBe(0);
  for (const { name, columns } of tables) {
    // A trigger keeps the audit as it is.
    if (name === 'audit' || columns.length === 0) continue;
    await rows(
      `UPDATE trade.${name} SET ${columns.map((column) => `${column} = ${column} - interval '1 year'`).join()}`,
    );
  }
  expect(await store.due.endDue(100)).toBe(2);
  // What the ends of just now are told by is aged once more.
  await rows(`UPDATE trade.changes SET at = at - interval '1 year'`);
  await rows(`UPDATE trade.webhook_events SET at = at - interval '1 year'`);
  await rows(`UPDATE trade.products SET closed_at = closed_at - interval '1 year'`);
  while ((await store.due.purge(24 * 3_600_000, 100)) >= 100);
  while ((await store.webhooks.purge(30 * 86_400_000, 100)) >= 100);
  while ((await store.due.eraseAddresses(90, 100)) >= 100);
  await store.pictures.removed(await store.pictures.loose(100));
  await store.bars.act('bob', 'unblock', { byUserId: null });

  for (const { name } of tables) {
    if (STAY.has(name)) continue;
    const where = name === 'bars' ? `WHERE user_id = 'ann'` : '';
    const [found] = await rows<{ left: number }>(`SELECT count(*)::int AS left FROM trade.${name} ${where}`);
    expect(found!.left, name).toBe(0);
  }
  await rows(`SELECT trade.hold('USER', 'zoe', false, NULL, NULL)`);
  // What chat was not told stays until it is, however old.
  expect(waiting.length).toBeGreaterThan(1);
  expect((await outbox.items(null, 100, false)).map(({ id }) => id)).toEqual(expect.arrayContaining(waiting));
});

/** A product that ended a year ago, as chat was told, with so many buyers. */
async function ended(buyers: number, { told = true } = {}): Promise<string> {
  const { id } = await product({ maxParticipants: buyers + 1 });
  for (let i = 0; i < buyers; i++) await store.participations.join(id, 1, caller(`${id.slice(0, 8)}-${i}`), null);
  await store.products.end(id, 'CLOSED', null, caller('seller'), false);
  if (told) await rows('DELETE FROM trade.outbox_rooms WHERE room_id = $1', id);
  if (told) await rows('DELETE FROM trade.outbox WHERE room_id = $1', id);
  await rows(`UPDATE trade.products SET closed_at = closed_at - interval '1 year' WHERE id = $1`, id);
  return id;
}

const left = async (id: string) => (await rows('SELECT 1 FROM trade.products WHERE id = $1', id)).length;

describe('with ROOM_DAYS', () => {
  it('a product goes that long after its end with all that is of it, in portions, and its audit by that job alone', async () => {
    const [old, young] = [await ended(5), await ended(1)];
    await rows(`UPDATE trade.products SET closed_at = closed_at + interval '1 year' WHERE id = $1`, young);
    await rows(`UPDATE trade.moderations SET at = at - interval '1 year'`);
    await expect(rows('DELETE FROM trade.audit WHERE product_id = $1', old)).rejects.toThrow('is not allowed');
    await expect(
      rows(
        `WITH named AS MATERIALIZED (SELECT set_config('trade.retiring', $1, true))
        DELETE FROM trade.audit USING named WHERE product_id = $2`,
        ...[young, old],
      ),
    ).rejects.toThrow('is not allowed');
    // Two instances at once, two rows at a time.
    const removed = await Promise.all([store.due.removeProducts(30, 2), store.due.removeProducts(30, 2)]);
    expect(removed[0] + removed[1]).toBe(1);
    expect([await left(old), await left(young)]).toEqual([0, 1]);
    for (const table of ['audit', 'participations', 'ended_payments', 'waiting', 'addresses', 'moderations']) {
      expect(await rows(`SELECT 1 FROM trade.${table} WHERE product_id = $1`, old), table).toEqual([]);
    }
    expect((await rows('SELECT 1 FROM trade.audit WHERE product_id = $1', young)).length).toBeGreaterThan(0);
    expect(
      await rows(`SELECT 1 FROM trade.moderations WHERE product_id IS NULL AND at < now() - interval '30 days'`),
    ).toEqual([]);
    const tables = await rows<{ name: string }>(
      `SELECT DISTINCT table_name::text AS name FROM information_schema.columns
       WHERE table_schema = 'trade' AND column_name IN ('product_id', 'room_id') AND table_name NOT LIKE 'webhook%'`,
    );
    for (const { name } of tables) {
      if (FOR_EVER.has(name) || name === 'changes') continue;
      const column = name.startsWith('outbox') ? 'room_id' : 'product_id';
      expect(await rows(`SELECT 1 FROM trade.${name} WHERE ${column} = $1`, old), name).toEqual([]);
    }
  });

  it('one stays that is held or has somebody who is, whose money is still held, or of which chat is still to be told', async () => {
    const held = await ended(1);
    const person = await ended(1);
    const paying = await ended(1);
    const releasing = await ended(1);
    const untold = await ended(1, { told: false });
    const lost = await ended(1, { told: false });
    const buyer = `${person.slice(0, 8)}-0`;
    await rows(
      `SELECT trade.hold('PRODUCT', $1, true, NULL, NULL), trade.hold('USER', $2, true, NULL, NULL)`,
      held,
      buyer,
    );
    await rows(
      `UPDATE trade.participations SET payment_status = 'AUTHORIZED', payment_due_at = now(), payment_reference = 'r',
       payment_amount = 1 WHERE product_id = $1`,
      paying,
    );
    await rows(
      `INSERT INTO trade.ended_payments (product_id, user_id, quantity, joined_at, payment_status, payment_due_at, cause, ended_at)
       VALUES ($1, 'eve', 1, now(), 'AUTHORIZED', now(), 'withdrawn', now())`,
      releasing,
    );
    // Chat removed this room by the same days, and said that there is none.
    await rows('UPDATE trade.outbox_rooms SET missing = true WHERE room_id = $1', lost);
    expect(await store.due.removeProducts(30, 100)).toBe(1);
    for (const id of [held, person, paying, releasing, untold]) expect(await left(id), id).toBe(1);
    expect(await left(lost)).toBe(0);
    expect((await outbox.items(null, 100, false)).filter(({ roomId }) => roomId === lost)).toEqual([]);

    await rows(
      `SELECT trade.hold('PRODUCT', $1, false, NULL, NULL), trade.hold('USER', $2, false, NULL, NULL)`,
      held,
      buyer,
    );
    await rows(`UPDATE trade.participations SET payment_status = 'CAPTURED' WHERE product_id = $1`, paying);
    await rows(`UPDATE trade.ended_payments SET payment_status = 'RELEASED' WHERE product_id = $1`, releasing);
    await rows('DELETE FROM trade.outbox_rooms WHERE room_id = $1', untold);
    expect(await store.due.removeProducts(30, 100)).toBe(5);
  });
});
