import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository, redisProgram } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Run, spawnRun } from './fixture/installation.ts';
import { processesIn } from './fixture/processes.ts';

/** Ten times what it takes alone. */
const TIMEOUT_MS = 600_000;

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
    // Where it outlives the tests, since a failure is there to be looked into.
    const evidence = join(tmpdir(), 'gongu-chaos-seed-1509.jsonl');
    await rm(evidence, { force: true });
    const run = start('--seed', '1509', ...size, '--report', file, '--evidence', evidence);
    expect(await run.exited, run.output()).toBe(0);
    expect(existsSync(evidence)).toBe(false);
    const text = await readFile(file, 'utf8');
    expect(run.output()).toContain(text);
    expect(run.output()).not.toMatch(/not settled/);
    expect(text).toMatch(/^Every guarantee held\.$/m);
    expect(text).toMatch(/^\| clients \| \d+ of 17 protocols \|$/m);
    const count = (row: string) => Number(new RegExp(`^\\| ${row} \\| (\\d+)`, 'm').exec(text)?.[1]);
    expect(count('acknowledged')).toBeGreaterThan(20);
    expect(count('edits and deletions acknowledged, refused, without an answer')).toBeGreaterThan(10);
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
  'keeps a run that failed in a file, with all that is known of it, and names the file in its last line',
  async () => {
    const run = start('--seed', '7', '--minutes', '0.1', '--clients', '24', '--instances', '2');
    await run.until(/clients are in/);
    const services = (await processesIn(join(dir, 'data'))).filter(({ command }) => /chat.dist.main/.test(command));
    process.kill(services[0]!.pid, 'SIGKILL');
    expect(await run.exited, run.output()).toBe(1);
    const kept = /^What happened: (.+)$/.exec(run.stdout().trimEnd().split('\n').at(-1)!)?.[1];
    expect(kept).toMatch(/seed-7-.+\.jsonl$/);
    const lines = (await readFile(kept!, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (what: string) => lines.filter((line) => line.what === what);
    expect(of('run')).toEqual([
      expect.objectContaining({
        args: expect.objectContaining({ seed: 7 }),
        versions: expect.objectContaining({ node: process.version, postgres: expect.stringMatching(/^PostgreSQL \d/) }),
      }),
    ]);
    expect(run.stdout()).toContain(of('report')[0]!.text);
    expect(of('violation')).toEqual([expect.objectContaining({ kind: 'died' })]);
    expect(of('history')).toHaveLength(new Set(of('history').map(({ client }) => client)).size);
    const entries = new Set(of('entry').map(({ entry }) => entry));
    expect([...entries]).toEqual(expect.arrayContaining(['connecting', 'joined', 'received', 'said', 'acked']));
    expect(of('entry').every(({ atMs }) => Number.isInteger(atMs))).toBe(true);
    expect(of('text').length).toBeGreaterThan(20);
    expect(of('step').length).toBeGreaterThan(10);
    expect(of('moment').map(({ text }) => text)).toContain('healing');
    expect(of('state')[0]).toMatchObject({ rooms: expect.any(Array), purchases: expect.any(Array) });
    expect(new Set(of('log').map(({ log }) => log))).toEqual(new Set(['chat-1.log', 'chat-2.log', 'trade.log']));
    await rm(join(dir, 'data'), { recursive: true });
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
