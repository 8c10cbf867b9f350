import { type Clock, createLog, systemClock } from '@gongu/host';
import { redisProgram, startRedis, type TcpProxy, type TestRedis, tcpProxy } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it, suite } from 'vitest';
import { createRedisPresence, type RedisPresenceOptions } from '../../src/presence/redis-presence.ts';
import { redisTarget } from '../../src/redis/redis-url.ts';
import type { Presence } from '../../src/room/ports/presence.ts';

const describe = suite.skipIf(!redisProgram());

const log = createLog({ service: 'test', level: 'silent' });
let server: TestRedis;
let proxy: TcpProxy;
let admin: Redis;
/** Straight to Redis, and through the proxy. */
let a: Presence;
let b: Presence;
const gone: [roomId: string, userIds: readonly string[]][] = [];
const opened: Presence[] = [];

function open(id: string, port: number, rest: Partial<RedisPresenceOptions> = {}): Presence {
  const redis = redisTarget(`redis://127.0.0.1:${port}`);
  const openSockets = () => 1;
  const given = { redis, log, clock: systemClock, instanceId: id, openSockets, leaseMs: 2_000 };
  const presence = createRedisPresence({ ...given, ...rest });
  opened.push(presence);
  return presence;
}

/** Milliseconds of the quickest: the machine may stand still in any of them. */
async function quickest(...tries: (() => Promise<unknown>)[]): Promise<number> {
  const times: number[] = [];
  for (const attempt of tries) {
    const start = performance.now();
    await attempt();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}
const online = async (presence: Presence, roomId: string, users: readonly string[]) => {
  const view = await presence.view(roomId);
  expect({ count: view.count, absent: users.filter((userId) => !view.has(userId)) }).toEqual({
    count: users.length,
    absent: [],
  });
};
/** The proxy's side of Redis is gone. */
async function refuse(): Promise<void> {
  await proxy.refuse();
  proxy.cut();
}
const connected = () => eventually(async () => expect([await a.connections(), await b.connections()]).toEqual([2, 2]));

beforeEach(async () => {
  server = await startRedis();
  admin = new Redis(server.port, '127.0.0.1', { retryStrategy: () => 50 });
  admin.on('error', () => {});
  proxy = await tcpProxy({ target: server.port });
  gone.length = 0;
  a = open('a', server.port, { onGone: (roomId, userIds) => gone.push([roomId, userIds]) });
  b = open('b', proxy.port);
  await connected();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((presence) => presence.close()));
  admin.disconnect();
  await proxy.close();
  await server.stop();
});

describe('Redis presence under faults', () => {
  it('shows the users of a dead instance offline 2 s after its lease of 2 s ended, and says which of them are online nowhere', async () => {
    a.enter('r', 'ann', 'a1');
    b.enter('r', 'ann', 'b1');
    b.enter('r', 'bob', 'b2');
    b.enter('elsewhere', 'bob', 'b2');
    await eventually(() => online(a, 'r', ['ann', 'bob']));
    await refuse();
    await eventually(() => online(a, 'r', ['ann']));
    await eventually(async () => expect(gone).toEqual([['r', ['bob']]]));
    expect(await a.connections()).toBe(1);
    // Not dead after all: cut off, and back.
    await proxy.pass();
    await eventually(() => online(a, 'r', ['ann', 'bob']));
    await connected();
  });

  it('knows its own while Redis is away, never waits for it, and tells all again when it comes back empty', async () => {
    a.enter('r', 'ann', 'a1');
    b.enter('r', 'bob', 'b1');
    b.enter('r', 'leaves', 'b2');
    await eventually(() => online(a, 'r', ['ann', 'bob', 'leaves']));
    await server.kill();
    await eventually(() => online(a, 'r', ['ann']));
    b.leave('r', 'leaves', 'b2');
    b.enter('r', 'came', 'b3');
    for (let i = 0; i < 1_500; i++) b.enter(`room-${i}`, 'bob', 'b1');
    const look = () => online(b, 'r', ['bob', 'came']);
    expect(await quickest(look, look, look)).toBeLessThan(250);
    expect(await a.connections()).toBe(1);
    await server.restart();
    await eventually(() => online(a, 'r', ['ann', 'bob', 'came']));
    await eventually(() => online(b, 'r', ['ann', 'bob', 'came']));
    await eventually(() => online(a, 'room-1499', ['bob']));
    await connected();
  });

  it('takes back what Redis still holds of a room that emptied while it was away', async () => {
    b.enter('r', 'bob', 'b1');
    await eventually(() => online(a, 'r', ['bob']));
    await refuse();
    b.leave('r', 'bob', 'b1');
    await proxy.pass();
    await eventually(() => online(a, 'r', []));
    await eventually(async () => expect(await admin.keys('gongu:presence:{r}*')).toEqual([]));
  });

  it('tells all again when Redis was emptied under it', async () => {
    a.enter('r', 'ann', 'a1');
    b.enter('r', 'bob', 'b1');
    await eventually(() => online(a, 'r', ['ann', 'bob']));
    await admin.flushall();
    await eventually(async () => {
      await online(a, 'r', ['ann', 'bob']);
      await online(b, 'r', ['ann', 'bob']);
      expect(await admin.keys('*presence:{r}:users:*')).toHaveLength(2);
    });
  });

  it('tells 5 000 users who come into 5 000 rooms in few writes', async () => {
    const reads = async () => Number(/total_reads_processed:(\d+)/.exec(await admin.info('stats'))?.[1]);
    const before = await reads();
    for (let i = 0; i < 5_000; i++) b.enter(`room-${i}`, `user-${i}`, `s-${i}`);
    // Each look is a read, too.
    await eventually(() => online(a, 'room-4999', ['user-4999']), { intervalMs: 500 });
    expect((await reads()) - before).toBeLessThan(250);
  });

  it('waits 200 ms at most for a slow Redis, and is right in the end', async () => {
    a.enter('r', 'ann', 'a1');
    proxy.delay(300);
    expect(await quickest(...['r', 'never', 'seen'].map((roomId) => () => b.view(roomId)))).toBeLessThan(500);
    await eventually(() => online(b, 'r', ['ann']));
    b.enter('r', 'bob', 'b1');
    await eventually(() => online(a, 'r', ['ann', 'bob']));
  });

  it('replaces a half-open connection', async () => {
    b.enter('r', 'bob', 'b1');
    await eventually(() => online(a, 'r', ['bob']));
    proxy.blackHole();
    await eventually(() => online(a, 'r', []));
    await proxy.pass();
    await eventually(() => online(a, 'r', ['bob']));
  });

  it('survives an answer that is an error, and tells again', async () => {
    await admin.set('gongu:presence:{r}:versions', 'in the way');
    b.enter('r', 'bob', 'b1');
    await eventually(async () => expect(await admin.info('errorstats')).toMatch(/WRONGTYPE/));
    await admin.del('gongu:presence:{r}:versions');
    await eventually(() => online(a, 'r', ['bob']));
  });

  it('clears up after an instance that died long ago', async () => {
    let offsetMs = 0;
    const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + offsetMs };
    const c = open('c', server.port, { clock });
    b.enter('r', 'bob', 'b1');
    await eventually(() => online(c, 'r', ['bob']));
    await refuse();
    await eventually(() => online(c, 'r', []));
    expect(await admin.keys('gongu:presence:{r}*')).toHaveLength(2);
    // Half a minute between one look and the next.
    await eventually(
      async () => {
        await c.view('r');
        offsetMs += 31_000;
        expect(await admin.keys('gongu:presence:{r}*')).toEqual([]);
      },
      { intervalMs: 1_200 },
    );
  });
});
