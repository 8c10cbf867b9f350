import {
  ensureNginx,
  inRepository,
  type NginxProcess,
  redisProgram,
  startNginx,
  startRedis,
  type TestRedis,
  tcpProxy,
} from '@gongu/testkit';
import { browserProgram, servePage, showOnFailure, startBrowser, type TestPage } from '@gongu/testkit/browser';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Pair, startPair } from '../fixture/pair.ts';

/** Whether there are a Redis, a Chromium and an nginx. */
export const canBrowseTwoInstances = () =>
  ensureNginx() && redisProgram() !== undefined && browserProgram() !== undefined;

/** Two chat instances that share a Redis, and Chromium with a page of another origin than theirs, for one test file. */
export function openTwoInstances() {
  let redis: TestRedis;
  let pair: Pair;
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  let site: TestPage;
  beforeAll(async () => {
    redis = await startRedis();
    const chatEnv = { REDIS_URL: redis.url, RATE_MESSAGES_PER_SECOND: '0' };
    pair = await startPair({ chats: 2, trade: false, chatEnv });
    site = await servePage({ entry: inRepository('e2e/browser/stomp-page.ts') });
    browser = await startBrowser({ whole: false });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await pair?.stop();
    await redis?.stop();
  });

  return {
    get pair(): Pair {
      return pair;
    },

    /** For one test: nginx in front of both, and a network before it that can be cut. */
    async balance(spread: 'round-robin' | 'sticky') {
      const nginx: NginxProcess = await startNginx(spread, [pair.chats[0]!.port, pair.chats[1]!.port], {
        sessionIds: true,
      });
      onTestFinished(() => nginx.stop());
      const proxy = await tcpProxy({ target: nginx.port });
      onTestFinished(() => proxy.close());
      return { nginx, proxy, url: `http://127.0.0.1:${proxy.port}` };
    },

    /** For one test: a page that has loaded. @param problems get the errors of its own */
    async page(problems: string[] = []) {
      const page = await browser.newPage();
      page.setDefaultTimeout(60_000);
      onTestFinished(() => page.close());
      showOnFailure(page.context(), () => 'the test');
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.goto(site.url);
      return page;
    },
  };
}
