import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFrame, probe, testDatabase } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import type { Run } from './fixture/installation.ts';
import { processesIn } from './fixture/processes.ts';
import { installForTests, READY, ready, stop, TIMEOUT_MS } from './fixture/start.ts';

const here = installForTests();

const printed = (run: Run, name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(run.output())![1]!;
const trade = (path: string, token: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${here.tradePort}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
const room = (id: string, token: string) =>
  fetch(`http://127.0.0.1:${here.chatPort}/api/chat/rooms/${id}`, { headers: { authorization: `Bearer ${token}` } });
const sampleCount = async (token: string) => {
  const { items } = (await (await trade('/api/products?sellerId=seller-1&limit=100', token)).json()) as {
    items: { title: string }[];
  };
  return items.length;
};

describe('a start in a new clone', () => {
  let seller = '';
  let productId = '';

  it(
    'prints URLs, tokens and lines to paste, and they work',
    async () => {
      const run = await ready(here.run({ env: { FILES_ORIGIN: 'https://files.shop.example' } }));
      seller = printed(run, 'SELLER');
      expect(await sampleCount(seller)).toBe(3);

      const created = await trade('/api/products', seller, {
        method: 'POST',
        body: JSON.stringify({
          title: '딸기',
          price: { amount: 9_900, currency: 'KRW' },
          maxParticipants: 5,
          deadline: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      });
      expect(created.status).toBe(201);
      productId = ((await created.json()) as { id: string }).id;
      await expect.poll(async () => (await room(productId, printed(run, 'ANN'))).status).toBe(200);

      const url = `ws://127.0.0.1:${here.chatPort}/ws`;
      const bob = await probe(url, { protocols: ['gongu.v1', `bearer.${printed(run, 'BOB')}`], check: checkFrame });
      bob.send({ type: 'join', ref: 'j', roomId: printed(run, 'PRODUCT') });
      expect(await bob.next((frame) => frame.type === 'joined')).toMatchObject({ room: { hostId: 'seller-1' } });

      const shop = `http://127.0.0.1:${here.webPort}`;
      expect(run.output()).toMatch(new RegExp(`gongu is ready .*\\n\\n {2}shop +${shop} `));
      const page = await fetch(`${shop}/products/${productId}`);
      expect(page.headers.get('content-security-policy')).toMatch(
        new RegExp(`connect-src 'self' http://127.0.0.1:${here.chatPort} [^;]* https://files.shop.example;`),
      );
      expect(await page.text()).toContain('<div id="root">');
      expect(await (await fetch(`${shop}/config.json`)).json()).toEqual({
        chatUrl: `http://127.0.0.1:${here.chatPort}`,
        tradeUrl: `http://127.0.0.1:${here.tradePort}`,
      });

      // Nobody but this machine reaches it, and that anybody signs in is said before anything listens.
      expect(run.output()).toMatch(/^for development: whoever is on this machine may sign in as anybody/);
      for (const port of [here.chatPort, here.tradePort, here.webPort]) {
        await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow('fetch failed');
      }

      const runFile = join(here.dataDir, 'run.json');
      expect((await stat(runFile)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(runFile, 'utf8'))).toMatchObject({
        CHAT_URL: `http://127.0.0.1:${here.chatPort}`,
        TRADE_URL: `http://127.0.0.1:${here.tradePort}`,
        WEB_URL: shop,
        HOST: '127.0.0.1',
        DATABASE_URL: expect.stringContaining('postgresql://'),
        JWT_SECRET: expect.any(String),
        SERVICE_JWT_SECRET: expect.any(String),
      });

      // Another instance of chat joins it where that is asked for, and stays on this machine too.
      const joined = here.run({ args: ['service.mjs', 'chat'], env: { CHAT_PORT: '0' } });
      const started = await joined.until(/^\{.*"service\.started".*\}$/m);
      const { port } = JSON.parse(started[0]) as { port: number };
      await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
      await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow('fetch failed');
      joined.signal('SIGTERM');
      expect(await joined.exited).toBe(0);

      const second = here.run();
      expect(await second.exited).toBe(1);
      expect(second.output()).toMatch(/^gongu: .* is in use by process \d+: .*\n$/);

      await stop(here, run);
      await expect(stat(runFile)).rejects.toThrow('ENOENT');
    },
    TIMEOUT_MS,
  );

  it(
    'keeps data, secrets and samples for the next start, whose supervisor may be killed, and for the one after',
    async () => {
      const killed = await ready(here.run());
      const seconds = Number(/ready \(([\d.]+) s\)/.exec(killed.output())![1]);
      expect(seconds).toBeGreaterThan(0);
      expect((await trade(`/api/products/${productId}`, seller)).status).toBe(200);
      expect((await room(productId, seller)).status).toBe(200);
      expect(await sampleCount(seller)).toBe(4);
      const ended = await trade(`/api/products/${printed(killed, 'PRODUCT')}/cancel`, seller, {
        method: 'POST',
        body: '{}',
      });
      expect(ended.status).toBe(200);
      killed.kill('SIGKILL');
      await killed.exited;
      expect((await processesIn(here.root)).length).toBeGreaterThanOrEqual(3);

      const next = await ready(here.run());
      expect(next.output()).toMatch(/stopping trade \(process \d+\), left behind/);
      expect(next.output()).toMatch(/stopping chat \(process \d+\), left behind/);
      expect((await room(productId, seller)).status).toBe(200);
      // The sample that was ended has a successor, and only that one.
      expect(await sampleCount(seller)).toBe(5);
      expect(printed(next, 'PRODUCT')).not.toBe(printed(killed, 'PRODUCT'));
      expect((await processesIn(here.root)).filter(({ command }) => command.includes('chat/dist'))).toHaveLength(1);
      await stop(here, next);
    },
    TIMEOUT_MS,
  );

  it(
    'starts a service and a PostgreSQL again that were killed, and where it is asked for what takes payments',
    async () => {
      const run = await ready(here.run({ env: { PAYMENTS: '1', PAY_PORT: '0' } }));
      const { payUrl } = (await (await fetch(`http://127.0.0.1:${here.webPort}/config.json`)).json()) as {
        payUrl: string;
      };
      // It is ready once trade has made it a webhook.
      expect((await fetch(`${payUrl}/healthz`)).status).toBe(200);
      const offered = await trade('/api/products?sellerId=seller-1&limit=100', seller);
      expect(((await offered.json()) as { items: { payment: string }[] }).items).toContainEqual(
        expect.objectContaining({ payment: 'REQUIRED', waitingList: true }),
      );
      const children = JSON.parse(await readFile(join(here.dataDir, 'children.json'), 'utf8')) as {
        chat: { pid: number };
      };
      process.kill(children.chat.pid, 'SIGKILL');
      await run.until(/chat ended \(killed by SIGKILL\): starting it again/);
      await run.until(/chat is back/);
      const [postgres] = (await processesIn(here.root)).filter(({ command }) => command.includes('/postgres -D'));
      process.kill(postgres!.pid, 'SIGKILL');
      await run.until(/PostgreSQL is back/);
      await expect.poll(async () => (await room(productId, seller)).status).toBe(200);
      run.signal('SIGTERM');
      expect(await run.exited).toBe(0);
      expect(await processesIn(here.root)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'begins anew after a reset, which is refused while it runs and leaves alone what is not ours',
    async () => {
      const origin = 'http://shop.test';
      const run = await ready(here.run({ env: { ALLOWED_ORIGINS: origin, HOST: '0.0.0.0' } }));
      expect(run.stderr()).toMatch(
        /^gongu: for development only: whoever reaches 0\.0\.0\.0 over the network may sign in/,
      );
      // The page may call as well, under both names of this machine, and nobody else.
      for (const [from, allowed] of [
        [origin, origin],
        [`http://127.0.0.1:${here.webPort}`, `http://127.0.0.1:${here.webPort}`],
        [`http://localhost:${here.webPort}`, `http://localhost:${here.webPort}`],
        ['https://other.example', null],
      ] as const) {
        const answer = await fetch(`http://127.0.0.1:${here.tradePort}/api/products`, { headers: { origin: from } });
        expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
      }
      const refused = here.run({ args: ['reset.mjs'] });
      expect(await refused.exited).toBe(1);
      expect(refused.output()).toMatch(/^gongu: .* is in use by process \d+: .*\n$/);
      await stop(here, run);

      await writeFile(join(here.dataDir, 'notes.txt'), 'mine');
      const reset = here.run({ args: ['reset.mjs'] });
      expect(await reset.exited, reset.output()).toBe(0);
      expect(await readdir(here.dataDir)).toEqual(['notes.txt']);

      const next = await ready(here.run());
      expect(await sampleCount(printed(next, 'SELLER'))).toBe(3);
      expect((await trade('/api/products?mine=seller', seller)).status).toBe(401);
      await stop(here, next);
    },
    TIMEOUT_MS,
  );

  it(
    'uses DATABASE_URL where there is one, and then has no PostgreSQL of its own',
    async () => {
      const database = await testDatabase();
      await writeFile(join(here.root, '.env'), `DATABASE_URL=${database.url}\nDATA_DIR=elsewhere\n`);
      const run = await ready(here.run());
      expect(run.output()).toContain(`PostgreSQL at ${new URL(database.url).host}`);
      expect(await readdir(join(here.root, 'elsewhere'))).not.toContain('postgres');
      expect(await sampleCount(printed(run, 'SELLER'))).toBe(3);
      await stop(here, run);
      await database.drop();
    },
    TIMEOUT_MS,
  );

  it(
    'leaves nothing when it is interrupted halfway',
    async () => {
      const run = here.run();
      await run.until(/PostgreSQL on .* is ready/);
      await stop(here, run);
      expect(run.output()).not.toMatch(READY);
    },
    TIMEOUT_MS,
  );
});
