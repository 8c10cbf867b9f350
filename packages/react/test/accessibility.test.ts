import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { browserProgram } from '@gongu/testkit/browser';
import { expect, it, suite } from 'vitest';
import { chatPages, type OpenOptions, type Person } from './fixture/chat-page.ts';

const describe = suite.skipIf(!browserProgram());
const test = it.skipIf(!browserProgram());

const pages = chatPages();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
}

/** What axe finds wrong with the page as it is; a line each. */
async function violations({ page }: Person): Promise<string[]> {
  // By the debugger: the page's own policy lets no foreign script in.
  await page.evaluate(axe);
  const { violations: found } = (await page.evaluate('axe.run()')) as AxeResult;
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  );
}

/** A room with everything in it that a room can show. */
async function fullRoom(): Promise<string> {
  const roomId = await pages.chat.room();
  await pages.chat.call('PUT', `/api/chat/rooms/${roomId}/participants/buyer`, { committed: true });
  await pages.chat.fill(roomId, 'buyer', 8, (n) => `message ${n}`);
  await pages.chat.call('POST', `/api/chat/rooms/${roomId}/messages`, {
    clientMessageId: 'notice',
    content: '내일 배송합니다',
  });
  return roomId;
}

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
const DESK = { viewport: { width: 1_100, height: 800 } };
const LOOKS: readonly (OpenOptions & { name: string; colorScheme: 'light' | 'dark' })[] = [
  { name: 'telephone, light, Korean', context: PHONE, colorScheme: 'light', locale: 'ko' },
  { name: 'telephone, dark, English', context: PHONE, colorScheme: 'dark', locale: 'en' },
  { name: 'desk, light, English', context: DESK, colorScheme: 'light', locale: 'en' },
  { name: 'desk, dark, Korean', context: DESK, colorScheme: 'dark', locale: 'ko' },
];

describe.each(LOOKS)('$name', ({ name: _, colorScheme, context, locale }) => {
  const look = { context: { ...context, colorScheme }, locale } as const;

  test('axe finds nothing in a room with messages, notices, a divider, failures and people', async () => {
    const roomId = await fullRoom();
    const ann = await pages.open('ann', roomId, look);
    await ann.sees('message 8');
    await ann.field.fill('mine');
    await ann.page.locator('.gongu-send').click();
    await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
    await ann.page.locator('.gongu-header button').click();
    expect(await violations(ann)).toEqual([]);
    await ann.page.locator('.gongu-header button').click();
    await ann.page.context().setOffline(true);
    await ann.field.fill('too late');
    await ann.page.locator('.gongu-send').click();
    expect(await violations(ann)).toEqual([]);
    await pages.chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CANCELLED' });
    await ann.page.context().setOffline(false);
    await ann.page.locator('.gongu-failure').waitFor();
    expect(await violations(ann)).toEqual([]);
  });

  test('axe finds nothing for the seller, with an answer begun and a text that is too long', async () => {
    const roomId = await fullRoom();
    const seller = await pages.open('seller', roomId, look);
    await seller.sees('message 8');
    await seller.page.locator('.gongu-reply').first().focus();
    await seller.page.keyboard.press('Enter');
    await seller.page.locator('.gongu-replying').waitFor();
    await seller.field.fill('긴'.repeat(4_001));
    await seller.page.locator('.gongu-refusal').waitFor();
    expect(await violations(seller)).toEqual([]);
  });

  test('axe finds nothing in a room that refuses', async () => {
    const roomId = await pages.chat.room({ maxParticipants: 1 });
    await pages.chat.fill(roomId, 'first', 1);
    const ann = await pages.open('ann', roomId, look);
    await ann.page.locator('.gongu-state button').waitFor();
    expect(await violations(ann)).toEqual([]);
  });
});

test('light and dark go with the system, and the theme overrules it', async () => {
  const roomId = await pages.chat.room();
  const background = async (options: OpenOptions) => {
    const person = await pages.open('ann', roomId, options);
    await person.page.locator('.gongu-room').waitFor();
    return person.page.locator('.gongu-room').evaluate((element) => getComputedStyle(element).backgroundColor);
  };
  const light = await background({ context: { colorScheme: 'light' } });
  const dark = await background({ context: { colorScheme: 'dark' } });
  expect(light).toBe('rgb(255, 255, 255)');
  expect(dark).not.toBe(light);
  expect(await background({ context: { colorScheme: 'light' }, theme: 'dark' })).toBe(dark);
  expect(await background({ context: { colorScheme: 'dark' }, theme: 'light' })).toBe(light);
});

test('new messages are said in the log, once each, with their names; what scrolls by is not', async () => {
  const roomId = await fullRoom();
  const ann = await pages.open('ann', roomId);
  await ann.sees('message 8');
  const log = ann.page.getByRole('log');
  await pages.chat.fill(roomId, 'buyer', 2, (n) => `news ${n}`);
  await ann.sees('news 2');
  await expect.poll(() => log.locator('p').allTextContents()).toEqual(['buyer: news 1', 'buyer: news 2']);
  await ann.say('not said to me');
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
  expect(await log.locator('p').count()).toBe(2);
  await ann.page.reload();
  await ann.sees('news 2');
  expect(await log.locator('p').count()).toBe(0);
});

test('everything can be reached with the Tab key, in an order that makes sense', async () => {
  const roomId = await fullRoom();
  const seller = await pages.open('seller', roomId);
  await seller.sees('message 8');
  await seller.field.fill('text');
  const reached: string[] = [];
  // From the top of the page.
  await seller.page.locator('.gongu-header').click({ position: { x: 1, y: 1 } });
  // How many replies there are on the way depends on how many rows the window shows.
  for (let i = 0; i < 60 && reached.at(-1) !== 'As a notice'; i++) {
    await seller.page.keyboard.press('Tab');
    reached.push(
      await seller.page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        return element.getAttribute('aria-label') ?? element.closest('label')?.textContent ?? element.textContent ?? '';
      }),
    );
  }
  expect(reached.slice(0, 2)).toEqual(['Show participants 1', 'Messages']);
  expect(reached).toContain('Reply to buyer');
  expect(reached.slice(-3)).toEqual(['Write a message', 'Send', 'As a notice']);
});
