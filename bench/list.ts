import { inRepository } from '@gongu/testkit';
import { servePage, startBrowser } from '@gongu/testkit/browser';
import type { Page } from 'playwright-core';
import type { Chat } from './chat.ts';
import { fill } from './history.ts';

export interface ListResult {
  readonly what: string;
  /** Messages that the list holds at its end. */
  readonly messages: number;
  /** Tasks over 50 ms, and the longest of them, milliseconds; 0: there was none. */
  readonly longTasks: number;
  readonly longestMs: number;
  /** 99 % of the pauses between two frames were not longer, milliseconds. */
  readonly frameP99Ms: number;
}

const ROOM = 'bench-list';
const MESSAGES = 10_000;
/** What a list keeps while new messages come. */
const KEPT = 4_000;
/** Pixels of a turn of the wheel, about a screen, and milliseconds between two. */
const TURN_PX = 700;
const TURN_MS = 50;
const SCROLL_TURNS = 200;

/** What a page tells of its main thread; read and begun anew by `take()`. */
const OBSERVE = `
  const tasks = [], frames = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  const slow = [];
  new PerformanceObserver((list) => slow.push(...list.getEntries())).observe({ type: 'long-animation-frame' });
  const madeOf = ({ duration, startTime, styleAndLayoutStart, scripts }) => {
    const layout = styleAndLayoutStart > 0 ? Math.round(startTime + duration - styleAndLayoutStart) : 0;
    const each = scripts.map((one) => one.invoker + ' ' + Math.round(one.duration) + ' ms, of it layout ' + Math.round(one.forcedStyleAndLayoutDuration));
    return Math.round(duration) + ' ms: ' + [...each, 'layout and paint at its end ' + layout].join('; ');
  };
  let last = performance.now();
  const frame = (now) => { frames.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  globalThis.take = () => {
    const sorted = frames.splice(0).sort((a, b) => a - b);
    const long = tasks.splice(0);
    globalThis.slowest = slow.splice(0).sort((a, b) => b.duration - a.duration).slice(0, 3).map(madeOf);
    return { longTasks: long.length, longestMs: Math.max(0, ...long), frameP99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0 };
  };`;

/** A conversation in Chromium: read back page by page, scrolled with all of it kept, and as the newest messages come. */
export async function measureList(chat: Chat, say: (text: string) => void): Promise<ListResult[]> {
  const running = await chat.subject.start({ instances: 1, connections: 1, rooms: [ROOM], label: 'list' });
  const entry = inRepository('packages/react/test/page/chat.tsx');
  const [browser, served] = await Promise.all([startBrowser(), servePage({ entry, mode: 'production' })]);
  try {
    const url = `http://127.0.0.1:${running.ports[0]}`;
    await fill(chat.postgres.url, ROOM, MESSAGES);
    const page = await browser.newPage({ viewport: { width: 480, height: 720 } });
    await page.addInitScript(OBSERVE);
    const config = { url, token: chat.token('reader'), roomId: ROOM, locale: 'en' };
    const results: ListResult[] = [];
    const measured = async (what: string, messages: number) => {
      const taken = await page.evaluate<Omit<ListResult, 'what' | 'messages'>>('take()');
      say(`list: ${what}: ${taken.longTasks} long tasks, the longest ${taken.longestMs} ms, of ${messages} messages`);
      for (const frame of await page.evaluate<string[]>('slowest')) say(`list: a frame of ${frame}`);
      results.push({ what, messages, ...taken });
    };

    await page.goto(`${served.url}?config=${encodeURIComponent(JSON.stringify(config))}`);
    await page.locator('.gongu-row').first().waitFor();
    await page.mouse.move(200, 300);
    await page.evaluate('take()');
    while ((await page.locator('.gongu-beginning').count()) === 0) await turn(page, -1);
    await measured('read back to the first message, page by page', MESSAGES);
    for (let i = 0; i < SCROLL_TURNS; i++) await turn(page, 1);
    await measured('scrolled through, all of it kept', MESSAGES);

    await page.reload();
    await page.locator('.gongu-row').first().waitFor();
    await page.mouse.move(200, 300);
    const first = page.locator('.gongu-row[data-seq]').first();
    while (Number(await first.getAttribute('data-seq')) > MESSAGES - KEPT) await turn(page, -1);
    await page.locator('.gongu-pill').click();
    await page.evaluate('take()');
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${chat.token('writer')}` };
    await fetch(`${url}/api/chat/rooms/${ROOM}/participants`, { method: 'POST', headers, body: '{}' });
    for (let i = 0; i < SCROLL_TURNS; i++) {
      const body = JSON.stringify({ clientMessageId: `new-${i}`, content: `new message ${i}` });
      await fetch(`${url}/api/chat/rooms/${ROOM}/messages`, { method: 'POST', headers, body });
      await page.waitForTimeout(TURN_MS);
    }
    await measured('new messages, twenty a second', KEPT);
    return results;
  } finally {
    await Promise.all([browser.close(), served.close(), running.stop()]);
  }
}

async function turn(page: Page, direction: 1 | -1): Promise<void> {
  await page.mouse.wheel(0, direction * TURN_PX);
  await page.waitForTimeout(TURN_MS);
}
