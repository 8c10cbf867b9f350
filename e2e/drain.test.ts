import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import {
  checkFrame,
  freePort,
  type Probe,
  probe,
  type ServiceProcess,
  servicesDatabase,
  serviceToken,
  spawnService,
  type TcpProxy,
  type TestDatabase,
  tcpProxy,
  UpgradeRefused,
  userToken,
} from '@gongu/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const JWT_SECRET = 'user-secret-of-the-tests-of-draining-0123456789';
const SERVICE_JWT_SECRET = 'service-secret-of-the-tests-of-draining-0123456789';
const DRAIN_MS = 4_000;
/** A service takes 3.5 s beyond DRAIN_MS at most, as a service manager has to allow; the rest is for a machine that stands still. */
const MARGIN_MS = 40_000;

let database: TestDatabase;
let proxy: TcpProxy;
let port: number;
let chat: ServiceProcess;

beforeEach(async () => {
  database = await servicesDatabase();
  proxy = await tcpProxy({ target: database.url });
  port = await freePort();
  await start();
});
afterEach(async () => {
  await chat?.kill('SIGKILL');
  await proxy?.close();
  await database?.drop();
});

async function start(drainMs = DRAIN_MS): Promise<void> {
  chat = run('chat', { CHAT_PORT: String(port), RATE_MESSAGES_PER_SECOND: '0', DRAIN_MS: String(drainMs) });
  await chat.ready;
}

/** How a process ends, and when, is what is tested here: without sim's launcher, which has a patience of its own. */
function run(service: 'chat' | 'trade', env: Record<string, string>): ServiceProcess {
  return spawnService({
    entry: `services/${service}/dist/main.mjs`,
    env: {
      ...{ DATABASE_URL: proxy.through(database.url), HOST: '127.0.0.1', DRAIN_MS: String(DRAIN_MS) },
      ...{ JWT_SECRET, SERVICE_JWT_SECRET, ALLOWED_ORIGINS: '*', CONTENT_ENCRYPTION: 'off', ...env },
    },
  });
}

async function room(): Promise<string> {
  const body = { productId: randomUUID(), title: '감귤', hostId: 'seller', maxParticipants: 100 };
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const { status } = await fetch(`http://127.0.0.1:${port}/api/chat/rooms`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${serviceToken({ secret: SERVICE_JWT_SECRET })}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ ...body, expiresAt }),
  });
  expect(status).toBe(201);
  return body.productId;
}

async function member(userId: string, roomId: string): Promise<Probe> {
  const token = userToken({ sub: userId, secret: JWT_SECRET });
  const socket = await probe(`ws://127.0.0.1:${port}/ws`, {
    protocols: ['gongu.v1', `bearer.${token}`],
    check: checkFrame,
  });
  socket.send({ type: 'join', roomId });
  await socket.next((frame) => frame.type === 'joined');
  return socket;
}

/** A member that never reads again: its TCP window fills up and stays full. */
async function frozen(userId: string, roomId: string): Promise<Socket> {
  const token = userToken({ sub: userId, secret: JWT_SECRET });
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /chat/${roomId}?token=${token} HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  await once(socket, 'data');
  socket.pause();
  socket.on('error', () => {});
  return socket;
}

/** What is stored of a room's messages, as the next instance has it. */
async function storedIn(roomId: string): Promise<string[]> {
  chat = run('chat', { CHAT_PORT: String(port) });
  await chat.ready;
  const ids: string[] = [];
  for (let after = 0; ; ) {
    const url = `http://127.0.0.1:${port}/api/chat/rooms/${roomId}/messages?limit=100&after=${after}`;
    const headers = { authorization: `Bearer ${serviceToken({ secret: SERVICE_JWT_SECRET })}` };
    const page = (await (await fetch(url, { headers })).json()) as {
      messages: { kind: string; clientMessageId: string; seq: number }[];
      hasMore: boolean;
    };
    for (const { kind, clientMessageId, seq } of page.messages) {
      if (kind === 'CHAT') ids.push(clientMessageId);
      after = seq;
    }
    if (!page.hasMore) return ids;
  }
}

async function timed(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

/** `/readyz` on a new connection that the client would keep. */
async function readiness(at: number) {
  const agent = new Agent({ keepAlive: true });
  const [answer] = (await once(get({ port: at, path: '/readyz', agent }), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += chunk;
  agent.destroy();
  return { status: answer.statusCode, connection: answer.headers.connection, body: JSON.parse(text) };
}

describe('chat that is told to stop', () => {
  it('says so to whoever asks, opens no more sockets, spreads its clients, and ends with 0', async () => {
    // The longest notice that there is, 2 s: a busy machine is to see it too.
    const drainMs = 20_000;
    await chat.kill('SIGKILL');
    await start(drainMs);
    const roomId = await room();
    const members = await Promise.all(Array.from({ length: 40 }, (_, i) => member(`user-${i}`, roomId)));
    const end = chat.kill('SIGTERM');
    const began = performance.now();
    await chat.line((line) => line.msg === 'stopping');
    const [ready, refused] = await Promise.all([
      readiness(port),
      probe(`ws://127.0.0.1:${port}/ws`, { protocols: 'gongu.v1', check: checkFrame }).catch((error) => error),
    ]);
    expect(ready).toMatchObject({ status: 503, connection: 'close', body: { status: 'draining' } });
    expect(refused).toBeInstanceOf(UpgradeRefused);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) } });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) });

    const gone = await Promise.all(
      members.map(async (socket) => {
        const told = await socket.next((frame) => frame.type === 'reconnect');
        const { code } = await socket.closed();
        return { code, afterMs: told.afterMs as number, at: performance.now() - began };
      }),
    );
    expect(new Set(gone.map(({ code }) => code))).toEqual(new Set([4001]));
    const times = gone.map(({ at }) => at);
    // Half of DRAIN_MS, on both: when they are told, and when they shall be back.
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(drainMs / 4);
    expect(gone.every(({ afterMs }) => afterMs >= 0 && afterMs <= drainMs / 2)).toBe(true);
    expect(new Set(gone.map(({ afterMs }) => afterMs)).size).toBeGreaterThan(10);
    expect(await end).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(drainMs + MARGIN_MS);
  });

  it('ends with 0 in time with readers that are frozen, and with what was accepted stored', async () => {
    const roomId = await room();
    const ann = await member('ann', roomId);
    const readers = await Promise.all(['f-1', 'f-2', 'f-3'].map((name) => frozen(name, roomId)));
    const content = '🍊'.repeat(4_000);
    for (let i = 0; i < 60; i++) {
      ann.send({ type: 'send', ref: `${i}`, roomId, clientMessageId: `c-${i}`, content });
      await ann.next((frame) => frame.ref === `${i}`);
    }
    const took = timed(chat.kill('SIGTERM').then((end) => expect(end).toEqual({ code: 0, signal: null })));
    expect(await took).toBeLessThan(DRAIN_MS + MARGIN_MS);
    expect(await storedIn(roomId)).toEqual(Array.from({ length: 60 }, (_, i) => `c-${i}`));
    for (const reader of readers) reader.destroy();
  });

  it('ends with 0 in time while PostgreSQL hangs, and acknowledges nothing that is not stored', async () => {
    const roomId = await room();
    const ann = await member('ann', roomId);
    proxy.blackHole();
    for (let i = 0; i < 20; i++) {
      ann.send({ type: 'send', ref: `${i}`, roomId, clientMessageId: `hung-${i}`, content: '들리나요' });
    }
    const asked = fetch(`http://127.0.0.1:${port}/api/chat/rooms`, {
      headers: { authorization: `Bearer ${userToken({ sub: 'ann', secret: JWT_SECRET })}` },
    }).then(
      ({ status }) => status,
      () => 0,
    );
    const took = timed(chat.kill('SIGTERM').then((end) => expect(end).toEqual({ code: 0, signal: null })));
    expect(await took).toBeLessThan(DRAIN_MS + MARGIN_MS);
    expect([0, 503]).toContain(await asked);
    const acknowledged = ann.queue.filter((frame) => frame.type === 'ack').map((frame) => frame.clientMessageId);
    expect(chat.lines.some((line) => line.msg === 'a step of stopping was given up')).toBe(true);
    await proxy.pass();
    proxy.cut();
    expect(await storedIn(roomId)).toEqual(expect.arrayContaining(acknowledged));
  });
});

describe('trade that is told to stop', () => {
  it('says so to whoever asks, and ends with 0 in time, also while PostgreSQL hangs', async () => {
    const at = await freePort();
    const trade = run('trade', { TRADE_PORT: String(at), CHAT_URL: `http://127.0.0.1:${port}`, DRAIN_MS: '20000' });
    await trade.ready;
    const asked = fetch(`http://127.0.0.1:${at}/api/products`).then((answer) => answer.status);
    expect(await asked).toBe(200);
    const end = trade.kill('SIGTERM');
    await trade.line((line) => line.msg === 'stopping');
    expect(await readiness(at)).toMatchObject({ status: 503, connection: 'close', body: { status: 'draining' } });
    proxy.blackHole();
    const took = timed(end.then((how) => expect(how).toEqual({ code: 0, signal: null })));
    expect(await took).toBeLessThan(20_000 + MARGIN_MS);
  });
});
