import { spawnSync } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { redisProgram } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { processesIn } from './fixture/processes.ts';
import { installForTests, ready, stop, TIMEOUT_MS } from './fixture/start.ts';

/** What the embedded PostgreSQL asks for as root; Node itself is started by its path. */
const NEEDED = ['sh', 'id', 'mv', 'cp', 'groupadd', 'useradd'];

const here = installForTests();

const json = async (name: string) => JSON.parse(await readFile(join(here.dataDir, name), 'utf8'));
const redisPid = async () => ((await json('children.json')) as { Redis: { pid: number } }).Redis.pid;

async function readyz(): Promise<{ http: number; status: string; redis: string }> {
  const answer = await fetch(`http://127.0.0.1:${here.chatPort}/readyz`);
  const { status, checks } = (await answer.json()) as { status: string; checks: { redis: string } };
  return { http: answer.status, status, redis: checks.redis };
}
const both = { http: 200, status: 'ready', redis: 'ok' };

it.skipIf(!redisProgram())(
  'starts the Redis of the PATH, again when it was killed, and stops it after chat; one left behind is stopped first',
  async () => {
    const killed = await ready(here.run());
    const [, port] = /^ {2}redis {5}Redis on 127\.0\.0\.1:(\d+)$/m.exec(killed.output())!;
    const { REDIS_URL } = (await json('run.json')) as { REDIS_URL: string };
    const { hostname, password, port: told } = new URL(REDIS_URL);
    expect({ hostname, told }).toEqual({ hostname: '127.0.0.1', told: port });
    expect(password.length).toBeGreaterThan(20);
    expect(killed.output()).not.toContain(password);
    await expect.poll(readyz).toEqual(both);

    process.kill(await redisPid(), 'SIGKILL');
    await killed.until(/Redis ended \(killed by SIGKILL\): starting it again/);
    await killed.until(/Redis is back/);
    await expect.poll(readyz).toEqual(both);

    const left = await redisPid();
    killed.kill('SIGKILL');
    await killed.exited;
    const next = await ready(here.run());
    expect(next.output()).toContain(`stopping Redis (process ${left}), left behind by an earlier start`);
    expect((await processesIn(here.root)).filter(({ command }) => /redis|valkey/.test(command))).toHaveLength(1);
    await expect.poll(readyz).toEqual(both);

    await stop(here, next);
    // Chat has not seen it go. What it took for lost before, on a machine that stood still, is another matter.
    const log = await readFile(join(here.dataDir, 'logs', 'chat.log'), 'utf8');
    const last = log.slice(log.lastIndexOf('"msg":"stopping"'));
    expect(last).toContain('"event":"service.stopped"');
    expect(last).not.toContain('signals may be lost');
  },
  TIMEOUT_MS,
);

it(
  'runs on the local bus where the PATH has no Redis, and says so in one line',
  async () => {
    const bin = join(here.root, 'bin');
    await mkdir(bin);
    for (const name of NEEDED) {
      const found = spawnSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).stdout.trim();
      if (found) await symlink(found, join(bin, name));
    }
    const run = await ready(here.run({ env: { PATH: bin } }));
    expect(run.output().match(/^no redis-server or valkey-server on the PATH: .*$/gm)).toHaveLength(1);
    expect(run.output()).toMatch(/^ {2}redis {5}none: chat runs on its local bus$/m);
    // PostgreSQL may take its time, which is told as well.
    const warned = run.stderr().replace(/^gongu: \S+ (?:chat|trade) warn: waiting for PostgreSQL .*\n/gm, '');
    expect(warned).toMatch(/^gongu: \S+ trade warn: DEV_LOGIN is on[^\n]*\n$/);
    expect(await json('run.json')).not.toHaveProperty('REDIS_URL');
    await expect.poll(readyz).toEqual({ http: 200, status: 'ready', redis: 'off' });
    await stop(here, run);
  },
  TIMEOUT_MS,
);

it(
  'starts with a REDIS_URL that nobody answers, warns in one line without its password, and starts none of its own',
  async () => {
    const run = await ready(here.run({ env: { REDIS_URL: 'redis://me:hidden@127.0.0.1:1/2' } }));
    expect(run.output()).toMatch(/^ {2}redis {5}Redis at redis:\/\/127\.0\.0\.1:1\/2$/m);
    expect(run.stderr().match(/^gongu: Redis at redis:\/\/127\.0\.0\.1:1\/2 does not answer: /gm)).toHaveLength(1);
    expect(run.output()).not.toContain('hidden');
    expect(await json('children.json')).not.toHaveProperty('Redis');
    await expect.poll(readyz).toEqual({ http: 200, status: 'degraded', redis: 'down' });
    await stop(here, run);
  },
  TIMEOUT_MS,
);
