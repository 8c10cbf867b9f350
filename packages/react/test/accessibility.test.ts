import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { expect, it, suite } from 'vitest';
import { chatPages, type OpenOptions, type Person } from './fixture/chat-page.ts';

const describe = suite.skipIf(!browserProgram());
const test = it.skipIf(!browserProgram());

const pages = chatPages();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with the page as it is; a line each. */
async function violations({ page }: Person): Promise<string[]> {
  const found = await axeViolations(page, axe);
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
    await ann.page.locator('.gongu-show-people').click();
    expect(await violations(ann)).toEqual([]);
    await ann.page.locator('.gongu-show-people').click();
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
    await seller.page.locator('.gongu-more').first().focus();
    await seller.page.keyboard.press('Enter');
    await seller.page.getByRole('menu').waitFor();
    expect(await violations(seller)).toEqual([]);
    await seller.page.keyboard.press('End');
    await seller.page.keyboard.press('Enter');
    await seller.page.getByRole('alertdialog').waitFor();
    expect(await violations(seller)).toEqual([]);
    await seller.page.keyboard.press('Escape');
    await seller.page.keyboard.press('Enter');
    await seller.page.getByRole('menu').waitFor();
    await seller.page.keyboard.press('Enter');
    await seller.page.locator('.gongu-replying').waitFor();
    await seller.field.fill('긴'.repeat(4_001));
    await seller.page.locator('.gongu-refusal').waitFor();
    expect(await violations(seller)).toEqual([]);
  });

  test('axe finds nothing where messages were edited and deleted, below a long notice, and with news further down', async () => {
    const roomId = await pages.chat.room();
    const messages = `/api/chat/rooms/${roomId}/messages`;
    const asSeller = (method: string, path: string, body?: object) =>
      pages.chat.call<{ seq: number }>(method, messages + path, body, pages.chat.token('seller'));
    const say = async (n: number) =>
      (await asSeller('POST', '', { clientMessageId: `${n}`, content: `${n}. ${'긴 이야기 '.repeat(20)}` })).seq;
    for (const userId of ['eve', 'fay', 'gil', 'hal']) {
      const joining = `/api/chat/rooms/${roomId}/participants`;
      await pages.chat.call('POST', joining, {}, pages.chat.token(userId));
    }
    for (let n = 1; n <= 8; n++) await say(n);
    const [edited, deleted] = [await say(9), await say(10)];
    await asSeller('PATCH', `/${edited}`, { content: '내일 보냅니다' });
    await asSeller('DELETE', `/${deleted}`);
    const notice = { clientMessageId: 'notice', kind: 'NOTIFICATION', content: '배송은 화요일입니다. '.repeat(20) };
    await asSeller('POST', '', notice);
    const ann = await pages.open('ann', roomId, look);
    await ann.page.locator('.gongu-deleted').waitFor();
    await ann.page.locator('.gongu-pinned [aria-expanded=false]').waitFor();
    // An own edit that was refused, with what one can do about it.
    await ann.field.fill('mine');
    await ann.page.locator('.gongu-send').click();
    const mine = ann.page.locator('.gongu-row[data-seq]', { hasText: 'mine' });
    await mine.waitFor();
    const own = `${messages}/${await mine.getAttribute('data-seq')}`;
    await ann.field.press('ArrowUp');
    await expect.poll(() => ann.field.inputValue()).toBe('mine');
    await pages.chat.call('PATCH', own, { content: 'elsewhere' }, pages.chat.token('ann'));
    await ann.sees('elsewhere');
    await ann.field.fill('here');
    await ann.page.locator('.gongu-send').click();
    await ann.page.locator('.gongu-failure').waitFor();
    expect(await violations(ann)).toEqual([]);
    await ann.page.locator('.gongu-pinned [aria-expanded]').click();
    await ann.page.locator('.gongu-pinned [aria-expanded=true]').waitFor();
    await ann.scroller.press('Home');
    await ann.page.locator('.gongu-line').first().waitFor();
    await say(11);
    await ann.page.locator('.gongu-pill').waitFor();
    expect(await violations(ann)).toEqual([]);
  });

  test('axe finds nothing in a room that one has left, nor in one that one had to leave', async () => {
    const roomId = await pages.chat.room();
    const ann = await pages.open('ann', roomId, look);
    await ann.page.locator('.gongu-show-people').click();
    await ann.page.locator('.gongu-leave').click();
    await ann.page.locator('.gongu-state button').waitFor();
    expect(await violations(ann)).toEqual([]);
    const bob = await pages.open('bob', roomId, look);
    await bob.page.locator('.gongu-show-people').click();
    await bob.page.locator('.gongu-leave').waitFor();
    await pages.chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CLOSED' });
    await bob.page.locator('.gongu-state[data-shown=true]').waitFor();
    expect(await violations(bob)).toEqual([]);
  });

  test('axe finds nothing in a room that one looks at, nor in one that refuses', async () => {
    const roomId = await pages.chat.room();
    const dee = await pages.open('dee', roomId, { ...look, looks: true });
    await dee.page.locator('.gongu-looking').waitFor();
    expect(await violations(dee)).toEqual([]);
    await pages.chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CANCELLED' });
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
  await seller.page.getByRole('button', { name: 'Attach files' }).waitFor();
  const reached: string[] = [];
  // From the top of the page.
  await seller.page.locator('.gongu-header').click({ position: { x: 1, y: 1 } });
  for (let i = 0; i < 20 && reached.at(-1) !== 'As a notice'; i++) {
    await seller.page.keyboard.press('Tab');
    reached.push(
      await seller.page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        return element.getAttribute('aria-label') ?? element.closest('label')?.textContent ?? element.textContent ?? '';
      }),
    );
  }
  const [find, people, notice, message, ...rest] = reached;
  expect(find).toBe('Search');
  expect(people).toBe('Show participants 1');
  expect(notice).toBe('Put the notice away');
  // Of all the messages the last one in sight.
  expect(message).toContain('내일 배송합니다');
  expect(rest).toEqual(['Actions of the notice', 'Attach files', 'Write a message', 'Send', 'As a notice']);
});

test('arrow keys, Home and End lead from message to message; Tab leads to what can be done with it, and on', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'buyer', 400, (n) => `message ${n}.`);
  const ann = await pages.open('ann', roomId);
  await ann.sees('message 400.');
  const press = async (key: string, times = 1) => {
    for (let i = 0; i < times; i++) await ann.page.keyboard.press(key);
  };
  const focused = () => ann.page.evaluate<string>('document.activeElement.textContent');
  const focusedIsInSight = () =>
    ann.page.evaluate<boolean>(`(() => {
      const [row, list] = [document.activeElement, document.querySelector('.gongu-scroller')].map((element) => element.getBoundingClientRect());
      return row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
    })()`);
  const stops = () => ann.page.locator('.gongu-list [tabindex="0"]').count();
  await ann.field.focus();
  // Past what may stand between the messages and the field.
  const isInList = () => ann.page.evaluate<boolean>('document.activeElement.closest(".gongu-row") !== null');
  for (let i = 0; i < 4 && !(await isInList()); i++) await press('Shift+Tab');
  // The line that says that she came has nothing to be reached in it.
  await expect.poll(focused).toContain('ann joined');
  await press('ArrowUp');
  await expect.poll(focused).toContain('message 400.');
  await press('ArrowUp', 40);
  await expect.poll(focused).toContain('message 360.');
  expect(await focusedIsInSight()).toBe(true);
  await press('ArrowDown');
  await expect.poll(focused).toContain('message 361.');
  await press('Tab');
  expect(await ann.page.evaluate('document.activeElement.className')).toBe('gongu-more');
  expect(await stops()).toBe(2);
  await press('ArrowUp');
  await expect.poll(focused).toContain('message 360.');
  // As far as is loaded, which then is more.
  await press('Home');
  await expect.poll(focused).not.toContain('message 360.');
  expect(await focusedIsInSight()).toBe(true);
  for (let n = 0; n < 10; n++) await press('Home');
  // Who scrolls away and goes on by key goes on from where he was.
  const before = await focused();
  await ann.scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  expect(await focused()).toBe(before);
  await press('End');
  await expect.poll(focused).toContain('ann joined');
  await expect.poll(focusedIsInSight).toBe(true);
  await press('Tab');
  await expect.poll(() => ann.page.evaluate('document.activeElement.tagName')).not.toBe('LI');
  // Away from the list its stop is where one reads, not where one was.
  await ann.scroller.evaluate((element) => element.scrollBy(0, -2_000));
  await ann.page.locator('.gongu-pill').waitFor();
  expect(await stops()).toBeLessThanOrEqual(2);
  const place = await ann.scroller.evaluate((element) => element.scrollTop);
  await ann.page.locator('.gongu-pill').focus();
  await press('Shift+Tab', 2);
  expect(await ann.page.evaluate('document.activeElement.tagName')).toBe('LI');
  // About a screen at most, of the 2,000 px that he has scrolled.
  expect(await ann.scroller.evaluate((element, at) => Math.abs(element.scrollTop - at), place)).toBeLessThan(720);
});
