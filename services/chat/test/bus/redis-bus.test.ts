import { createLog, systemClock } from '@gongu/host';
import { redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { until } from '@gongu/testkit/eventually';
import { afterAll, beforeAll, describe } from 'vitest';
import { createRedisBus } from '../../src/bus/redis-bus.ts';
import { redisTarget } from '../../src/redis/redis-url.ts';
import type { Bus } from '../../src/room/ports/bus.ts';
import { busContract } from '../contract/bus.contract.ts';

const log = createLog({ service: 'test', level: 'silent' });
let server: TestRedis;
let worlds = 0;

describe.skipIf(!redisProgram())('one server', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  busContract('Redis', async () => {
    const prefix = `world-${worlds++}`;
    let instances = 0;
    return {
      async bus(): Promise<Bus> {
        const instanceId = `i-${instances++}`;
        const bus = createRedisBus({ redis: redisTarget(server.url), log, clock: systemClock, instanceId, prefix });
        await until(() => bus.state() === 'ok');
        return bus;
      },
      close: async () => {},
    };
  });
});
