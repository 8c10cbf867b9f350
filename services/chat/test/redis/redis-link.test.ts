import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createLog, systemClock } from '@gongu/host';
import { freePort, redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { until } from '@gongu/testkit/eventually';
import { Redis } from 'ioredis';
import { afterEach, expect, it, suite } from 'vitest';
import { createRedisLink, type RedisLink } from '../../src/redis/redis-link.ts';
import { redisTarget } from '../../src/redis/redis-url.ts';

const describe = suite.skipIf(!redisProgram());

const links: RedisLink[] = [];
const ends: (() => Promise<unknown>)[] = [];

function open(url: string, rest: { readyMs?: number } = {}) {
  const events: string[] = [];
  const lines: string[] = [];
  const link = createRedisLink({
    open: () => redisTarget(url).open({ name: 'test' }),
    name: 'test',
    clock: systemClock,
    log: createLog({ service: 'test', level: 'debug', stream: { write: (line) => void lines.push(line) } }),
    onReady: () => events.push('ready'),
    onDown: () => events.push('down'),
    ...rest,
  });
  links.push(link);
  return { link, events, lines };
}

async function start(): Promise<TestRedis> {
  const server = await startRedis();
  ends.push(() => server.stop());
  return server;
}

afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
  await Promise.all(ends.splice(0).map((end) => end()));
});

describe('Redis link', () => {
  it('is there once Redis is, however late that is', async () => {
    const server = await start();
    await server.kill();
    const { link, events } = open(server.url);
    expect(link.client()).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(events).toEqual([]);
    await server.restart();
    await until(() => link.client() !== null);
    expect(events).toEqual(['ready']);
  });

  it('opens another client each time one is lost or given up', async () => {
    const server = await start();
    const { link, events } = open(server.url);
    await until(() => events.length === 1);
    const first = link.client();
    link.replace('because');
    expect(link.client()).toBeNull();
    await until(() => events.length === 3);
    expect(link.client()).not.toBe(first);
    await server.restart();
    await until(() => events.length === 5);
    expect(events).toEqual(['ready', 'down', 'ready', 'down', 'ready']);
  });

  it('gives up a server that accepts and never answers', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).resume();
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    ends.push(async () => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { link, events } = open(`redis://127.0.0.1:${(silent.address() as AddressInfo).port}`, { readyMs: 200 });
    await until(() => sockets.size >= 3);
    await until(() => [...sockets].filter((socket) => !socket.destroyed).length <= 1);
    expect(link.client()).toBeNull();
    expect(events).toEqual([]);
  });

  it('says that a password is refused, and never the password', async () => {
    const server = await start();
    const admin = new Redis(server.port, '127.0.0.1');
    await admin.config('SET', 'requirepass', 'right');
    admin.disconnect();
    const { link, lines } = open(server.url.replace('//', '//:hunter2-wrong@'));
    await until(() => lines.length >= 2);
    expect(lines.join('')).toMatch(/WRONGPASS/);
    expect(lines.join('')).not.toMatch(/hunter2/);
    expect(link.client()).toBeNull();
    const { link: right, events } = open(server.url.replace('//', '//:right@'));
    await until(() => events.length === 1);
    expect(await right.client()?.ping()).toBe('PONG');
  });

  it('warns once while Redis stays away', async () => {
    const { lines } = open(`redis://127.0.0.1:${await freePort()}`);
    await until(() => lines.length >= 4);
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn', ...lines.slice(1).map(() => 'debug')]);
  });

  it('closes while it connects, while it waits and twice', async () => {
    const server = await start();
    const connecting = open(server.url);
    await connecting.link.close();
    const waiting = open(`redis://127.0.0.1:${await freePort()}`);
    await until(() => waiting.lines.length > 0);
    await Promise.all([waiting.link.close(), waiting.link.close()]);
    const ready = open(server.url);
    await until(() => ready.events.length === 1);
    await ready.link.close();
    expect(ready.link.client()).toBeNull();
    expect([...connecting.events, ...ready.events]).toEqual(['ready']);
  });
});
