import { diffMigrations, draftMigration } from '@gongu/host';
import { inRepository, testDatabase } from '@gongu/testkit';
import { expect, test } from 'vitest';
import { CHAT_SCHEMA } from '../src/app.ts';

test("chat's migrations build the tables that schema.prisma describes", async () => {
  const database = await testDatabase();
  try {
    // What is printed here is the beginning of the missing migration.
    expect(await diffMigrations({ url: database.url, schema: CHAT_SCHEMA, dir: inRepository('prisma/chat') })).toBe('');
  } finally {
    await database.drop();
  }
});

test("chat's migrations build the functions that prisma/chat/functions holds, and no others", async () => {
  const database = await testDatabase();
  try {
    // What is printed here is what `pnpm migration chat NAME` writes.
    expect(await draftMigration({ url: database.url, schema: CHAT_SCHEMA, dir: inRepository('prisma/chat') })).toBe('');
  } finally {
    await database.drop();
  }
});
