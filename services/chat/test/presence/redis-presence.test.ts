import { createLog, systemClock } from '@gongu/host';
import { redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it, suite } from 'vitest';
import { createRedisPresence } from '../../src/presence/redis-presence.ts';
import { redisTarget } from '../../src/redis/redis-url.ts';
import { presenceContract } from '../contract/presence.contract.ts';
import { type RedisCluster, startRedisCluster } from '../fixture/redis-cluster.ts';

const describe = suite.skipIf(!redisProgram());

const log = createLog({ service: 'test', level: 'silent' });
let worlds = 0;

async function world(url: () => string) {
  const prefix = `world-${worlds++}`;
  let instances = 0;
  return {
    presence: async (openSockets = () => 0) =>
      createRedisPresence({
        redis: redisTarget(url()),
        log,
        clock: systemClock,
        instanceId: `i-${instances++}`,
        openSockets,
        prefix,
      }),
    close: async () => {},
  };
}

describe('one server', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  presenceContract('Redis', () => world(() => server.url), { shared: true });

  it('is asked for thousands of users in pages', async () => {
    const client = redisTarget(server.url).open({ name: 'test', commandTimeoutMs: 5_000 });
    await client.connect();
    await client.config('RESETSTAT');
    const { presence } = await world(() => server.url);
    const [here, there] = [await presence(), await presence()];
    there.enter('other', 'ann', 's');
    for (let n = 0; n < 5_000; n++) here.enter('big', `user-${n}`, `s-${n}`);
    await expect.poll(async () => (await there.view('big')).count).toBe(5_000);
    expect(new Set((await there.view('big')).users()).size).toBe(5_000);
    const stats = await client.info('commandstats');
    expect(stats).not.toContain('cmdstat_smembers');
    expect(Number(/cmdstat_sscan:calls=(\d+)/.exec(stats)?.[1])).toBeGreaterThanOrEqual(5);
    await Promise.all([here.close(), there.close()]);
    client.disconnect();
  });
});

describe('a Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());
  presenceContract('Redis Cluster', () => world(() => cluster.url), { shared: true });
});
