import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository, redisProgram } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Run, spawnRun } from './fixture/installation.ts';
import { processesIn } from './fixture/processes.ts';

/** Four times what it takes alone. */
const TIMEOUT_MS = 240_000;

let dir: string;
const runs: Run[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-chaos-'));
  await chmod(dir, 0o711); // as root, PostgreSQL runs as another user
  await mkdir(join(dir, 'tmp'));
}, TIMEOUT_MS);
afterAll(async () => {
  for (const run of runs) run.signal('SIGKILL');
  await Promise.all(runs.map((run) => run.exited));
  for (const { pid } of await processesIn(dir)) process.kill(pid, 'SIGKILL');
  await rm(dir, { recursive: true, force: true });
}, TIMEOUT_MS);

function start(...args: string[]): Run {
  const folders = { DATA_DIR: join(dir, 'data'), TMPDIR: join(dir, 'tmp') };
  const run = spawnRun([inRepository('dist', 'chaos.mjs'), ...args], folders);
  runs.push(run);
  return run;
}

it(
  'every guarantee holds for clients of every protocol while half a minute of faults passes over the system',
  async () => {
    const file = join(dir, 'report.md');
    const size = ['--minutes', '0.5', '--clients', '34', '--instances', '2'];
    const run = start('--seed', '1509', ...size, '--report', file);
    expect(await run.exited, run.output()).toBe(0);
    const text = await readFile(file, 'utf8');
    expect(run.output()).toContain(text);
    expect(run.output()).not.toMatch(/not settled/);
    expect(text).toMatch(/^Every guarantee held\.$/m);
    expect(text).toMatch(/^\| clients \| \d+ of 17 protocols \|$/m);
    const count = (row: string) => Number(new RegExp(`^\\| ${row} \\| (\\d+)`, 'm').exec(text)?.[1]);
    expect(count('acknowledged')).toBeGreaterThan(20);
    expect(count('delivered')).toBeGreaterThan(500);
    expect(count('reconnects')).toBeGreaterThan(20);
    // Of this seed's products one is closed by its seller, one sells out with more buyers than places, one is cancelled.
    const counts = (row: string) =>
      new RegExp(`^\\| ${row} \\| ([\\d, ]+) \\|$`, 'm').exec(text)?.[1]?.split(', ').map(Number);
    const [closed, cancelled] = counts('rooms closed, cancelled') ?? [];
    expect(closed, 'closed').toBeGreaterThanOrEqual(1);
    expect(cancelled, 'cancelled').toBeGreaterThanOrEqual(1);
    const [bought, refused] = counts('purchases: bought, refused, withdrawn') ?? [];
    expect(bought, 'bought').toBeGreaterThanOrEqual(6);
    expect(refused, 'refused').toBeGreaterThanOrEqual(1);
    const logs = /^\| logs searched for tokens \| (.+) \|$/m.exec(text)?.[1]?.split(', ');
    const written = ['PostgreSQL', 'chat-1', 'chat-2', 'trade', ...(redisProgram() ? ['Redis'] : [])];
    expect(logs).toEqual(expect.arrayContaining(written));
    // What comes in half a minute of this seed; without Redis there are others.
    const kinds = ['bus-dropped', 'bus-reordered', 'chat-killed', 'postgres-crashed', 'clients-cut', 'clients-flooded'];
    if (redisProgram()) for (const kind of kinds) expect(count(kind), kind).toBeGreaterThanOrEqual(1);
    expect(await processesIn(dir)).toEqual([]);
    expect((await readdir(dir)).sort()).toEqual(['report.md', 'tmp']);
  },
  TIMEOUT_MS,
);

it(
  'ends with 130 on Ctrl-C, and leaves nothing behind',
  async () => {
    const run = start('--seed', '1', '--minutes', '5', '--clients', '24', '--instances', '2');
    await run.until(/clients are in/);
    run.signal('SIGINT');
    expect(await run.exited, run.output()).toBe(130);
    expect(await processesIn(dir)).toEqual([]);
  },
  TIMEOUT_MS,
);

it.each([
  [['--seed', 'x'], /--seed must be a whole number from 0 to 4294967295, not "x"/],
  [['--minutes', '0'], /--minutes must be a number from 0\.1 to 1440, not "0"/],
  [['--clients', '3'], /--clients must be a whole number from 24 to 1000, not "3"/],
  [['--nonsense'], /Unknown option '--nonsense'/],
])('says in a line what is wrong with %j', async (args, message) => {
  const run = start(...args);
  expect(await run.exited).toBe(1);
  expect(run.output()).toMatch(message);
  expect(run.output()).not.toMatch(/ at .*\.mjs:\d+/);
});
