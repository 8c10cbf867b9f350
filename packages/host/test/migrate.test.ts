import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository, type TestDatabase, testDatabase } from '@gongu/testkit';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { diffMigrations, migrate, readMigrations, StartError, withSearchPath } from '../src/index.ts';

const things = inRepository('packages/host/test/fixture/things');
let database: TestDatabase;
let dir: string;

beforeEach(async () => {
  database = await testDatabase();
  dir = await mkdtemp(join(tmpdir(), 'gongu-migrations-'));
  await cp(things, dir, { recursive: true });
});
afterEach(async () => {
  await database.drop();
  await rm(dir, { recursive: true });
});

async function query(schema: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: withSearchPath(database.url, schema) });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(dir, 'migrations', name));
  await writeFile(join(dir, 'migrations', name, 'migration.sql'), sql);
}

test('applies all migrations in order, PL/pgSQL bodies with semicolons included, and then nothing', async () => {
  expect(await migrate({ url: database.url, schema: 'things', dir })).toEqual({
    applied: ['0001_first', '0002_second'],
  });
  expect(await query('things', `SELECT add_thing('감귤') AS id`)).toEqual([{ id: 1 }]);
  expect(await migrate({ url: database.url, schema: 'things', dir })).toEqual({ applied: [] });
});

test('two schemas of one database do not touch each other', async () => {
  await migrate({ url: database.url, schema: 'one', dir });
  await migrate({ url: database.url, schema: 'two', dir });
  await query('one', `SELECT add_thing('x')`);
  expect(await query('one', 'SELECT count(*)::int AS n FROM "Thing"')).toEqual([{ n: 1 }]);
  expect(await query('two', 'SELECT count(*)::int AS n FROM "Thing"')).toEqual([{ n: 0 }]);
  expect(await query('two', 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY name')).toEqual([
    { name: '0001_first' },
    { name: '0002_second' },
  ]);
  expect(await query('public', `SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
});

test('of many instances that start at once, one migrates and the others wait', async () => {
  const done = await Promise.all(
    Array.from({ length: 6 }, () => migrate({ url: database.url, schema: 'things', dir })),
  );
  expect(done.filter(({ applied }) => applied.length === 2)).toHaveLength(1);
  expect(done.filter(({ applied }) => applied.length === 0)).toHaveLength(5);
});

test('a later migration is added to those already applied', async () => {
  await migrate({ url: database.url, schema: 'things', dir });
  await addMigration('0003_note', 'ALTER TABLE "Thing" ADD COLUMN "note" TEXT;');
  expect(await migrate({ url: database.url, schema: 'things', dir })).toEqual({ applied: ['0003_note'] });
});

test('a failing migration leaves nothing behind, and says why; repaired, it goes through', async () => {
  await addMigration('0003_bad', 'CREATE TABLE extra (id int); SELECT no_such_function();');
  const failure = await migrate({ url: database.url, schema: 'things', dir }).catch((error) => error);
  expect(failure).toBeInstanceOf(StartError);
  expect(failure.message).toMatch(
    /^migrating things failed at 0003_bad: function no_such_function\(\) does not exist$/,
  );
  expect(await query('public', `SELECT 1 FROM pg_namespace WHERE nspname = 'things'`)).toEqual([]);

  await writeFile(join(dir, 'migrations/0003_bad/migration.sql'), 'CREATE TABLE extra (id int);');
  expect((await migrate({ url: database.url, schema: 'things', dir })).applied).toHaveLength(3);
});

test('a migration that was edited after it had been applied is refused', async () => {
  await migrate({ url: database.url, schema: 'things', dir });
  await writeFile(join(dir, 'migrations/0002_second/migration.sql'), 'SELECT 1;');
  await expect(migrate({ url: database.url, schema: 'things', dir })).rejects.toThrow(
    'migration 0002_second of things was edited after it had been applied',
  );
});

test('other line ends do not count as an edit', async () => {
  await migrate({ url: database.url, schema: 'things', dir });
  const { sql } = readMigrations(dir).migrations[0]!;
  await writeFile(join(dir, 'migrations/0001_first/migration.sql'), sql.replaceAll('\n', '\r\n'));
  expect(await migrate({ url: database.url, schema: 'things', dir })).toEqual({ applied: [] });
});

test('waiting for another instance ends after lockTimeoutMs', async () => {
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  await other.query('SELECT pg_advisory_lock($1)', [0x676f6e67]);
  await expect(migrate({ url: database.url, schema: 'things', dir, lockTimeoutMs: 50 })).rejects.toThrow(
    'another instance has been migrating for more than 50 ms',
  );
  await other.end();
});

test('a role that may not create schemas can start on a migrated database', async () => {
  await migrate({ url: database.url, schema: 'things', dir });
  const role = `role_${Date.now()}`;
  await query(
    'things',
    `CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA things TO ${role};
    GRANT SELECT ON ALL TABLES IN SCHEMA things TO ${role}`,
  );
  const at = new URL(database.url);
  at.username = role;
  at.password = 'x';
  expect(await migrate({ url: at.href, schema: 'things', dir })).toEqual({ applied: [] });
  await query('things', `REVOKE SELECT ON ALL TABLES IN SCHEMA things FROM ${role}`);
  const refused = migrate({ url: at.href, schema: 'things', dir });
  await expect(refused).rejects.toEqual(
    new StartError('migrating things failed: permission denied for table _prisma_migrations'),
  );
  await query('things', `DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

test('drift: nothing to say when the migrations build what schema.prisma says', async () => {
  expect(await diffMigrations({ url: database.url, schema: 'things', dir })).toBe('');
});

test('drift: the missing SQL when they do not', async () => {
  const { datamodel } = readMigrations(dir);
  await writeFile(join(dir, 'schema.prisma'), datamodel.replace('name String\n', 'name String\n  price Int?\n'));
  const sql = await diffMigrations({ url: database.url, schema: 'things', dir });
  expect(sql).toContain('ADD COLUMN     "price" INTEGER');
  // Of this test's database: other files compare at the same time.
  const left = `SELECT datname FROM pg_database WHERE datname LIKE 'gongu_scratch_' || current_database() || '%'`;
  expect(await query('public', left)).toEqual([]);
});
