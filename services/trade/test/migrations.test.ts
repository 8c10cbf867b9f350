import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffMigrations, draftMigration, migrate } from '@gongu/host';
import { inRepository, testDatabase } from '@gongu/testkit';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { TRADE_SCHEMA } from '../src/store/open-store.ts';

test("trade's migrations build the tables that schema.prisma describes", async () => {
  const database = await testDatabase();
  try {
    expect(await diffMigrations({ url: database.url, schema: TRADE_SCHEMA, dir: inRepository('prisma/trade') })).toBe(
      '',
    );
  } finally {
    await database.drop();
  }
});

test("trade's migrations build the functions that prisma/trade/functions holds, and no others", async () => {
  const database = await testDatabase();
  try {
    // What is printed here is what `pnpm migration trade NAME` writes.
    expect(await draftMigration({ url: database.url, schema: TRADE_SCHEMA, dir: inRepository('prisma/trade') })).toBe(
      '',
    );
  } finally {
    await database.drop();
  }
});

test('units of products that were sold before they were counted are the sum of what was bought, also where it ended', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const dir = await mkdtemp(join(tmpdir(), 'gongu-trade-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  await cp(inRepository('prisma/trade'), dir, { recursive: true });
  const later = (await readdir(join(dir, 'migrations'))).filter((name) => name >= '0008' && /^\d/.test(name));
  for (const name of later) await rm(join(dir, 'migrations', name), { recursive: true });
  const target = { url: database.url, schema: TRADE_SCHEMA };
  await migrate({ ...target, dir });

  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(() => client.end());
  const buy = (id: string, user: string, quantity: number) =>
    client.query("SELECT trade.join_product($1, $2, $2, NULL, $3, '{}', NULL)", [id, user, quantity]);
  for (const [id, most] of [
    ['open', 5],
    ['full', 2],
    ['unsold', 5],
  ]) {
    await client.query(
      "SELECT trade.create_product($1, 'sel', 'sel', $1, '', NULL, 1, 'KRW', 1, $2, now() + interval '1 hour', '{}', NULL)",
      [id, most],
    );
  }
  await buy('open', 'ann', 3);
  await buy('full', 'ann', 99);
  await buy('full', 'ben', 1);

  expect((await migrate({ ...target, dir: inRepository('prisma/trade') })).applied).toContain('0008_unit_count');
  await buy('open', 'ben', 4);
  const { rows } = await client.query(
    'SELECT id, status, participant_count AS people, unit_count AS units FROM trade.products ORDER BY id',
  );
  expect(rows).toEqual([
    { id: 'full', status: 'CLOSED', people: 2, units: 100 },
    { id: 'open', status: 'RECRUITING', people: 2, units: 7 },
    { id: 'unsold', status: 'RECRUITING', people: 0, units: 0 },
  ]);
  // What changed before says nothing of units rather than something wrong.
  const changes = await client.query(
    "SELECT unit_count AS units FROM trade.changes WHERE product_id = 'open' ORDER BY seq",
  );
  expect(changes.rows).toEqual([{ units: null }, { units: null }, { units: 7 }]);
});
