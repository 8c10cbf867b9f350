import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, inRepository } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Run, spawnRun } from './fixture/installation.ts';
import { processesIn } from './fixture/processes.ts';

/** It builds first, and shares the machine with other tests. */
const TIMEOUT_MS = 180_000;

let dir: string;
let run: Run | undefined;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-dev-'));
  await chmod(dir, 0o711); // as root, PostgreSQL runs as another user
  await mkdir(join(dir, 'tmp'));
});
afterAll(async () => {
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
    await run.until(/Ctrl-C stops everything/, TIMEOUT_MS);

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
    expect((await fetch(`${urls.chatUrl}/readyz`)).status).toBe(200);
    const products = (await (await fetch(`${urls.tradeUrl}/api/products`)).json()) as { items: unknown[] };
    expect(products.items).toHaveLength(3);

    run.signal('SIGINT');
    expect(await run.exited, run.output()).toBe(0);
    expect(await processesIn(dir)).toEqual([]);
    for (const port of [chat, trade, web]) await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  },
  TIMEOUT_MS,
);
