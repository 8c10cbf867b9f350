import { Socket } from 'node:net';
import pg from 'pg';
import { expect, test } from 'vitest';
import { testDatabase } from '../src/index.ts';

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const things = { schema: 'things', migrationsDir: 'packages/host/test/fixture/things' };

test('each database is a migrated copy of its own, made from one template', async () => {
  const [one, two] = await Promise.all([
    testDatabase(things),
    testDatabase({ ...things, migrationsDir: `${things.migrationsDir}/migrations` }),
  ]);
  await query(one.url, `INSERT INTO things."Thing" (name) VALUES ('x')`);
  expect(await query(two.url, 'SELECT count(*)::int AS n FROM things."Thing"')).toEqual([{ n: 0 }]);
  expect(
    await query(one.url, `SELECT count(*)::int AS n FROM pg_database WHERE datname LIKE 'template\\_things\\_%'`),
  ).toEqual([{ n: 1 }]);
  await Promise.all([one.drop(), two.drop()]);
});

test('drop removes the database even while somebody is in it', async () => {
  const database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  const ended = new Promise((resolve) => client.on('error', resolve));
  await client.connect();
  await database.drop();
  await ended;
  await expect(query(database.url, 'SELECT 1')).rejects.toThrow('does not exist');
});

test('drop lets a session end that was asked to, so that its client hears of no error', async () => {
  const database = await testDatabase();
  const socket = new Socket();
  const client = new pg.Client({ connectionString: database.url, stream: () => socket });
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error));
  await client.connect();
  // What asks the server to end the session is on its way for a while.
  socket.cork();
  const left = client.end();
  setTimeout(() => socket.uncork(), 150);
  await database.drop();
  await left;
  expect(errors).toEqual([]);
});
