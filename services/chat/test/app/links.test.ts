import { readFileSync } from 'node:fs';
import { inRepository, redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redisTarget } from '../../src/redis/redis-url.ts';
import { chatOfThisFile } from '../fixture/chat.ts';

const it = test.skipIf(!redisProgram());

const given = chatOfThisFile();
let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

const warnings = () => given.logs.of('instance.url-unset');
const heard = () => given.logs.lines.filter((line) => line.includes('signals from other instances arrive')).length;

it('warns of instances that share a Redis and say not where they are, and of no others', async () => {
  const alone = await given.start({ REDIS_URL: redis.url });
  await expect.poll(heard).toBe(1);
  const other = await given.start({ REDIS_URL: redis.url, INSTANCE_URL: 'http://chat-2:8080' });
  await expect.poll(warnings).toHaveLength(1);
  expect(warnings()[0]).toMatchObject({ level: 'warn', url: alone.url });
  await expect.poll(heard).toBe(2);
  await other.stop();
});

it('has four connections to Redis, as docs/operations.md says', async () => {
  const before = await connections();
  const one = await given.start({ REDIS_URL: redis.url });
  await expect.poll(connections).toBe(before + 4);
  await one.stop();
  expect(readFileSync(inRepository('docs/operations.md'), 'utf8')).toContain(
    'Each instance has four connections to it',
  );
});

/** Of everybody but the one who asks. */
async function connections(): Promise<number> {
  const admin = redisTarget(redis.url).open({ name: 'admin' });
  await admin.connect();
  const list = String(await admin.call('CLIENT', 'LIST'));
  admin.disconnect();
  return list
    .trim()
    .split('\n')
    .filter((line) => !line.includes('name=admin')).length;
}
