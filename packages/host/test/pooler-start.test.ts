import {
  inRepository,
  makeHostile,
  type PgBouncer,
  type PgBouncerOptions,
  pgBouncerProgram,
  startPgBouncer,
  type TestDatabase,
  testDatabase,
} from '@gongu/testkit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, type Pooler, waitForPostgres } from '../src/index.ts';
import { settingStatement } from '../src/postgres/session-settings.ts';

const program = pgBouncerProgram();
const dir = inRepository('packages/host/test/fixture/things');
let database: TestDatabase;
let bouncer: PgBouncer;
let url: string;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  await bouncer?.stop();
  await database.drop();
});

async function by(mode: PgBouncerOptions['mode'], settings: Record<string, string> = {}): Promise<void> {
  bouncer = await startPgBouncer({ target: database.url, mode, settings });
  url = bouncer.through(database.url);
}

/** What a start says after the place; undefined when it goes on. */
async function said(pooler: Pooler = 'none'): Promise<string | undefined> {
  const { host, pathname } = new URL(url);
  const message = await waitForPostgres({ url, pooler, deadlineMs: 20_000 }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  expect(message ?? '').not.toContain('\n');
  return message?.replace(`PostgreSQL at ${host}${pathname} `, '');
}

/** Of this test's database: other files lock at the same time. */
const LOCKS = `SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database
  WHERE locktype = 'advisory' AND datname = current_database()`;

async function rows(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(!program)('a start', () => {
  it.each(['session', 'transaction'] as const)('says that it is behind a pooler in %s mode, unasked', async (mode) => {
    await by(mode);
    expect(await said()).toMatch(
      /^is behind a pooler \(unsupported startup parameter.*\): set DATABASE_POOLER to session or transaction, whichever it is$/,
    );
    expect(await said(mode)).toBeUndefined();
  });

  it('says that the pooler swallows settings', async () => {
    const ignored = 'options, extra_float_digits, statement_timeout, gongu.direct';
    await by('transaction', { ignore_startup_parameters: ignored });
    expect(await said()).toBe(
      'is behind a pooler, which keeps settings of sessions to itself: set DATABASE_POOLER to session or transaction, whichever it is',
    );
    const asDirect = waitForPostgres({ url, remedy: 'lead past it', deadlineMs: 20_000 });
    await expect(asDirect).rejects.toThrow('keeps settings of sessions to itself: lead past it');
  });

  it('says that the pooler is in another mode than was said', async () => {
    await by('transaction');
    expect(await said('session')).toBe('is behind a pooler in transaction mode: set DATABASE_POOLER=transaction');
    await bouncer.stop();
    await by('statement');
    expect(await said('transaction')).toMatch(/^refuses: .*not allowed/);
    await bouncer.stop();
    // Whoever takes less than there is has enough.
    await by('session');
    expect(await said('transaction')).toBeUndefined();
    url = database.url;
    for (const pooler of ['session', 'transaction'] as const) expect(await said(pooler)).toBeUndefined();
  });

  it('goes on where the pooler has a single connection', async () => {
    await by('session', { default_pool_size: '1' });
    expect(await said('session')).toBeUndefined();
  });

  it('says what only the operator can set', async () => {
    await makeHostile(database.url, { default_transaction_isolation: 'serializable' });
    await by('transaction');
    expect(await said('transaction')).toBe(
      `begins transactions as serializable, which nothing can change behind a pooler in transaction mode: ALTER ROLE … SET default_transaction_isolation = 'read committed'`,
    );
  });
});

describe.skipIf(!program)('migrations', () => {
  it.each(['session', 'transaction'] as const)(
    'in %s mode: of many instances one migrates, in its schema',
    async (pooler) => {
      await makeHostile(database.url, { search_path: 'public', lock_timeout: '1' });
      await by(pooler, { default_pool_size: pooler === 'session' ? '8' : '3' });
      const done = await Promise.all(
        Array.from({ length: 6 }, () => migrate({ url, pooler, schema: 'things', dir }).catch((error) => error)),
      );
      expect(done.map((one) => one.applied?.length ?? one).sort()).toEqual([0, 0, 0, 0, 0, 2]);
      expect(await migrate({ url, pooler, schema: 'others', dir })).toMatchObject({ applied: { length: 2 } });
      expect(await rows(`SELECT DISTINCT schemaname AS s FROM pg_tables WHERE tablename = 'Thing' ORDER BY 1`)).toEqual(
        [{ s: 'others' }, { s: 'things' }],
      );
      expect(await rows(LOCKS)).toEqual([]);
    },
  );

  it('one whose client ended in the middle leaves no lock behind', async () => {
    await by('transaction', { default_pool_size: '2' });
    const dies = new pg.Client({ connectionString: url });
    dies.on('error', () => {});
    await dies.connect();
    await dies.query('BEGIN');
    await dies.query(settingStatement({ lock_timeout: '0' }, true));
    await dies.query('SELECT pg_advisory_xact_lock($1)', [0x676f6e67]);
    const waits = migrate({ url, pooler: 'transaction', schema: 'things', dir });
    await expect.poll(() => rows(`${LOCKS} AND NOT granted`)).toHaveLength(1);
    (dies as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    expect(await waits).toMatchObject({ applied: { length: 2 } });
  });
});
