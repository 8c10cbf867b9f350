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
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call, type Pair, startPair } from '../fixture/pair.ts';
import { instancesOfSessions } from '../fixture/session-instances.ts';
import type { StompPage } from './stomp-page.ts';

type Browser = Awaited<ReturnType<typeof startBrowser>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;
type Window = { readonly chat: StompPage };

let redis: TestRedis;
let pair: Pair;
let browser: Browser;
let site: TestPage;
let nginx: NginxProcess;
let proxy: TcpProxy;
let page: Page;
let rooms = 0;

beforeAll(async () => {
  redis = await startRedis();
  const chatEnv = { REDIS_URL: redis.url, RATE_MESSAGES_PER_SECOND: '0' };
  pair = await startPair({ chats: 2, trade: false, chatEnv });
  site = await servePage({ entry: inRepository('e2e/browser/stomp-page.ts') });
  browser = await startBrowser();
});
afterEach(async () => {
  await page?.close();
  await proxy?.close();
  await nginx?.stop();
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

const TRANSPORTS = ['plain', 'websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'] as const;
const portOf = (instance: number) => Number(new URL(pair.chats[instance]!.url).port);

describe.skipIf(!ensureNginx())('two instances behind nginx', () => {
  describe.each(['round-robin', 'sticky'] as const)('%s', (spread) => {
    it.each(TRANSPORTS)(
      'Chromium talks over %s, and recovers by seq after its connection was cut',
      async (transport) => {
        const roomId = await room();
        nginx = await startNginx(spread, [portOf(0), portOf(1)]);
        proxy = await tcpProxy({ target: nginx.port });
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
        const path = `/api/chat/rooms/${roomId}`;
        await call('POST', `${pair.chat.url}${path}/participants`, pair.user('bob'), {});
        const bobSays = async (instance: number, content: string) => {
          const body = { clientMessageId: content, content };
          const { status } = await call('POST', `${pair.chats[instance]!.url}${path}/messages`, pair.user('bob'), body);
          expect(status).toBe(201);
        };
        await bobSays(0, '놓친 말');
        await proxy.pass();
        await expect.poll(seqs, { timeout: 20_000 }).toEqual([1, 2, 3, 4, 5]);
        expect((await shown()).at(-1)).toMatchObject({ content: '놓친 말' });
        // One of the two is not the page's.
        for (const instance of [0, 1]) await bobSays(instance, `들은 말 ${instance}`);
        await expect.poll(seqs, { timeout: 10_000 }).toEqual([1, 2, 3, 4, 5, 6, 7]);
        await page.evaluate(() => (globalThis as unknown as Window).chat.leave());
        expect(problems).toEqual([]);
        if (transport === 'xhr-polling') {
          const spreads = [...(await instancesOfSessions(nginx)).values()].map((instances) => instances.size);
          expect(Math.max(...spreads)).toBe(spread === 'sticky' ? 1 : 2);
        }
      },
      60_000,
    );
  });
});
