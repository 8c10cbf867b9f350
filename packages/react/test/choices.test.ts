import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();

async function choose({ page }: Person, text: string, entry: string): Promise<void> {
  await page.locator('.gongu-row', { hasText: text }).first().locator('.gongu-more').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: entry, exact: true }).press('Enter');
}

test('whoever is ignored is neither shown nor said, in any tab and after a reload, until that ends; nobody is told', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 2, (n) => `spam ${n}`);
  await pages.chat.fill(roomId, 'cho', 1, () => 'hello');
  const ann = await pages.open('ann', roomId);
  await ann.sees('hello');
  await choose(ann, 'spam 1', 'Ignore bob');
  const hidden = 'A message of somebody you ignore';
  await expect.poll(() => ann.texts()).toEqual([hidden, hidden, 'hello']);
  await pages.chat.fill(roomId, 'bob', 1, () => 'more spam');
  await pages.chat.fill(roomId, 'cho', 1, () => 'news');
  await ann.sees('news');
  await expect.poll(() => ann.page.getByRole('log').locator('p').allTextContents()).toEqual(['cho: news']);
  const tab = await ann.page.context().newPage();
  await tab.goto(ann.page.url());
  await tab.locator('.gongu-text', { hasText: 'news' }).waitFor();
  expect(await tab.locator('body').textContent()).not.toContain('spam');
  await ann.page.reload();
  await ann.sees('news');
  expect(await ann.page.locator('body').textContent()).not.toContain('spam');
  // Nor above the messages, nor among those that are found.
  const { messages } = await pages.chat.call<{ messages: { seq: number; content: string }[] }>(
    'GET',
    `/api/chat/rooms/${roomId}/messages`,
  );
  const { seq } = messages.find(({ content }) => content === 'spam 2')!;
  await pages.chat.call('PUT', `/api/chat/rooms/${roomId}/pins/${seq}`);
  await ann.page.locator('.gongu-pin', { hasText: hidden }).waitFor();
  await ann.page.locator('.gongu-find').click();
  await ann.page.locator('input[type=search]').fill('spam');
  await expect.poll(() => ann.page.locator('.gongu-hit-text').allTextContents()).toEqual([hidden, hidden, hidden]);
  expect(await ann.page.locator('body').textContent()).not.toContain('spam');
  await ann.page.locator('.gongu-find').click();
  await choose(ann, hidden, 'Stop ignoring bob');
  for (const page of [ann.page, tab]) await page.locator('.gongu-text', { hasText: 'more spam' }).waitFor();
  expect(ann.sent('ignore')).toEqual([]);
});

test('a muted conversation is not read out, also after a reload', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 1, () => 'first');
  const ann = await pages.open('ann', roomId);
  await ann.sees('first');
  await ann.page.locator('.gongu-show-people').click();
  await ann.page.getByRole('checkbox', { name: 'Mute this conversation' }).check();
  await ann.page.reload();
  await ann.sees('first');
  await pages.chat.fill(roomId, 'bob', 1, () => 'second');
  await ann.sees('second');
  expect(await ann.page.getByRole('log').locator('p').count()).toBe(0);
  await ann.page.locator('.gongu-show-people').click();
  await ann.page.getByRole('checkbox', { name: 'Mute this conversation' }).uncheck();
  await pages.chat.fill(roomId, 'bob', 1, () => 'third');
  await expect.poll(() => ann.page.getByRole('log').locator('p').allTextContents()).toEqual(['bob: third']);
});
