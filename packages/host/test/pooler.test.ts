import { randomUUID } from 'node:crypto';
import {
  HOSTILE_SETTINGS,
  makeHostile,
  type PgBouncer,
  pgBouncerProgram,
  startPgBouncer,
  type TestDatabase,
  tcpProxy,
  testDatabase,
} from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createPool, fateOf, type Pool, type Pooler, type PoolOptions, prismaAdapter, sqlState } from '../src/index.ts';

const program = pgBouncerProgram();
/** From 1.21 on it keeps prepared statements for its clients, where it is told so. */
const keepsNames = program !== undefined && (program.version[0] > 1 || program.version[1] >= 21);
const LIMITS = { statementTimeoutMs: 700, lockTimeoutMs: 300, idleInTransactionMs: 900, clientCheckMs: 200 };

/** What the services pin, as PostgreSQL shows it. */
const SETTINGS: Readonly<Record<string, string>> = {
  statement_timeout: '700ms',
  lock_timeout: '300ms',
  idle_in_transaction_session_timeout: '900ms',
  client_connection_check_interval: '200ms',
  transaction_timeout: '0',
  search_path: 'chat',
  TimeZone: 'UTC',
  timezone_abbreviations: 'Default',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  array_nulls: 'on',
  transform_null_equals: 'off',
  standard_conforming_strings: 'on',
};

interface Given {
  readonly name: string;
  readonly mode: Exclude<Pooler, 'none'>;
  readonly settings?: Readonly<Record<string, string>>;
}
const GIVEN: Given[] = [
  { name: 'session', mode: 'session' },
  { name: 'transaction', mode: 'transaction', ...(keepsNames ? { settings: { max_prepared_statements: '0' } } : {}) },
  ...(keepsNames
    ? [{ name: 'transaction, names kept', mode: 'transaction' as const, settings: { max_prepared_statements: '50' } }]
    : []),
];

describe.skipIf(!program).each(GIVEN)('behind PgBouncer in mode $name', ({ mode, settings }) => {
  let database: TestDatabase;
  let bouncer: PgBouncer;
  beforeAll(async () => {
    database = await testDatabase();
    const limits = { ...(settings ?? {}), default_pool_size: '2', query_wait_timeout: '10' };
    bouncer = await startPgBouncer({ target: database.url, mode, settings: limits });
    const { search_path: _, default_transaction_isolation, ...hostile } = HOSTILE_SETTINGS;
    const isolation: Record<string, string> =
      mode === 'session' ? { default_transaction_isolation: default_transaction_isolation! } : {};
    const times = { statement_timeout: '1h', lock_timeout: '1h', transaction_timeout: '1h' };
    await makeHostile(database.url, { ...hostile, ...isolation, ...times });
  });
  afterAll(async () => {
    await bouncer?.stop();
    await database?.drop();
  });

  function open(options: Partial<PoolOptions> = {}): Pool {
    const url = bouncer.through(database.url);
    const pool = createPool({ url, schema: 'chat', pooler: mode, max: 2, ...LIMITS, ...options });
    onTestFinished(() => pool.end());
    return pool;
  }

  async function direct<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it('no statement depends on what the database sets, plain, prepared or by Prisma', async () => {
    const pool = open();
    const text = `SELECT ${Object.keys(SETTINGS).map((name) => `current_setting('${name}', true) AS "${name}"`)}`;
    for (const query of [{ text }, { name: 'shown', text }, { name: 'shown', text }]) {
      const [{ transaction_timeout: limit, ...shown }] = (await pool.query(query)).rows;
      expect({ ...shown, transaction_timeout: limit ?? '0' }).toEqual(SETTINGS);
    }
    const adapter = await prismaAdapter({ pool, schema: 'chat' }).connect();
    const sql = `SELECT current_setting('TimeZone') AS zone, '2026-01-02T03:04:05.678Z'::timestamptz AS at`;
    const { rows } = await adapter.queryRaw({ sql, args: [], argTypes: [] });
    expect(rows).toEqual([['UTC', '2026-01-02T03:04:05.678+00:00']]);
    const { rows: isolation } = await pool.query('SHOW transaction_isolation');
    expect(isolation).toEqual([{ transaction_isolation: 'read committed' }]);
  });

  it('answers are those of the statement alone: rows, none, many, and what is wrong with it', async () => {
    const pool = open();
    expect((await pool.query('SELECT n FROM generate_series(1, $1::int) n', [3])).rows).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
    const none = await pool.query('SELECT 1 AS one WHERE false');
    expect([none.rows, none.rowCount, none.command]).toEqual([[], 0, 'SELECT']);
    await pool.query('CREATE TABLE IF NOT EXISTS public.things (id int PRIMARY KEY)');
    const insert = { name: 'insert', text: 'INSERT INTO public.things VALUES ($1)' };
    expect((await pool.query({ ...insert, values: [1] })).rowCount).toBe(1);
    const failures = [
      () => pool.query({ ...insert, values: [1] }),
      () => pool.query({ name: 'broken', text: 'SELECT broken' }),
      () => pool.query({ name: 'broken', text: 'SELECT broken' }),
    ];
    for (const [i, failing] of failures.entries()) {
      expect(sqlState(await failing().catch((error: unknown) => error))).toBe(['23505', '42703', '42703'][i]);
    }
    expect((await pool.query({ ...insert, values: [2] })).rowCount).toBe(1);
  });

  it('statements of many clients on few connections are prepared, or not, without getting into each other', async () => {
    const pools = mode === 'session' ? [open({ max: 1 }), open({ max: 1 })] : Array.from({ length: 6 }, () => open());
    const asked = Array.from({ length: 200 }, (_, i) => {
      const name = `statement-${i % 4}`;
      const text = `SELECT $1::int + ${i % 4} AS sum`;
      return pools[i % pools.length]!.query({ name, text, values: [i] });
    });
    const sums = (await Promise.all(asked)).map(({ rows }) => rows[0].sum);
    expect(sums).toEqual(asked.map((_, i) => i + (i % 4)));
  });

  it('PostgreSQL gives up in time, and says so', async () => {
    const pool = open();
    const late = await pool.query('SELECT pg_sleep($1)', [5]).catch((error: unknown) => error);
    expect([sqlState(late), fateOf(late)]).toEqual(['57014', 'rolled-back']);
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    onTestFinished(() => holder.end());
    await holder.query('SELECT pg_advisory_lock(7)');
    const locked = await pool.query('SELECT pg_advisory_xact_lock($1)', [7]).catch((error: unknown) => error);
    expect([sqlState(locked), fateOf(locked)]).toEqual(['55P03', 'rolled-back']);
  });

  it('a statement whose service is gone is ended', async () => {
    const proxy = await tcpProxy({ target: bouncer.through(database.url) });
    onTestFinished(() => proxy.close());
    const mark = randomUUID();
    const url = proxy.through(database.url);
    const pool = open({ url, ...LIMITS, statementTimeoutMs: 60_000, queryTimeoutMs: 65_000 });
    const asked = pool.query(`SELECT pg_sleep(50) /* ${mark} */`).catch((error: unknown) => error);
    const running = async () =>
      (
        await direct<{ n: number }>(`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE query LIKE '%pg_sleep(50) /* ${mark}%' AND state = 'active' AND pid <> pg_backend_pid()`)
      )[0]!.n;
    await expect.poll(running).toBe(1);
    proxy.cut();
    expect(fateOf(await asked)).toBe('unknown');
    await expect.poll(running).toBe(0);
  });

  it('nothing stays on the connections that others get', async () => {
    await open().query({ name: 'left', text: 'SELECT 1' });
    const other = new pg.Client({ connectionString: bouncer.through(database.url) });
    await other.connect();
    onTestFinished(() => other.end());
    const { rows } =
      await other.query(`SELECT current_setting('TimeZone') AS zone, current_setting('lock_timeout') AS lock,
      (SELECT count(*)::int FROM pg_prepared_statements WHERE name NOT LIKE 'PGBOUNCER%') AS names`);
    expect(rows).toEqual([{ zone: 'Asia/Seoul', lock: '1h', names: 0 }]);
  });
});

describe.skipIf(!program)('what PgBouncer itself answers', () => {
  it('is known to be unsent where PostgreSQL was not reached', async () => {
    const database = await testDatabase();
    const proxy = await tcpProxy({ target: database.url });
    const bouncer = await startPgBouncer({
      ...{ target: proxy.through(database.url), mode: 'transaction' },
      settings: { server_login_retry: '1', query_wait_timeout: '2', default_pool_size: '1' },
    });
    const url = bouncer.through(database.url);
    const pool = createPool({ url, schema: 'chat', pooler: 'transaction', max: 2, ...LIMITS });
    try {
      await pool.query('SELECT 1');
      const other = createPool({ url, schema: 'chat', pooler: 'transaction', max: 1 });
      await other.query('SELECT 1');
      const busy = other.query('SELECT pg_sleep(3)');
      const waited = await pool.query('SELECT 1').catch((error: unknown) => error);
      expect([sqlState(waited), fateOf(waited)]).toEqual(['08P01', 'unsent']);
      await busy;
      await other.end();
      await proxy.refuse();
      proxy.cut();
      const away = await pool.query('SELECT 1').catch((error: unknown) => error);
      expect(fateOf(away), String(away)).toBe('unsent');
    } finally {
      await pool.end();
      await bouncer.stop();
      await proxy.close();
      await database.drop();
    }
  });
});
