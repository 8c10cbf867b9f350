import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasNginx, inRepository, redisProgram } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrameProxy, frameProxy } from './fixture/frame-proxy.ts';
import { type Run, spawnRun } from './fixture/installation.ts';
import { call, type Pair, startPair } from './fixture/pair.ts';
import { processesIn } from './fixture/processes.ts';

/** Ten times what it takes alone. */
const TIMEOUT_MS = 300_000;

let dir: string;
const runs: Run[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-demo-'));
  await chmod(dir, 0o711); // as root, PostgreSQL runs as another user
  await mkdir(join(dir, 'tmp'));
}, TIMEOUT_MS);
afterAll(async () => {
  for (const run of runs) run.signal('SIGKILL');
  await rm(dir, { recursive: true, force: true });
}, TIMEOUT_MS);

/** A bundle of `dist/` in a process group of its own, with its data in a folder of this test's. */
function start(bundle: 'demo' | 'loadtest', args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const folders = { DATA_DIR: join(dir, 'data'), TMPDIR: join(dir, 'tmp') };
  const run = spawnRun([inRepository('dist', `${bundle}.mjs`), ...args], { ...folders, ...env });
  runs.push(run);
  return run;
}

async function expectNothingLeft(): Promise<void> {
  expect(await processesIn(dir)).toEqual([]);
  expect((await readdir(dir)).filter((name) => name !== 'report.md')).toEqual(['tmp']);
  expect(await readdir(join(dir, 'tmp'))).toEqual([]);
}

describe('pnpm demo', () => {
  it(
    'shows every step, ends with 0 and leaves nothing behind',
    async () => {
      const run = start('demo', ['--fast']);
      expect(await run.exited, run.output()).toBe(0);
      const rows = run.output().match(/^ *\d+\. {2}.* (?:shown|skipped|FAILED|not reached) .*$/gm);
      const outcomes = rows?.map((row) => / (shown|skipped|FAILED|not reached) /.exec(row)![1]);
      const stopOfRedis = 7;
      expect(outcomes).toEqual(
        Array.from({ length: 11 }, (_, i) => (i === stopOfRedis && !redisProgram() ? 'skipped' : 'shown')),
      );
      expect(run.output()).toMatch(/16 in, 4 refused \(ROOM_FULL\)/);
      expect(run.output()).toMatch(/3 bought, 1 refused \(CAP_REACHED\)/);
      expect(run.output()).toMatch(/CLOSED, 1 guest removed/);
      expect(run.output()).toMatch(/lost 0, missing 0, doubled 0, disorder 0, changed 0, protocol 0/);
      expect(run.output()).toMatch(/Nothing was lost, doubled or out of order\.\n$/);
      expect(run.output()).toMatch(hasNginx() ? /nginx with the shipped configuration/ : /no nginx on the PATH/);
      expect(run.output()).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\./);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  it(
    'ends with 130 on Ctrl-C in the middle of a step, and leaves nothing behind',
    async () => {
      const run = start('demo', []);
      await run.until(/everybody talks/);
      run.signal('SIGINT');
      expect(await run.exited, run.output()).toBe(130);
      expect(run.stderr()).toMatch(/SIGINT: stopping everything/);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  it(
    'sweeps up after a demo that was killed, and ends with 1 when a step does not show what it should',
    async () => {
      const killed = start('demo', ['--fast']);
      await killed.until(/everybody talks/);
      killed.kill('SIGKILL');
      await killed.exited;
      expect((await processesIn(dir)).length).toBeGreaterThanOrEqual(3);

      const run = start('demo', ['--fast']);
      await run.until(/left behind by an earlier start/);
      await run.until(/everybody talks/);
      const trade = (await processesIn(dir)).find(({ command }) => command.includes('trade/dist/main'))!;
      process.kill(trade.pid, 'SIGKILL');
      expect(await run.exited, run.output()).toBe(1);
      expect(run.stderr()).toMatch(/trade ended: SIGKILL/);
      expect(run.output()).toMatch(/^ *5\. .* FAILED/m);
      expect(run.output()).toMatch(/^ *6\. .* not reached/m);
      expect(run.output()).toMatch(/The demo did NOT show what it should\.\n$/);
      await expectNothingLeft();
    },
    TIMEOUT_MS * 2,
  );
});

describe('pnpm loadtest', () => {
  it(
    'connects 200 clients, lets them talk, and reports as Markdown that nothing was lost',
    async () => {
      const file = join(dir, 'report.md');
      const run = start('loadtest', ['--clients', '200', '--rooms', '2', '--seconds', '8', '--report', file]);
      expect(await run.exited, run.output()).toBe(0);
      const text = await readFile(file, 'utf8');
      expect(run.output()).toContain(text);
      expect(text).toMatch(/^## Load test, \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m);
      expect(text).toMatch(/^- machine: \d+ × .*Node \d+/m);
      expect(text).toMatch(/^\| clients \| 200 in 2 rooms \|$/m);
      expect(text).toMatch(/^\| said and acknowledged \| 400 of 400 \|$/m);
      // Each message is received by 99 others.
      expect(text).toMatch(
        /^\| send → receipt by another client \| 39600 \| [\d.]+ \| [\d.]+ \| [\d.]+ \| [\d.]+ \|$/m,
      );
      expect(text).toMatch(/^\| 0 \| 0 \| 0 \| 0 \| 0 \| 0 \|$/m);
      expect(run.stderr()).toMatch(/^connect 100 %: .* 200 connected/m);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  it.each([
    [['--clients', '0'], /--clients must be a whole number from 1 to 50000, not "0"/],
    [['--clients', '3', '--rooms', '4'], /--rooms must be a whole number from 1 to 3, not "4"/],
    [['--rate', 'fast'], /--rate must be a number from 0\.1 to 100000, not "fast"/],
    [['--url', 'ws://x'], /--url must be that of the chat service/],
    [['--url', 'http://127.0.0.1:1'], /set JWT_SECRET and SERVICE_JWT_SECRET to those of http:\/\/127\.0\.0\.1:1/],
    [['--nonsense'], /Unknown option '--nonsense'/],
  ])('says in a line what is wrong with %j', async (args, message) => {
    const run = start('loadtest', args);
    expect(await run.exited).toBe(1);
    expect(run.output()).toMatch(message);
    expect(run.output()).not.toMatch(/ at .*\.mjs:\d+/);
  });
});

describe('pnpm loadtest --url', () => {
  type Deliver = (text: string, connection: number) => readonly string[];
  const honest: Deliver = (text) => [text];
  let pair: Pair;
  let proxy: FrameProxy;
  let deliver: Deliver = honest;

  beforeAll(async () => {
    pair = await startPair({ trade: false });
    proxy = await frameProxy({ target: pair.chat.url, deliver: (text, connection) => deliver(text, connection) });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await proxy?.close();
    await pair?.stop();
  }, TIMEOUT_MS);

  /** A short load test through the proxy. */
  async function load(how: Deliver) {
    deliver = how;
    const args = ['--clients', '10', '--rate', '40', '--seconds', '2', '--url', proxy.url];
    const run = start('loadtest', args, pair.secrets);
    const code = await run.exited;
    const counts = /^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/m.exec(run.output());
    const [lost, missing, doubled, disorder, changed, protocol] = (counts ?? []).slice(1).map(Number);
    return { code, output: run.output(), counts: { lost, missing, doubled, disorder, changed, protocol } };
  }

  const sound = { lost: 0, missing: 0, doubled: 0, disorder: 0, changed: 0, protocol: 0 };
  /** Does something to the tenth chat message that goes to the fourth client. */
  const once = (harm: (text: string) => readonly string[]): Deliver => {
    let seen = 0;
    return (text, connection) => {
      if (connection % 10 !== 3 || !text.includes('"kind":"CHAT"') || !text.includes('"type":"message"')) return [text];
      seen += 1;
      return seen === 10 ? harm(text) : [text];
    };
  };

  it(
    'drives a running deployment, finds nothing wrong and removes its rooms',
    async () => {
      const { code, output, counts } = await load(honest);
      expect(code, output).toBe(0);
      expect(counts).toEqual(sound);
      expect(output).toContain(`the services at ${proxy.url}`);
      const roomId = pair
        .output()
        .map(({ roomId: one }) => String(one))
        .find((one) => one.startsWith('load-'));
      expect((await call('GET', `${pair.chat.url}/api/chat/rooms/${roomId}`, pair.service())).status).toBe(404);
    },
    TIMEOUT_MS,
  );

  it(
    'fails when one frame of one client is dropped',
    async () => {
      const { code, output, counts } = await load(once(() => []));
      expect(code, output).toBe(1);
      expect(counts).toEqual({ ...sound, missing: 1 });
      expect(output).toMatch(/- missing: load-[0-9a-f]+-\d+: \d+ was left out/);
    },
    TIMEOUT_MS,
  );

  it(
    'fails when one frame of one client comes twice, or later than what follows it, or with another text',
    async () => {
      expect(await load(once((text) => [text, text]))).toMatchObject({ code: 1, counts: { ...sound, doubled: 1 } });

      let held: string | null = null;
      const swapping = once((text) => {
        held = text;
        return [];
      });
      const swapped = await load((text, connection) => {
        const passed = swapping(text, connection);
        if (held === null || connection % 10 !== 3 || passed.length === 0 || !text.includes('"type":"message"')) {
          return passed;
        }
        const late = held;
        held = null;
        return [...passed, late];
      });
      expect(swapped).toMatchObject({ code: 1, counts: { ...sound, disorder: 1 } });

      const forged = await load(once((text) => [text.replace('같이', '따로')]));
      expect(forged.code).toBe(1);
      expect(forged.counts.changed).toBeGreaterThan(0);
    },
    TIMEOUT_MS * 2,
  );
});
