import { createLog, systemClock } from '@gongu/host';
import { redisProgram } from '@gongu/testkit';
import { until } from '@gongu/testkit/eventually';
import { afterAll, beforeAll, expect, it, suite } from 'vitest';
import { createRedisBus } from '../../src/bus/redis-bus.ts';
import { redisTarget } from '../../src/redis/redis-url.ts';
import type { Bus } from '../../src/room/ports/bus.ts';
import { busContract } from '../contract/bus.contract.ts';
import {
  type RedisCluster,
  type RedisSentinels,
  startRedisCluster,
  startRedisSentinel,
} from '../fixture/redis-cluster.ts';
import { followed, listenTo, messageSignal } from '../fixture/signals.ts';

const describe = suite.skipIf(!redisProgram());

const log = createLog({ service: 'test', level: 'silent' });
let worlds = 0;

function world(url: () => string) {
  const prefix = `world-${worlds++}`;
  let instances = 0;
  return {
    async bus(): Promise<Bus> {
      const redis = redisTarget(url());
      const bus = createRedisBus({ redis, log, clock: systemClock, instanceId: `i-${instances++}`, prefix });
      await until(() => bus.state() === 'ok');
      return bus;
    },
    close: async () => {},
  };
}

describe('on a Cluster, with sharded channels', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  busContract('Redis Cluster', async () => world(() => cluster.url));

  it('notices that one of the nodes is frozen, and hears all rooms once that node is back', async () => {
    const { bus } = world(() => cluster.url);
    const [a, b] = [await bus(), await bus()];
    const rooms = Array.from({ length: 64 }, (_, i) => `room-${i}`);
    await followed(b, ...rooms);
    await until(() => b.headIntervalMs() === 15_000);
    cluster.nodes[1]!.pause();
    await until(() => a.state() === 'down' && b.state() === 'down');
    expect(b.headIntervalMs()).toBe(1_000);
    cluster.nodes[1]!.resume();
    await until(() => a.state() === 'ok' && b.state() === 'ok');
    const ear = listenTo(b);
    for (const room of rooms) a.publish(messageSignal(room, 1));
    await ear.until((heard) => heard.length === rooms.length);
    await Promise.all([a.close(), b.close()]);
  });
});

describe('under Sentinel', () => {
  let sentinels: RedisSentinels;
  beforeAll(async () => {
    sentinels = await startRedisSentinel();
  });
  afterAll(() => sentinels.stop());

  it('follows the master when that is lost and the replica takes over', async () => {
    const { bus } = world(() => sentinels.url);
    const [a, b] = [await bus(), await bus()];
    const ear = listenTo(b);
    await followed(b, 'r');
    a.publish(messageSignal('r', 1));
    await ear.until((heard) => heard.length === 1);
    await sentinels.master.kill();
    await until(() => a.state() === 'down' && b.state() === 'down');
    await until(() => a.state() === 'ok' && b.state() === 'ok');
    a.publish(messageSignal('r', 2));
    await ear.until((heard) => heard.length === 2);
    await Promise.all([a.close(), b.close()]);
  });
});
