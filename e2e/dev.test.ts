import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, inRepository } from '@gongu/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyRepository } from './fixture/copied-repository.ts';
import { type Run, spawnRun } from './fixture/installation.ts';
import { processesIn } from './fixture/processes.ts';

/** It builds first, and shares the machine with other tests. */
const TIMEOUT_MS = 600_000;
const READY_MS = 200_000;

let dir: string;
let run: Run | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-dev-'));
  await chmod(dir, 0o711); // as root, PostgreSQL runs as another user
  await mkdir(join(dir, 'tmp'));
});
afterEach(async () => {
  run?.signal('SIGKILL');
  await run?.exited;
  for (const { pid } of await processesIn(dir)) process.kill(pid, 'SIGKILL');
  await rm(dir, { recursive: true, force: true });
}, TIMEOUT_MS);

it(
  'pnpm dev serves the page from its sources, with both services, and Ctrl-C ends all of it',
  async () => {
    const [chat, trade, web] = [await freePort(), await freePort(), await freePort()];
    const ports = { CHAT_PORT: String(chat), TRADE_PORT: String(trade), WEB_PORT: String(web) };
    const folders = { DATA_DIR: join(dir, 'data'), TMPDIR: join(dir, 'tmp') };
    const script = JSON.parse(await readFile(inRepository('package.json'), 'utf8')).scripts.dev as string;
    expect(script).toMatch(/^node /);
    const [program = '', ...args] = script.replace(/^node /, '').split(' ');
    run = spawnRun([inRepository(program), ...args], { HOST: '127.0.0.1', ...ports, ...folders });
    await run.until(/Ctrl-C stops everything/, READY_MS);

    const get = (path: string) => fetch(`http://127.0.0.1:${web}${path}`, { headers: { accept: 'text/html' } });
    for (const path of ['/', '/products/anything']) {
      const page = await get(path);
      expect([path, page.status]).toEqual([path, 200]);
      const text = await page.text();
      expect(text).toContain('<div id="root">');
      expect(text, 'Vite tells it what changes').toContain('/@vite/client');
    }
    // Not the one that was built.
    const source = await get('/src/main.tsx');
    expect([source.status, source.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')]);
    expect(await source.text()).toContain('/src/');
    const urls = { chatUrl: `http://127.0.0.1:${chat}`, tradeUrl: `http://127.0.0.1:${trade}` };
    expect(await (await get('/config.json')).json()).toEqual(urls);
    await expect.poll(async () => (await fetch(`${urls.chatUrl}/readyz`)).status).toBe(200);
    const products = (await (await fetch(`${urls.tradeUrl}/api/products`)).json()) as { items: unknown[] };
    expect(products.items).toHaveLength(3);

    run.signal('SIGINT');
    expect(await run.exited, run.output()).toBe(0);
    expect(await processesIn(dir)).toEqual([]);
    for (const port of [chat, trade, web]) await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  },
  TIMEOUT_MS,
);

it(
  'pnpm dev restarts the service whose sources changed, and keeps the old one where they can not be built',
  async () => {
    const root = join(dir, 'clone');
    await mkdir(root);
    await copyRepository(root);
    const [chat, trade, web] = [await freePort(), await freePort(), await freePort()];
    const ports = { CHAT_PORT: String(chat), TRADE_PORT: String(trade), WEB_PORT: String(web) };
    const folders = { DATA_DIR: join(dir, 'data'), TMPDIR: join(dir, 'tmp') };
    run = spawnRun([join(root, 'scripts', 'run.mjs'), 'dev'], { HOST: '127.0.0.1', ...ports, ...folders });
    const { output, until } = run;
    await until(/Ctrl-C stops everything/, READY_MS);

    const detailOf = async (port: number) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/nothing`);
      return ((await answer.json()) as { detail: string }).detail;
    };
    const change = async (file: string, from: string, to: string) => {
      const path = join(root, file);
      const text = await readFile(path, 'utf8');
      expect(text).toContain(from);
      // At once, as editors do: one that is half written may be built.
      await writeFile(`${path}.new`, text.replace(from, to));
      await rename(`${path}.new`, path);
    };

    // Both services have it.
    const answers = 'packages/host/src/http/answers/error-answers.ts';
    await change(answers, '`No such route: ', '`Gone astray: ');
    await until(/chat is back/);
    await until(/trade is back/);
    expect([await detailOf(chat), await detailOf(trade)]).toEqual(['Gone astray: GET', 'Gone astray: GET']);

    await change(answers, '`Gone astray: ', 'Gone astray: ');
    await until(/chat could not be built and goes on as it was:[\s\S]*error-answers\.ts:\d+:/);
    expect(await detailOf(chat)).toBe('Gone astray: GET');
    await change(answers, 'Gone astray: ', '`Gone astray: ');

    // One of them.
    const before = output().length;
    await change('services/chat/src/main.ts', '\n', "\nconsole.error('another chat');\n");
    await expect.poll(() => output().slice(before)).toMatch(/chat is back/);
    expect(output().slice(before)).not.toMatch(/trade (was built|is back)/);
    expect(await detailOf(chat)).toBe('Gone astray: GET');

    // It is built, and does not start.
    await change('services/chat/src/main.ts', "console.error('another chat')", "throw new Error('not like this')");
    await until(/chat does not start any more: [\s\S]*not like this/);
    await change('services/chat/src/main.ts', "throw new Error('not like this')", 'void 0');
    await expect.poll(() => detailOf(chat).catch(() => '')).toBe('Gone astray: GET');

    const { length } = output();
    await writeFile(join(root, 'prisma/chat/migrations/9999_later.sql'), 'SELECT 1;');
    await expect.poll(() => output().slice(length)).toMatch(/9999_later\.sql changed: a restart/);

    run.signal('SIGINT');
    expect(await run.exited, output()).toBe(0);
    expect(await processesIn(dir)).toEqual([]);
  },
  TIMEOUT_MS,
);
