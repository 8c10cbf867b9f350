import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inRepository, servicesDatabase, type TestDatabase, tcpProxy, testDatabase } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

let database: TestDatabase;
let sql: pg.Client;
beforeAll(async () => {
  database = await servicesDatabase();
  sql = new pg.Client(database.url);
  await sql.connect();
  for (const id of ['one', 'two']) {
    await sql.query(`SELECT chat.open_room($1, NULL, '감귤', 'seller', 'Seller', 9, NULL, NULL, '{}')`, [id]);
  }
  await sql.query(`INSERT INTO chat.reports (room_id, seq, reporter_id, reason, message)
    VALUES ('one', 1, 'ann', 'SPAM', '{"kind":"CHAT","content":"a spam","sender":{"userId":"bob"}}')`);
});
afterAll(async () => {
  await sql?.end();
  await database?.drop();
});

function run(bundle: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [inRepository(bundle), ...args], {
    env: { PATH: process.env.PATH, DATA_DIR: '/nowhere', DATABASE_URL: database.url, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
/** As `pnpm admin` does in a checkout. */
const admin = (...args: string[]) => run('dist/service.mjs', ['admin', ...args]);
function json<T>(...args: string[]): T {
  const { status, stdout, stderr } = admin(...args, '--json');
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}
const act = async () => (await sql.query('SELECT * FROM chat.moderations ORDER BY id DESC LIMIT 1')).rows[0];

describe('pnpm admin', () => {
  it('says what commands there are, and what options one has', () => {
    const { status, stdout } = admin('--help');
    expect(status).toBe(0);
    for (const words of ['restored ', 'rooms list', 'reports end REPORT_ID', 'users block USER_ID']) {
      expect(stdout).toContain(`  ${words}`);
    }
    expect(admin('users', 'block', '--help').stdout).toMatch(/--until UNTIL .*\n.*--reason REASON .*\n.*--by BY /);
  });

  it('ends with 2 where a command or a value is none', () => {
    const { status, stdout, stderr } = admin('users', 'block', '..', '--until', 'noon');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/USER_ID: must not be \. or \.\.\n--until: /);
    expect(admin('users', 'export', 'ann')).toEqual({ status: 2, stdout: '', stderr: 'admin: --out is missing\n' });
    expect(admin('users', 'export', 'ann', '--out', '').stderr).toBe('admin: --out: must not be empty\n');
    expect(admin('reports', 'end', '1').stderr).toBe('admin: --status is missing\n');
  });

  it('lists rooms, and shows how much is kept of one', () => {
    const { rooms } = json<{ rooms: { roomId: string }[] }>('rooms', 'list', '--host', 'seller');
    expect(rooms.map(({ roomId }) => roomId)).toEqual(['two', 'one']);
    expect(json<{ rooms: unknown[] }>('rooms', 'list', '--status', 'CLOSED').rooms).toEqual([]);
    expect(json<{ rooms: unknown[] }>('rooms', 'list', '--before', 'two', '--member', 'seller').rooms).toHaveLength(1);
    expect(json('rooms', 'show', 'one')).toMatchObject({
      status: 'ACTIVE',
      files: { count: 0, bytes: 0 },
      openReports: 1,
    });
    expect(admin('rooms', 'list').stdout).toMatch(/^two +ACTIVE .* 감귤\none +ACTIVE /);
    expect(admin('rooms', 'show', 'none')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'admin: chat: there is no such room\n',
    });
  });

  it('exports a user into a file of each service, says what an erasure would do, and does it', async () => {
    await sql.query(`INSERT INTO trade.products (id, seller_id, seller_nickname, title, price_amount, price_currency,
        min_participants, max_participants, participant_count, unit_count, deadline)
      VALUES ('p1', 'sue', 'sue', 't', 1, 'KRW', 1, 5, 1, 2, now() + interval '1 day')`);
    await sql.query(
      `INSERT INTO trade.participations (product_id, user_id, nickname, quantity) VALUES ('p1', 'eva', 'eva', 2)`,
    );
    const folder = mkdtempSync(join(tmpdir(), 'gongu-export-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const out = join(folder, 'eva.ndjson');
    const [trades, chats] = ['trade', 'chat'].map((service) => join(folder, `eva.${service}.ndjson`)) as [
      string,
      string,
    ];
    expect(json('users', 'export', 'eva', '--out', out, '--by', 'root')).toEqual({
      chat: { userId: 'eva', out: chats, records: 1, unopened: 0 },
      trade: { userId: 'eva', out: trades, records: 2, unopened: 0 },
    });
    const records = readFileSync(trades, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toMatchObject([{ record: 'user' }, { record: 'purchase', productId: 'p1', quantity: 2 }]);
    expect(readFileSync(chats, 'utf8')).toBe('{"record":"user","service":"chat","userId":"eva"}\n');
    expect(statSync(trades).mode & 0o777).toBe(0o600);
    for (const service of ['trade', 'chat']) {
      const acts = await sql.query(
        `SELECT user_id, by_user_id FROM ${service}.moderations WHERE act = 'user.exported'`,
      );
      expect(acts.rows).toEqual([{ user_id: 'eva', by_user_id: 'root' }]);
    }
    const again = admin('users', 'export', 'eva', '--out', out);
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('--out: EEXIST')]);

    expect(json('users', 'erase', 'eva', '--dry-run')).toMatchObject({
      trade: { openPurchases: 1, endedPurchases: 0 },
      chat: { rooms: 0 },
    });
    expect((await sql.query(`SELECT 1 FROM trade.participations WHERE user_id = 'eva'`)).rowCount).toBe(1);
    const refused = admin('users', 'erase', 'sue');
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('recruit (1)')]);
    // Chat is not asked for whom trade refuses.
    expect((await sql.query('SELECT 1 FROM chat.erasures')).rowCount).toBe(0);
    // What waits is not done.
    const { status, stdout, stderr } = admin('users', 'erase', 'eva', '--by', 'root', '--json');
    expect([status, stderr]).toEqual([
      3,
      expect.stringMatching(/withdrawn 1[\s\S]*^admin: not all is done in trade: .* outbox \d/m),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      // No instance is there that tells chat of it.
      trade: { status: 'WAITING', counts: { withdrawn: 1 }, waitsFor: { outbox: expect.any(Number) } },
      chat: { status: 'DONE' },
    });
    expect((await sql.query(`SELECT 1 FROM trade.participations WHERE user_id = 'eva'`)).rowCount).toBe(0);
    // Asked once more it goes on with what waited, as no instance is there that does.
    await sql.query('DELETE FROM trade.outbox');
    await sql.query("UPDATE trade.erasures SET looked_at = looked_at - interval '1 minute'");
    const ended = admin('users', 'erase', 'eva', '--json');
    expect([ended.status, ended.stderr]).toEqual([0, expect.not.stringContaining('admin:')]);
    expect(JSON.parse(ended.stdout)).toMatchObject({ trade: { status: 'DONE' }, chat: { status: 'DONE' } });
  });

  it('lists, shows and ends reports, with a row of audit', async () => {
    const { reports } = json<{ reports: { reportId: string }[] }>('reports', 'list', '--status', 'OPEN');
    const { reportId } = reports[0]!;
    expect(json('reports', 'show', reportId)).toMatchObject({ message: { content: 'a spam' } });
    const ended = json('reports', 'end', reportId, '--status', 'RESOLVED', '--note', 'told him', '--by', 'root');
    expect(ended).toMatchObject({ status: 'RESOLVED', endedBy: 'root', resolution: 'told him' });
    expect(await act()).toMatchObject({ act: 'report.resolved', user_id: 'bob', by_user_id: 'root' });
    expect(json<{ reports: unknown[] }>('reports', 'list', '--status', 'OPEN').reports).toEqual([]);
    expect(admin('reports', 'show', '999').stderr).toBe('admin: chat: there is no such report\n');
  });

  it('refuses a user in both services, and lets him in again; in an image, in its own', async () => {
    const barred = { userId: 'ann', block: { until: null, reason: 'spam' }, revokedAt: null };
    expect(json('users', 'block', 'ann', '--reason', 'spam', '--by', 'root')).toEqual({ chat: barred, trade: barred });
    expect(await act()).toMatchObject({
      act: 'user.block',
      user_id: 'ann',
      by_user_id: 'root',
      detail: { reason: 'spam' },
    });
    expect(admin('users', 'unblock', 'ann').stdout).toBe(
      'chat: ann is let in by all tokens\ntrade: ann is let in by all tokens\n',
    );
    const own = run('services/trade/dist/admin.mjs', ['users', 'revoke', 'ann', '--json']);
    expect(JSON.parse(own.stdout)).toEqual({ trade: { userId: 'ann', block: null, revokedAt: expect.any(String) } });
    expect(json('users', 'unrevoke', 'ann')).toMatchObject({ chat: { revokedAt: null }, trade: { revokedAt: null } });
    expect(admin('users', 'block', 'ann', '--until', '2001-01-01T00:00:00Z').status).toBe(1);
  });

  it('holds a room, a product and a user for a legal reason, with a row of audit, and releases them', async () => {
    await sql.query(`INSERT INTO trade.products (id, seller_id, seller_nickname, title, price_amount, price_currency,
      min_participants, max_participants, deadline)
      VALUES ('one', 'seller', 'Seller', '감귤', 1, 'KRW', 1, 9, now() + interval '1 day')`);
    const room = json('rooms', 'hold', 'one', '--reason', 'a lawsuit', '--by', 'root');
    expect(room).toEqual({ kind: 'ROOM', id: 'one', held: true, changed: true });
    expect(await act()).toMatchObject({
      act: 'room.held',
      room_id: 'one',
      by_user_id: 'root',
      detail: { reason: 'a lawsuit' },
    });
    expect(json('products', 'hold', 'one')).toMatchObject({ kind: 'PRODUCT', held: true, changed: true });
    const user = { kind: 'USER', id: 'ann', held: true, changed: true };
    expect(json('users', 'hold', 'ann')).toEqual({ chat: user, trade: user });
    expect(json('users', 'hold', 'ann')).toMatchObject({ chat: { changed: false }, trade: { changed: false } });
    const { rows } = await sql.query('SELECT act, user_id, product_id FROM trade.moderations ORDER BY id DESC LIMIT 2');
    expect(rows).toEqual([
      { act: 'user.held', user_id: 'ann', product_id: null },
      { act: 'product.held', user_id: null, product_id: 'one' },
    ]);
    expect(json('holds', 'list')).toMatchObject({
      chat: {
        holds: [
          { kind: 'USER', id: 'ann' },
          { kind: 'ROOM', id: 'one', reason: 'a lawsuit', byUserId: 'root' },
        ],
      },
      trade: {
        holds: [
          { kind: 'USER', id: 'ann' },
          { kind: 'PRODUCT', id: 'one' },
        ],
      },
    });
    for (const [group, id] of [
      ['rooms', 'one'],
      ['products', 'one'],
      ['users', 'ann'],
    ] as const) {
      expect(admin(group, 'unhold', id)).toMatchObject({ status: 0, stdout: expect.stringContaining('is not held\n') });
    }
    expect(json('holds', 'list')).toEqual({ chat: { holds: [] }, trade: { holds: [] } });
    expect(admin('rooms', 'hold', 'none').stderr).toBe('admin: chat: there is no such room\n');
  });

  it('removes old messages of rooms that have ended, or says how many it would, with a row of audit', async () => {
    expect(admin('retention', 'run').stderr).toContain('RETENTION_DAYS is not set');
    await sql.query(`SELECT chat.set_room_status('two', 'CLOSED', NULL)`);
    const { rowCount } = await sql.query(
      `UPDATE chat.messages SET created_at = created_at - interval '31 days' WHERE room_id = 'two'`,
    );
    const due = { rooms: 1, messages: rowCount };
    expect(json('retention', 'run', '--days', '30', '--dry-run')).toEqual({ ...due, dryRun: true });
    const acts = async () => (await sql.query('SELECT act, detail FROM chat.moderations ORDER BY id')).rows;
    const before = await acts();
    // It ends within: nothing is removed, and the audit has that somebody began.
    await sql.query(`CREATE FUNCTION chat.stops() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN OLD; END $$`);
    await sql.query('CREATE TRIGGER stops BEFORE DELETE ON chat.messages FOR EACH ROW EXECUTE FUNCTION chat.stops()');
    expect(admin('retention', 'run', '--days', '30')).toMatchObject({ status: 1, stdout: '' });
    await sql.query('DROP FUNCTION chat.stops() CASCADE');
    expect((await acts()).slice(before.length)).toEqual([{ act: 'messages.removing', detail: { days: 30 } }]);
    expect(json('retention', 'run', '--days', '30', '--by', 'root')).toEqual({ ...due, dryRun: false });
    expect(await act()).toMatchObject({ act: 'messages.removed', by_user_id: 'root', detail: { ...due, days: 30 } });
    expect(json('retention', 'run', '--days', '30', '--dry-run')).toEqual({ rooms: 0, messages: 0, dryRun: true });
  });

  it('says how many rooms begin anew after a backup was restored, and has them do so, with a row of audit', async () => {
    const epochs = async () => (await sql.query('SELECT room_id, epoch FROM chat.rooms ORDER BY 1')).rows;
    const before = await epochs();
    expect(json('restored', '--dry-run')).toEqual({ rooms: 2, dryRun: true });
    expect(await epochs()).toEqual(before);
    expect(json('restored', '--by', 'root')).toEqual({ rooms: 2 });
    expect(await act()).toMatchObject({ act: 'rooms.restored', by_user_id: 'root', detail: { rooms: 2 } });
    for (const [i, { epoch }] of (await epochs()).entries()) expect(epoch).not.toBe(before[i].epoch);
  });

  it('waits for a database that takes longer than 5 s to let it in', async () => {
    const slow = await tcpProxy({ target: database.url });
    onTestFinished(slow.close);
    slow.delay(1_000); // of each way, and six of them are made before it is in
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [inRepository('dist/service.mjs'), 'admin', 'rooms', 'list'],
      { env: { PATH: process.env.PATH, DATA_DIR: '/nowhere', DATABASE_URL: slow.through(database.url) } },
    );
    expect(stdout).toContain('감귤');
  });

  it('ends with 3 where it was done in one service alone, and says in which it was not', async () => {
    const empty = await testDatabase();
    const { status, stdout, stderr } = run('dist/service.mjs', ['admin', 'users', 'revoke', 'bob', '--json'], {
      TRADE_DATABASE_URL: empty.url,
    });
    await empty.drop();
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      chat: { userId: 'bob', block: null, revokedAt: expect.any(String) },
      notDone: { trade: expect.stringContaining('has not the tables') },
    });
    expect(stderr).toContain('admin: not done in trade: ');
    const away = run('dist/service.mjs', ['admin', 'users', 'revoke', 'bob'], {
      DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    });
    expect([away.status, away.stdout]).toEqual([1, '']);
    expect(away.stderr).toContain('chat: the database is not reachable: connect ECONNREFUSED 127.0.0.1:1\n');
    const none = run('dist/service.mjs', ['admin', 'users', 'revoke', 'bob'], {
      DATABASE_URL: database.url.replace(/\/[^/]+$/, '/none'),
    });
    expect(none.stderr).toContain('trade: the database is not reachable: database "none" does not exist\n');
  });
});
