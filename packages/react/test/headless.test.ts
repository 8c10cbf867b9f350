import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const pages = chatPages('packages/react/test/page/headless.tsx');

test('the hooks alone make a conversation: shared, scrolled, read, with texts of one’s own', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'ann', 120, (n) => `line ${n}`);
  const { page, sent } = await pages.open('bob', roomId);
  await page.getByText('line 120', { exact: true }).waitFor();
  expect(await page.locator('#connection').textContent()).toBe('ready websocket');
  expect(await page.locator('#send').textContent()).toBe('전송!');
  await expect.poll(() => page.locator('#rooms').textContent()).toBe('1 rooms');
  // Two components and StrictMode: one room.
  expect(sent('watch')).toHaveLength(1);
  const place = page.locator('#place');
  const fromEnd = () => place.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await expect.poll(fromEnd).toBeLessThan(1);
  await page.locator('#say').click();
  await page.getByText('said', { exact: true }).waitFor();
  await expect.poll(fromEnd).toBeLessThan(1);
  await place.evaluate((element) => element.scrollTo(0, 0));
  await expect.poll(() => page.locator('#count').textContent()).toBe('124');
});

test('a component that goes and comes back at once joins nothing anew; one that stays away is unsubscribed', async () => {
  const roomId = await pages.chat.room();
  const { page, sent } = await pages.open('bob', roomId);
  await expect.poll(() => page.locator('#status').textContent()).toBe('live');
  await page.locator('#toggle').click();
  expect(await page.locator('#status').count()).toBe(0);
  await page.locator('#toggle').click();
  await expect.poll(() => page.locator('#status').textContent()).toBe('live');
  expect(sent('watch')).toHaveLength(1);
  await page.locator('#toggle').click();
  await expect.poll(() => sent('unsubscribe').length).toBe(1);
  await page.locator('#toggle').click();
  await expect.poll(() => page.locator('#status').textContent()).toBe('live');
  expect(sent('watch')).toHaveLength(2);
  expect(sent('auth')).toHaveLength(1);
});
