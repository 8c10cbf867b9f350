import { freePort, type TcpProxy, type TestDatabase, tcpProxy, testDatabase } from '@gongu/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createPool,
  isUnavailable,
  type Pool,
  prismaAdapter,
  StartError,
  waitForPostgres,
  withSearchPath,
} from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';
import { translatingProxy } from './fixture/translating-proxy.ts';

let database: TestDatabase;
let proxy: TcpProxy;
let pool: Pool;

beforeEach(async () => {
  database = await testDatabase();
  proxy = await tcpProxy({ target: database.url });
  pool = createPool({
    url: proxy.through(database.url),
    schema: 'chat',
    max: 2,
    connectTimeoutMs: 1_500,
    queryTimeoutMs: 1_500,
  });
});
afterEach(async () => {
  await pool.end();
  await proxy.close();
  await database.drop();
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

test('a pool works in its schema and no other', async () => {
  await pool.query('CREATE SCHEMA chat; CREATE TABLE rooms (id int); INSERT INTO rooms VALUES (1)');
  expect((await pool.query('SELECT current_schema AS s, id FROM rooms')).rows).toEqual([{ s: 'chat', id: 1 }]);
});

test('withSearchPath keeps what else the URL says', () => {
  const url = new URL(
    withSearchPath('postgresql://u:p%40@h:1/db?sslmode=require&schema=public&options=-c%20jit%3Doff', 'chat'),
  );
  expect([url.password, url.searchParams.get('sslmode'), url.searchParams.get('schema')]).toEqual([
    'p%40',
    'verify-full',
    null,
  ]);
  expect(url.searchParams.get('options')).toBe('-c jit=off -c search_path=chat');
});

test("Prisma's adapter uses the pool it is given, and leaves it open", async () => {
  await pool.query('CREATE SCHEMA chat; CREATE TABLE rooms (id int)');
  const adapter = await prismaAdapter({ pool, schema: 'chat' }).connect();
  const query = { sql: 'SELECT count(*) AS n FROM rooms', args: [], argTypes: [] };
  expect((await adapter.queryRaw(query)).rows).toEqual([['0']]);
  await adapter.dispose();
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('unavailable: refused, cut, frozen, and by way of Prisma; available again afterwards', async () => {
  await pool.query('SELECT 1');
  proxy.blackHole();
  expect(isUnavailable(await failure(pool.query('SELECT 1')))).toBe(true);
  await proxy.pass();
  const client = await pool.connect();
  client.on('error', () => {});
  const running = failure(client.query('SELECT pg_sleep(0.2)'));
  proxy.cut();
  expect(isUnavailable(await running)).toBe(true);
  client.release(true);
  await proxy.refuse();
  proxy.cut();
  expect(isUnavailable(await failure(pool.query('SELECT 1')))).toBe(true);
  const adapter = await prismaAdapter({ pool, schema: 'chat' }).connect();
  expect(isUnavailable(await failure(adapter.queryRaw({ sql: 'SELECT 1', args: [], argTypes: [] })))).toBe(true);
  await proxy.pass();
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('a process that stood still for longer than it waits has its connection and its answers all the same', async () => {
  const standStill = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
  // One that is being made, then a statement under way in both that there may be, and one that waits for either.
  const first = pool.query('SELECT 1 AS one');
  setImmediate(standStill);
  expect((await first).rows).toEqual([{ one: 1 }]);
  const slow = () => pool.query('SELECT 2 AS two FROM pg_sleep(0.3)');
  await Promise.all([slow(), slow()]);
  const all = [slow(), slow(), slow()];
  setTimeout(standStill, 50);
  for (const { rows } of await Promise.all(all)) expect(rows).toEqual([{ two: 2 }]);
});

test('who waits for a connection in vain waits no longer, and is not in the way of who comes later', async () => {
  const [one, two] = [await pool.connect(), await pool.connect()];
  const given = await Promise.all(Array.from({ length: 5 }, () => failure(pool.query('SELECT 1'))));
  expect(given.map(isUnavailable)).toEqual(Array(5).fill(true));
  expect(pool.waitingCount).toBe(0);
  one.release();
  two.release();
  expect(pool.idleCount).toBe(2);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('an answer of the database is not unavailability', async () => {
  for (const sql of ['SELECT 1 / 0', 'SELECT * FROM nothing', `SELECT 'x'::int`, 'syntax error']) {
    expect(isUnavailable(await failure(pool.query(sql)))).toBe(false);
  }
  for (const other of [undefined, null, 'ECONNREFUSED', new Error('no'), { code: 'P2002' }]) {
    expect(isUnavailable(other)).toBe(false);
  }
});

test('a connection that turned read-only, as after a failover, is given up for one that may not be', async () => {
  const one = createPool({ url: database.url, schema: 'chat', max: 1 });
  const adapter = await prismaAdapter({ pool: one, schema: 'chat' }).connect();
  const write = { sql: 'CREATE TABLE public.t ()', args: [], argTypes: [] };
  for (const again of [() => one.query(write.sql), () => adapter.executeRaw(write)]) {
    await one.query('DROP TABLE IF EXISTS public.t');
    await one.query('SET default_transaction_read_only = on');
    expect(isUnavailable(await failure(again()))).toBe(true);
    await again();
  }
  await one.end();
});

test('an idle connection that breaks is logged and replaced', async () => {
  const { log, lines } = logLines('warn');
  const own = createPool({ url: proxy.through(database.url), schema: 'chat', log });
  await own.query('SELECT 1');
  const broken = new Promise((resolve) => own.once('error', resolve));
  proxy.cut();
  await broken;
  expect(lines).toMatchObject([{ level: 'warn', msg: 'an idle database connection broke' }]);
  expect((await own.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await own.end();
});

test('in whatever language PostgreSQL speaks, what it refuses costs no connection, and a plan that fits no more no answer', async () => {
  const korean = await translatingProxy(database.url);
  const [own, other] = [korean.url, database.url].map((url) =>
    createPool({ url, schema: 'chat', max: 1, connectTimeoutMs: 30_000, queryTimeoutMs: 30_000 }),
  ) as [Pool, Pool];
  const pid = async () => (await own.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
  const before = await pid();
  await own.query('CREATE SCHEMA chat; CREATE TABLE rooms (id int); INSERT INTO rooms VALUES (1)');
  for (const sql of ['SELECT 1 / 0', 'SELECT * FROM nothing', 'syntax error']) {
    expect(await failure(own.query(sql))).toMatchObject({ severity: '오류' });
  }
  expect(await pid()).toBe(before);
  const all = { name: 'all', text: 'SELECT * FROM rooms' };
  expect((await own.query(all)).rows).toEqual([{ id: 1 }]);
  await other.query('ALTER TABLE chat.rooms ADD COLUMN title text');
  expect((await own.query(all)).rows).toEqual([{ id: 1, title: null }]);
  // One that is over is not given to the next who asks.
  const ended = own.query('SELECT pg_terminate_backend(pg_backend_pid())');
  const next = own.query('SELECT 1 AS one');
  expect(isUnavailable(await failure(ended))).toBe(true);
  expect((await next).rows).toEqual([{ one: 1 }]);
  await Promise.all([own.end(), other.end()]);
  korean.close();
});

test('waitForPostgres waits until the database is there', async () => {
  await proxy.refuse();
  const waiting = waitForPostgres({ url: proxy.through(database.url), deadlineMs: 10_000 });
  setTimeout(() => void proxy.pass(), 300);
  await waiting;
});

test('waitForPostgres gives up with one line: place and reason, no password', async () => {
  const port = await freePort();
  const url = `postgresql://gongu:hunter2@127.0.0.1:${port}/gongu`;
  const error = (await failure(waitForPostgres({ url, deadlineMs: 100 }))) as Error;
  expect(error).toBeInstanceOf(StartError);
  expect(error.message).toBe(
    `PostgreSQL at 127.0.0.1:${port}/gongu is not reachable: connect ECONNREFUSED 127.0.0.1:${port}`,
  );
});

test('waitForPostgres does not wait where that cannot help', async () => {
  const at = new URL(database.url);
  at.password = 'wrong';
  const started = Date.now();
  await expect(waitForPostgres({ url: at.href, deadlineMs: 20_000 })).rejects.toThrow('password authentication failed');
  at.password = new URL(database.url).password;
  at.pathname = '/nowhere';
  await expect(waitForPostgres({ url: at.href, deadlineMs: 20_000 })).rejects.toThrow('"nowhere" does not exist');
  expect(Date.now() - started).toBeLessThan(5_000);
});
