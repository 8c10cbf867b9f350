import { inRepository, startRedis, type TcpProxy, type TestRedis, tcpProxy } from '@gongu/testkit';
import { servePage, startBrowser, type TestPage } from '@gongu/testkit/browser';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { call, type Pair, startPair } from '../fixture/pair.ts';
import type { StompPage } from './stomp-page.ts';

type Browser = Awaited<ReturnType<typeof startBrowser>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;
type Window = { readonly chat: StompPage };

let redis: TestRedis;
let pair: Pair;
let browser: Browser;
let site: TestPage;
let proxy: TcpProxy;
let page: Page;
let rooms = 0;

beforeAll(async () => {
  redis = await startRedis();
  pair = await startPair({ trade: false, chatEnv: { REDIS_URL: redis.url, RATE_MESSAGES_PER_SECOND: '0' } });
  site = await servePage({ entry: inRepository('e2e/browser/stomp-page.ts') });
  browser = await startBrowser();
});
afterEach(async () => {
  await page?.close();
  await proxy?.close();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await pair?.stop();
  await redis?.stop();
});

async function room(): Promise<string> {
  const roomId = `room-${rooms++}`;
  const { status } = await call('POST', `${pair.chat.url}/api/chat/rooms`, pair.service(), {
    ...{ productId: roomId, title: '제주 감귤 10kg', hostId: 'seller', maxParticipants: 100 },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  expect(status).toBe(201);
  return roomId;
}

const shown = () => page.evaluate(() => (globalThis as unknown as Window).chat.messages());
const seqs = async () => (await shown()).map(({ seq }) => seq);
const say = (content: string) => page.evaluate((text) => (globalThis as unknown as Window).chat.say(text), content);

it.each(['plain', 'websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'])(
  'Chromium talks over %s, and recovers by seq after its connection was cut',
  async (transport) => {
    const roomId = await room();
    proxy = await tcpProxy({ target: Number(new URL(pair.chat.url).port) });
    page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(site.url);
    const options = { url: `http://127.0.0.1:${proxy.port}`, token: pair.user('ann'), transport, roomId };
    const came = await page.evaluate((given) => (globalThis as unknown as Window).chat.connect(given), options);
    expect(came).toBe(transport);

    await say('브라우저에서 안녕하세요 🍊');
    // The room's opening, Ann's joining, her message.
    await expect.poll(seqs, { timeout: 10_000 }).toEqual([1, 2, 3]);
    expect((await shown()).at(-1)).toMatchObject({ content: '브라우저에서 안녕하세요 🍊' });

    await proxy.refuse();
    proxy.cut();
    const url = `${pair.chat.url}/api/chat/rooms/${roomId}`;
    await call('POST', `${url}/participants`, pair.user('bob'), {});
    const missed = await call('POST', `${url}/messages`, pair.user('bob'), {
      clientMessageId: 'c',
      content: '놓친 말',
    });
    expect(missed.status).toBe(201);
    await proxy.pass();
    await expect.poll(seqs, { timeout: 20_000 }).toEqual([1, 2, 3, 4, 5]);
    expect((await shown()).at(-1)).toMatchObject({ content: '놓친 말' });
    await page.evaluate(() => (globalThis as unknown as Window).chat.leave());
    expect(problems).toEqual([]);
  },
  60_000,
);
