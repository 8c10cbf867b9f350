import {
  ensureNginx,
  inRepository,
  type NginxProcess,
  startNginx,
  startRedis,
  type TcpProxy,
  type TestRedis,
  tcpProxy,
} from '@gongu/testkit';
import { servePage, startBrowser, type TestPage } from '@gongu/testkit/browser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, type Pair, startPair } from '../fixture/pair.ts';

let redis: TestRedis;
let pair: Pair;
let browser: Awaited<ReturnType<typeof startBrowser>>;
let site: TestPage;
let nginx: NginxProcess;
let proxy: TcpProxy;

beforeAll(async () => {
  redis = await startRedis();
  const chatEnv = { REDIS_URL: redis.url, RATE_MESSAGES_PER_SECOND: '0' };
  pair = await startPair({ chats: 2, trade: false, chatEnv });
  // Any page of another origin than the service.
  site = await servePage({ entry: inRepository('e2e/browser/stomp-page.ts') });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await proxy?.close();
  await nginx?.stop();
  await pair?.stop();
  await redis?.stop();
});

/** What the page keeps of its stream. */
interface Kept {
  source: EventSource;
  opened: number;
  messages: [id: string, content: string][];
  told: string[];
}

const portOf = (instance: number) => Number(new URL(pair.chats[instance]!.url).port);
const NAME =
  'Chromium’s own EventSource comes back to either of two instances behind nginx by Last-Event-ID without loss or double, and stays away when it is refused';

it.skipIf(!ensureNginx())(
  NAME,
  async () => {
    nginx = await startNginx('round-robin', [portOf(0), portOf(1)]);
    proxy = await tcpProxy({ target: nginx.port });
    // What is said comes to one instance after the other, wherever the stream is.
    const rooms = `http://127.0.0.1:${nginx.port}/api/chat/rooms`;
    const [roomId, room] = ['browser-stream', `${rooms}/browser-stream`];
    const opening = { productId: roomId, title: '제주 감귤 10kg', hostId: 'seller', maxParticipants: 10 };
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await call('POST', rooms, pair.service(), { ...opening, expiresAt });
    for (const user of ['ann', 'bob']) await call('POST', `${room}/participants`, pair.user(user), {});
    const say = (content: string) =>
      call('POST', `${room}/messages`, pair.user('bob'), { clientMessageId: content, content });

    const page = await browser.newPage();
    await page.goto(site.url);
    const url = `http://127.0.0.1:${proxy.port}/api/chat/rooms/${roomId}/events?token=${pair.user('ann')}`;
    await page.evaluate((where) => {
      const kept: Kept = { source: new EventSource(where), opened: 0, messages: [], told: [] };
      kept.source.onopen = () => kept.opened++;
      kept.source.onmessage = ({ data, lastEventId }) => kept.messages.push([lastEventId, JSON.parse(data).content]);
      for (const type of ['joined', 'closed']) kept.source.addEventListener(type, () => kept.told.push(type));
      Object.assign(globalThis, { kept });
    }, url);
    const kept = () =>
      page.evaluate(() => {
        const { source, opened, messages, told } = (globalThis as unknown as { kept: Kept }).kept;
        return { state: source.readyState, opened, messages, told };
      });
    const ids = async () => (await kept()).messages.map(([id]) => Number(id));
    const wait = { timeout: 20_000, interval: 50 };

    await say('하나 🍊');
    await expect.poll(ids, wait).toEqual([1, 2, 3, 4]);
    for (let cut = 1; cut <= 2; cut++) {
      await proxy.refuse();
      proxy.cut();
      await say(`놓친 말 ${cut}`);
      await proxy.pass();
      await expect.poll(async () => (await kept()).opened, wait).toBe(cut + 1);
      await say(`들은 말 ${cut}`);
      await expect.poll(async () => (await ids()).length, wait).toBe(4 + 2 * cut);
    }
    const { messages, told } = await kept();
    expect(messages.map(([id]) => Number(id))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(messages.slice(3).map(([, content]) => content)).toEqual([
      ...['하나 🍊', '놓친 말 1', '들은 말 1', '놓친 말 2', '들은 말 2'],
    ]);
    expect(told).toEqual(['joined', 'joined', 'joined']);

    await call('DELETE', `${room}/participants/ann`, pair.user('seller'));
    await expect.poll(async () => (await kept()).state, wait).toBe(2);
    expect((await kept()).told.at(-1)).toBe('closed');
    await page.close();
  },
  90_000,
);
