import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffMigrations, draftMigration, migrate } from '@gongu/host';
import { inRepository, testDatabase } from '@gongu/testkit';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
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

test('what is stored before texts are sealed is neither copied nor read by a migration from then on: none holds a lock for that long', async () => {
  const database = await testDatabase();
  const before = await mkdtemp(join(tmpdir(), 'gongu-migrations-'));
  onTestFinished(async () => {
    await database.drop();
    await rm(before, { recursive: true });
  });
  const all = inRepository('prisma/chat');
  await cp(all, before, { recursive: true });
  for (const name of await readdir(join(before, 'migrations'))) {
    if (name > '0025') await rm(join(before, 'migrations', name), { recursive: true });
  }
  await cp(join(all, 'migrations', 'migration_lock.toml'), join(before, 'migrations', 'migration_lock.toml'));
  await migrate({ url: database.url, schema: CHAT_SCHEMA, dir: before });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query(`SELECT chat.open_room('old', 'old', 't', 'host', 'Host', 9, NULL, NULL, '{}')`);
  // A rewritten table is another file; an index is built by reading all of its table.
  const files = async () =>
    (
      await client.query<{ name: string }>(
        `SELECT c.relname || ' ' || pg_relation_filenode(c.oid) || coalesce((SELECT ' ' || string_agg(indexrelid::regclass::text, ',' ORDER BY 1)
           FROM pg_index i WHERE i.indrelid = c.oid), '') AS name
         FROM pg_class c WHERE c.oid IN ('chat.messages'::regclass, 'chat.members'::regclass, 'chat.search_grams'::regclass,
           'chat.reactions'::regclass, 'chat.mentions'::regclass) ORDER BY 1`,
      )
    ).rows;
  const was = await files();
  const reads = async () =>
    Number(
      (await client.query(`SELECT seq_scan FROM pg_stat_user_tables WHERE relid = 'chat.messages'::regclass`)).rows[0]
        .seq_scan,
    );
  const read = await reads();
  const { applied } = await migrate({ url: database.url, schema: CHAT_SCHEMA, dir: all });
  expect(applied[0]).toBe('0025_sealed_texts');
  expect(await files()).toEqual(was);
  expect(await reads()).toBe(read);
  expect((await client.query('SELECT clear_from FROM chat.rooms')).rows).toEqual([{ clear_from: '1' }]);
});
