// Over 300 lines: one set-up, which all of its tests share.
import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inRepository } from '@gongu/testkit';
import { build } from 'esbuild';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  endLeftover,
  startEmbeddedPostgres,
} from '../src/embedded/index.ts';
import { isRunning } from '../src/embedded/process-identity.ts';
import { StartError } from '../src/index.ts';

const root = process.getuid?.() === 0;
const runner = inRepository('packages/host/dist/embedded-runner.mjs');
let dir: string;
let dataDir: string;
let running: EmbeddedPostgres[];

beforeAll(async () => {
  await build({
    entryPoints: [inRepository('packages/host/test/fixture/embedded-runner.ts')],
    outfile: runner,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
});
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-embedded-'));
  await chmod(dir, 0o755);
  dataDir = join(dir, 'data');
  running = [];
});
afterEach(async () => {
  for (const one of running) await one.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const started = await startEmbeddedPostgres({ dataDir, durable: false, ...options });
  running.push(started);
  return started;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The runner as a process, at the head of its own process group. */
async function startRunner(options: EmbeddedPostgresOptions, account: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, [runner, JSON.stringify(options)], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('close', () => reject(new Error(stderr)));
  });
  return { child, exited, ...(JSON.parse(line) as { url: string; postgresPid: number }) };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('no error'),
    (error) => error,
  );
}

test('a real PostgreSQL 18: C order, UTF-8, password, no socket file, and the data is there after a restart', async () => {
  const first = await start();
  const [facts] = await query(
    first.url,
    `SELECT current_setting('server_version_num')::int / 10000 AS version, current_user AS "user", current_database() AS db,
      current_setting('server_encoding') AS encoding, current_setting('lc_collate', true) AS gone,
      (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collation,
      current_setting('unix_socket_directories') AS sockets, current_setting('listen_addresses') AS addresses`,
  );
  expect(facts).toMatchObject({
    version: 18,
    user: 'gongu',
    db: 'gongu',
    encoding: 'UTF8',
    collation: 'C',
    sockets: '',
  });
  expect(facts?.addresses).toBe('127.0.0.1');
  await query(first.url, `CREATE TABLE t AS SELECT '감귤' AS name`);
  await Promise.all([first.stop(), first.stop()]);
  await first.exited;
  expect(isRunning(first.pid)).toBe(false);

  const second = await start();
  expect(await query(second.url, 'SELECT name FROM t')).toEqual([{ name: '감귤' }]);
  const wrong = new URL(second.url);
  wrong.password = 'wrong';
  expect((await failure(query(wrong.href, 'SELECT 1'))).message).toContain('password authentication failed');
  expect((await stat(join(second.place, 'password'))).mode & 0o077).toBe(0);
});

test('durable unless told otherwise', async () => {
  const settings = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync,
    current_setting('full_page_writes') AS pages`;
  const quick = await start();
  expect(await query(quick.url, settings)).toEqual([{ fsync: 'off', sync: 'off', pages: 'off' }]);
  await quick.stop();
  const durable = await start({ durable: true, settings: { max_connections: '33' } });
  expect(await query(durable.url, settings)).toEqual([{ fsync: 'on', sync: 'on', pages: 'on' }]);
  expect(await query(durable.url, 'SHOW max_connections')).toEqual([{ max_connections: '33' }]);
});

test('variables of PostgreSQL in our environment do not reach the server', async () => {
  process.env.PGPORT = '1';
  process.env.PGDATA = '/nowhere';
  process.env.PGTZ = 'Asia/Seoul';
  try {
    expect(await query((await start()).url, 'SHOW timezone')).toEqual([{ TimeZone: 'UTC' }]);
  } finally {
    for (const name of ['PGPORT', 'PGDATA', 'PGTZ']) delete process.env[name];
  }
});

test.runIf(root)('under a folder of mode 0700 everything goes to the shelter, and is found there again', async () => {
  const closed = join(dir, 'closed');
  await mkdir(closed, { mode: 0o700 });
  const options = { dataDir: join(closed, 'data'), shelterDir: join(dir, 'shelter') };
  const first = await start(options);
  expect(first.place).toMatch(join(dir, 'shelter', 'data-'));
  expect(await readFile(join(closed, 'data', 'postgres.place'), 'utf8')).toBe(`${first.place}\n`);
  await query(first.url, 'CREATE TABLE t (id int)');
  await first.stop();
  const second = await start(options);
  expect(second.place).toBe(first.place);
  expect(await query(second.url, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 0 }]);
});

test.runIf(root)('data moves along when its folder is closed later', async () => {
  const home = join(dir, 'home');
  await mkdir(home, { mode: 0o755 });
  const options = { dataDir: join(home, 'data'), shelterDir: join(dir, 'shelter') };
  const first = await start(options);
  expect(first.place).toBe(join(home, 'data', 'postgres'));
  await query(first.url, 'CREATE TABLE t (id int)');
  await first.stop();
  await chmod(home, 0o700);
  const second = await start(options);
  expect(second.place).toMatch(join(dir, 'shelter', 'data-'));
  expect(await query(second.url, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 0 }]);
});

test.runIf(root)('programs in a closed folder are copied to where the account may run them', async () => {
  // A clone under a closed home: the same packages, seen through a folder that only root may enter.
  const home = join(dir, 'home');
  await mkdir(home, { mode: 0o700 });
  const { copyInstallation } = await import('./fixture/copy-installation.ts');
  const copied = await copyInstallation(home, runner);
  const child = spawn(
    process.execPath,
    [copied, JSON.stringify({ dataDir: join(home, 'data'), shelterDir: join(dir, 'shelter'), durable: false })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  expect(await query(JSON.parse(line).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  const command = await readFile(`/proc/${JSON.parse(line).postgresPid}/cmdline`, 'utf8');
  expect(command).toMatch(new RegExp(`^${join(dir, 'shelter')}/postgresql-18[^/]+/bin/postgres`));
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test.runIf(root)('as anybody else it runs as himself', async () => {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout));
  await chmod(dir, 0o777);
  const { child, exited, url, postgresPid } = await startRunner({ dataDir, durable: false }, { uid: uid!, gid: gid! });
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect((await stat(`/proc/${postgresPid}`)).uid).toBe(uid);
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
});

test('one data folder has one server at a time', async () => {
  await start();
  const error = await failure(start());
  expect(error).toBeInstanceOf(StartError);
  expect(error.message).toMatch(new RegExp(`postgres is in use by process ${process.pid}: stop it first`));
});

test("Ctrl-C's signal to the process group leaves the server alone, and the next start replaces what is left", async () => {
  const { child, exited, url, postgresPid } = await startRunner({ dataDir, durable: false });
  await query(url, 'CREATE TABLE t (id int)');
  process.kill(-child.pid!, 'SIGINT');
  await exited;
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

  const next = await start();
  expect(isRunning(postgresPid)).toBe(false);
  expect(await query(next.url, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 0 }]);
});

test('a starter killed with -9 does not block the next one', async () => {
  const { child, exited, postgresPid } = await startRunner({ dataDir, durable: false });
  child.kill('SIGKILL');
  await exited;
  await query((await start()).url, 'SELECT 1');
  expect(isRunning(postgresPid)).toBe(false);
});

test('endLeftover ends what nobody looks after, and nothing else', async () => {
  const { child, exited, postgresPid } = await startRunner({ dataDir, durable: false });
  expect((await failure(endLeftover({ dataDir }))).message).toContain(`in use by process ${child.pid}`);
  expect(isRunning(postgresPid)).toBe(true);
  child.kill('SIGKILL');
  await exited;
  expect(await endLeftover({ dataDir })).toBe(join(dataDir, 'postgres'));
  expect(isRunning(postgresPid)).toBe(false);
});

test('a server killed with -9 is heard of, and recovers at the next start', async () => {
  const first = await start({ durable: true });
  await query(first.url, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  await first.stop();
  const second = await start();
  expect(await query(second.url, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 1000 }]);
});

test('a postmaster.pid that names another process by now does not block the start', async () => {
  const first = await start();
  const file = join(first.place, 'cluster', 'postmaster.pid');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await first.stop();
  await writeFile(file, [String(process.pid), ...lines.slice(1)].join('\n'));
  await query((await start()).url, 'SELECT 1');
});

test('what a set-up that was cut short has left is thrown away', async () => {
  await mkdir(join(dataDir, 'postgres', 'cluster.new', 'base'), { recursive: true });
  await query((await start()).url, 'SELECT 1');
});

test('a port in use is one clear line', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const error = await failure(start({ port }));
  taken.close();
  expect(error).toBeInstanceOf(StartError);
  expect(error.message).toBe(
    `PostgreSQL did not start in ${join(dataDir, 'postgres')}: port ${port} on 127.0.0.1 is in use`,
  );
  expect((await start({ port })).port).toBe(port);
});

test('a bad setting is told in the words of the server', async () => {
  const error = await failure(start({ settings: { shared_buffers: 'lots' } }));
  expect(error).toBeInstanceOf(StartError);
  expect(error.message).toContain('invalid value for parameter "shared_buffers": "lots"');
});

test('a password file that is gone is told, with the way out', async () => {
  const first = await start();
  await first.stop();
  await rm(join(first.place, 'password'));
  expect((await failure(start())).message).toContain('password is missing: put it back, or remove');
});

const canMount = root && spawnSync('mount', ['--version']).status === 0;
test.runIf(canMount)('a full disk is one clear line', async (context) => {
  const small = join(dir, 'small');
  await mkdir(small);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=0755', 'tmpfs', small]);
  if (status !== 0) return context.skip();
  try {
    const error = await failure(start({ dataDir: join(small, 'data') }));
    expect(error).toBeInstanceOf(StartError);
    expect(error.message).toMatch(/could not be set up in .*: .*No space left on device/);
    expect(error.message).not.toContain('\n');
  } finally {
    spawnSync('umount', [small]);
  }
});
