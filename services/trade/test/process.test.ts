import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Product } from '@gongu/shared';
import { type ServiceProcess, spawnService, type TestDatabase, testDatabase } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ChatServer, startChatServer } from './fixture/chat-server.ts';
import { SERVICE_SECRET, tokenOf, USER_SECRET } from './fixture/tokens.ts';
import { draft } from './fixture/trade-server.ts';

let database: TestDatabase;
let chat: ChatServer;
beforeAll(async () => {
  database = await testDatabase();
  chat = await startChatServer(SERVICE_SECRET);
});
afterAll(async () => {
  await chat?.kill();
  await database?.drop();
});

const emptyDir = () => mkdtempSync(join(tmpdir(), 'gongu-trade-'));

function complete(): Record<string, string> {
  return {
    TRADE_PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: emptyDir(),
    DATABASE_URL: database.url,
    CHAT_URL: chat.url,
    JWT_SECRET: USER_SECRET,
    SERVICE_JWT_SECRET: SERVICE_SECRET,
    ALLOWED_ORIGINS: 'https://shop.example',
  };
}

function run(env: Record<string, string>): ServiceProcess {
  const trade = spawnService({ entry: 'services/trade/dist/main.mjs', env });
  onTestFinished(async () => void (await trade.kill('SIGKILL')));
  return trade;
}

/** What it says when it does not start. */
async function refusal(env: Record<string, string>): Promise<string> {
  const trade = run(env);
  expect(await trade.exited).toMatchObject({ code: 1 });
  return trade.stderr();
}

async function urlOf(trade: ServiceProcess): Promise<string> {
  return `http://127.0.0.1:${(await trade.ready).port}`;
}

async function post<T>(url: string, path: string, as: string, body?: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokenOf(as)}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  expect(response.status).toBe(201);
  return response.json() as Promise<T>;
}

describe('the process', () => {
  it('does not start without its variables, and names all of them at once', async () => {
    const said = await refusal({ DATA_DIR: emptyDir() });
    expect(said).toContain('trade: the environment is not complete');
    for (const name of ['DATABASE_URL', 'JWT_SECRET', 'SERVICE_JWT_SECRET', 'ALLOWED_ORIGINS']) {
      expect(said).toMatch(new RegExp(`^  ${name}: is not set`, 'm'));
    }
    expect(said).not.toContain('    at ');
  });

  it('names every bad variable at once, and no secret', async () => {
    const env = { ...complete(), TRADE_PORT: '70000', JWT_SECRET: 'too short', CHAT_URL: 'chat', LOG_LEVEL: 'loud' };
    const said = await refusal({ ...env, DATABASE_URL: 'mysql://u:hidden@db/x', DATABASE_POOL: '0' });
    for (const name of ['TRADE_PORT', 'JWT_SECRET', 'CHAT_URL', 'LOG_LEVEL', 'DATABASE_URL', 'DATABASE_POOL']) {
      expect(said).toMatch(new RegExp(`^  ${name}: must`, 'm'));
    }
    expect(said).not.toContain('too short');
    expect(said).not.toContain('hidden');
    expect(await refusal({ ...complete(), CHAT_URL: `${chat.url}/chat` })).toContain(
      'CHAT_URL: must end with its host and port: no path, no ? and no #',
    );
    expect(await refusal({ ...complete(), SERVICE_JWT_SECRET: USER_SECRET })).toContain(
      'SERVICE_JWT_SECRET: must differ',
    );
  });

  it('says in one line that its port is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void blocker.close());
    await eventually(() => expect(blocker.listening).toBe(true));
    const { port } = blocker.address() as { port: number };
    const said = await refusal({ ...complete(), TRADE_PORT: String(port) });
    expect(said.trim()).toBe(
      `trade: port ${port} on 127.0.0.1 is in use: stop what listens there, or set another port`,
    );
  });

  it('says in one line that the database refuses it', async () => {
    const wrong = new URL(database.url);
    wrong.pathname = '/no_such_database';
    const said = await refusal({ ...complete(), DATABASE_URL: wrong.href });
    expect(said.trim().split('\n')).toHaveLength(1);
    expect(said).toContain('no_such_database');
  });

  it('takes nothing from run.json of a `pnpm start` beside it: its secrets are for development', async () => {
    const { HOST, DATA_DIR = '', ...rest } = complete();
    writeFileSync(join(DATA_DIR, 'run.json'), JSON.stringify(rest), { mode: 0o600 });
    const said = await refusal({ HOST: HOST as string, DATA_DIR });
    for (const name of ['DATABASE_URL', 'SERVICE_JWT_SECRET', 'ALLOWED_ORIGINS']) {
      expect(said).toMatch(new RegExp(`^  ${name}: is not set`, 'm'));
    }
  });

  it('stops on SIGTERM with 0: streams end, and what came before is answered and told', async () => {
    const trade = run(complete());
    const url = await urlOf(trade);
    const stream = await fetch(`${url}/api/products/events`);
    const { id } = await post<Product>(url, '/api/products', 'seller:sel', draft());
    const began = Date.now();
    expect(await trade.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(await stream.text()).toContain('event: ready');
    // The end of the stream is another line, whichever comes last.
    expect(trade.lines.slice(-2)).toContainEqual(expect.objectContaining({ msg: 'stopped', failed: false }));
    expect(trade.stderr()).toBe('');
    // Whatever was not told before the stop is told by the next one.
    await (await run(complete())).ready;
    await eventually(() => expect(chat.rooms.has(id)).toBe(true));
  });

  it('killed in the middle of deliveries and purchases has lost nothing, and chat hears everything in order', async () => {
    chat.disturb(() => ({ delayMs: 20 }));
    onTestFinished(() => chat.behave());
    const first = run(complete());
    const url = await urlOf(first);
    const products = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        post<Product>(url, '/api/products', 'seller:sel', draft({ title: `p${n}`, maxParticipants: 40 })),
      ),
    );
    const bought: [string, string][] = [];
    const buying = products.flatMap(({ id }) =>
      Array.from({ length: 20 }, async (_, n) => {
        await post(url, `/api/products/${id}/participations`, `b${n}`);
        bought.push([id, `b${n}`]);
      }),
    );
    const answered = Promise.allSettled(buying);
    await eventually(() => expect(bought.length).toBeGreaterThan(40));
    await first.kill('SIGKILL');
    await answered;

    const second = run(complete());
    const again = await urlOf(second);
    const as = { headers: { authorization: `Bearer ${tokenOf('admin:root')}` } };
    await eventually(async () =>
      expect(((await (await fetch(`${again}/api/trade/outbox`, as)).json()) as { depth: number }).depth).toBe(0),
    );
    for (const [id, buyer] of bought) expect(chat.rooms.get(id)?.committed).toContain(buyer);
    for (const { id } of products) {
      const audit = (await (await fetch(`${again}/api/products/${id}/audit?limit=100`, as)).json()) as {
        items: { event: string; actor: string }[];
      };
      const buyers = audit.items
        .filter(({ event }) => event === 'buyer.committed')
        .map(({ actor }) => `committed ${actor}`);
      // What was on the way may have come twice: an entry, or purchases that were told together.
      const told = [...new Set(chat.told(id))];
      expect(told).toEqual(['open', ...buyers]);
    }
  });
});
