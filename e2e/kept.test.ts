import { readFileSync } from 'node:fs';
import { inRepository, servicesDatabase, type TestDatabase } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

let database: TestDatabase;
let sql: pg.Client;
beforeAll(async () => {
  database = await servicesDatabase();
  sql = new pg.Client(database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await database?.drop();
});

it('docs/operations.md says of every table of both services how long its rows are kept, and who removes them', async () => {
  const { rows } = await sql.query<{ name: string }>(
    `SELECT schemaname || '.' || tablename AS name FROM pg_tables
     WHERE schemaname IN ('chat', 'trade') AND tablename <> '_prisma_migrations' ORDER BY 1`,
  );
  const page = readFileSync(inRepository('docs/operations.md'), 'utf8');
  const section = page.slice(page.indexOf('## What is kept, and for how long'), page.indexOf('## Files'));
  const told = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1]!.matchAll(/`((?:chat|trade)\.\w+)`/g)].map(([, name]) => name!));
  expect(rows.length).toBeGreaterThan(20);
  expect(told.sort()).toEqual(rows.map(({ name }) => name));
});
