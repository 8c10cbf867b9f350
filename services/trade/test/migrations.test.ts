import { diffMigrations, draftMigration } from '@gongu/host';
import { inRepository, testDatabase } from '@gongu/testkit';
import { expect, test } from 'vitest';
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
