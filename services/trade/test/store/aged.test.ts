import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { testStore } from '../fixture/store.ts';

const { store, outbox, product, rows } = await testStore();

/** Tables of which a row stays for ever, or until somebody takes it away: docs/operations.md says which and why. */
const STAY = new Set([
  'products',
  'participations',
  'ended_payments',
  'audit',
  'moderations',
  'people',
  'erasures',
  'holds',
  'outbox',
  'outbox_rooms',
]);

it('after a year, and the jobs, no table has a row but those that are kept for ever, and what chat was not told', async () => {
  await product();
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
  for (const { name, columns } of tables) {
    // A trigger keeps the audit as it is.
    if (name === 'audit' || columns.length === 0) continue;
    await rows(
      `UPDATE trade.${name} SET ${columns.map((column) => `${column} = ${column} - interval '1 year'`).join()}`,
    );
  }
  while ((await store.due.purge(24 * 3_600_000, 100)) >= 100);
  await store.bars.act('bob', 'unblock', { byUserId: null });

  for (const { name } of tables) {
    if (STAY.has(name)) continue;
    const where = name === 'bars' ? `WHERE user_id = 'ann'` : '';
    const [found] = await rows<{ left: number }>(`SELECT count(*)::int AS left FROM trade.${name} ${where}`);
    expect(found!.left, name).toBe(0);
  }
  // What chat was not told stays until it is, however old.
  expect(waiting).toHaveLength(1);
  expect((await outbox.items(null, 100, false)).map(({ id }) => id)).toEqual(waiting);
});
