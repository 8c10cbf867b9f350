import type { Shopper } from '@gongu/sim';
import { checkFrame, probe, redisProgram, startRedis, type TcpProxy, type TestRedis, tcpProxy } from '@gongu/testkit';
import { until } from '@gongu/testkit/eventually';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';
import { startTalk, type Talk } from './fixture/room-talk.ts';

const it = test.skipIf(!redisProgram());

let redis: TestRedis;
/** Between each instance and Redis. */
let proxies: TcpProxy[];
let pair: Pair;
let rooms = 0;
let talk: Talk;

beforeAll(async () => {
  redis = await startRedis();
  proxies = await Promise.all([0, 1].map(() => tcpProxy({ target: redis.port })));
  pair = await startPair({
    chats: 2,
    trade: false,
    chatEnv: (instance) => ({
      RATE_MESSAGES_PER_SECOND: '0',
      RATE_FRAMES_PER_SECOND: '0',
      REDIS_URL: `redis://127.0.0.1:${proxies[instance]!.port}`,
    }),
  });
});
afterAll(async () => {
  await pair?.stop();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await redis?.stop();
});

beforeEach(async () => {
  await both('ready');
  talk = await startTalk(pair, `room-${rooms++}`);
});
afterEach(() => {
  for (const shopper of talk.shoppers) shopper.close();
});

/** A shopper who comes back to the same instance. */
const shop = (instance: number, userId: string) => talk.enter(userId, [pair.chats[instance]!.ws]);

async function status(instance: number): Promise<string> {
  const answer = await fetch(`${pair.chats[instance]!.url}/readyz`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { status: string }).status;
}

async function both(expected: string): Promise<void> {
  await expect.poll(async () => [await status(0), await status(1)], { interval: 50 }).toEqual([expected, expected]);
}

/** Milliseconds until `to` has what `from` says. */
async function timeOf(from: Shopper, to: Shopper): Promise<number> {
  const start = performance.now();
  const saying = from.say(`${from.userId} at ${Math.round(start)}`);
  await to.until('message', () => to.has(saying), 60_000);
  return performance.now() - start;
}

it('carries a message to the other instance at once', async () => {
  const [a, b] = [shop(0, 'ann'), shop(1, 'bob')];
  await timeOf(a, b);
  const times: number[] = [];
  for (let i = 0; i < 20; i++) times.push(await timeOf(i % 2 ? a : b, i % 2 ? b : a));
  times.sort((x, y) => x - y);
  // The quickest quarter: the machine may stand still in any of them.
  expect(times[5]).toBeLessThan(100);
});

it('loses nothing while Redis is away for 10 s, carries messages by way of PostgreSQL within about a second, and recovers', async () => {
  for (let i = 0; i < 6; i++) shop(i % 2, `user-${i}`);
  const [a, b] = [shop(0, 'ann'), shop(1, 'bob')];
  await timeOf(a, b);
  talk.begin(50);
  await redis.kill();
  await both('degraded');
  const until = performance.now() + 10_000;
  const [there, back]: number[][] = [[], []];
  while (performance.now() < until) {
    there!.push(await timeOf(a, b));
    back!.push(await timeOf(b, a));
  }
  for (const times of [there!, back!]) expect(Math.min(...times)).toBeLessThan(2_500);
  await redis.restart();
  await both('ready');
  await timeOf(a, b);
  await talk.agree();
});

it('carries messages of an instance that alone is cut off from Redis', async () => {
  const [a, b] = [shop(0, 'ann'), shop(1, 'bob')];
  await timeOf(a, b);
  await timeOf(b, a);
  // Long enough for either to trust the bus again.
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  talk.begin(50);
  proxies[1]!.blackHole();
  await until(async () => (await status(1)) === 'degraded');
  expect(await status(0)).toBe('ready');
  const [there, back]: number[][] = [[], []];
  for (let i = 0; i < 5; i++) {
    there!.push(await timeOf(b, a));
    back!.push(await timeOf(a, b));
  }
  for (const times of [there!, back!]) expect(Math.min(...times)).toBeLessThan(3_000);
  await proxies[1]!.pass();
  await both('ready');
  await talk.agree();
});

it('keeps the order when the bus of one instance takes 300 ms and that of the other is cut again and again', async () => {
  for (let i = 0; i < 6; i++) shop(i % 2, `user-${i}`);
  talk.begin(50);
  proxies[0]!.delay(300);
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    proxies[1]!.cut();
  }
  await proxies[0]!.pass();
  await talk.agree();
});

it('survives a frozen Redis', async () => {
  for (let i = 0; i < 4; i++) shop(i % 2, `user-${i}`);
  const [a, b] = [shop(0, 'ann'), shop(1, 'bob')];
  await timeOf(a, b);
  talk.begin(50);
  redis.pause();
  await both('degraded');
  const times: number[] = [];
  for (let i = 0; i < 3; i++) times.push(await timeOf(a, b));
  expect(Math.min(...times)).toBeLessThan(2_500);
  redis.resume();
  await both('ready');
  await talk.agree();
});

it('calls the users of a killed instance offline within 7 s, and counts the users of both before', async () => {
  const [a] = [shop(0, 'ann')];
  shop(1, 'bob');
  const token = pair.user('eve');
  const watcher = await probe(pair.chats[0]!.ws, { protocols: ['gongu.v1', `bearer.${token}`], check: checkFrame });
  watcher.send({ type: 'join', roomId: talk.ledger.roomId, after: 0 });
  const onlineCount = async () => {
    const { body } = await call('GET', `${pair.chat.url}/api/chat/rooms/${talk.ledger.roomId}`, pair.service());
    return body.onlineCount;
  };
  await expect.poll(onlineCount).toBe(3);
  await pair.chats[1]!.kill();
  const frame = await watcher.next((one) => one.type === 'presence' && one.userId === 'bob' && one.online === false);
  expect(frame.onlineCount).toBe(2);
  expect(await onlineCount()).toBe(2);
  a.close();
  watcher.terminate();
  await pair.chats[1]!.start();
});
