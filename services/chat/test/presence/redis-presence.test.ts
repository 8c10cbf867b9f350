import { createLog, systemClock } from '@gongu/host';
import { redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, beforeAll, suite } from 'vitest';
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
});

describe('a Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());
  presenceContract('Redis Cluster', () => world(() => cluster.url), { shared: true });
});
