import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const waiting = ({ page }: Person) => page.locator('.gongu-message[data-status]');

async function both(options: Parameters<typeof pages.open>[2] = {}) {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, options);
  const bob = await pages.open('bob', roomId);
  await ann.say('before');
  await bob.sees('before');
  return { roomId, ann, bob };
}

test('what waits for a connection is edited where it stands, by keyboard alone, and comes once and in its order', async () => {
  const { ann, bob } = await both();
  await ann.goOffline();
  await ann.page.getByText('You are offline.').waitFor();
  await ann.say('teh first');
  await ann.say('the second');
  await waiting(ann).nth(1).waitFor();

  // The arrow upwards leads to the last one, Escape out of it.
  await ann.field.press('ArrowUp');
  await expect.poll(() => ann.field.inputValue()).toBe('the second');
  await ann.field.press('Escape');
  await expect.poll(() => ann.field.inputValue()).toBe('');

  const edit = waiting(ann).first().getByRole('button', { name: 'Edit the message' });
  await ann.scroller.locator('.gongu-row').last().focus();
  await ann.page.keyboard.press('ArrowUp');
  await ann.page.keyboard.press('Tab');
  await expect.poll(() => edit.evaluate((button) => button === document.activeElement)).toBe(true);
  await ann.page.keyboard.press('Enter');
  await expect.poll(() => ann.field.inputValue()).toBe('teh first');
  expect(await ann.field.evaluate((field) => field === document.activeElement)).toBe(true);
  await ann.field.fill('the first');
  expect(await axeViolations(ann.page, axe)).toEqual([]);
  await ann.field.press('Enter');
  expect(await ann.texts()).toEqual(['before', 'the first', 'the second']);
  expect(await ann.field.inputValue()).toBe('');

  await ann.page.context().setOffline(false);
  await bob.sees('the second');
  expect(await bob.texts()).toEqual(['before', 'the first', 'the second']);
  await expect.poll(() => waiting(ann).count()).toBe(0);
  expect(await ann.texts()).toEqual(['before', 'the first', 'the second']);
  // It was never said otherwise.
  expect(await bob.page.getByText('edited').count()).toBe(0);
  expect(ann.sent('edit')).toEqual([]);
});

test('what was on the way when the connection went is edited, also where it had come: both sides end with the new text, once', async () => {
  let isSilent = false;
  const { ann, bob } = await both({
    // What is sent arrives, and its answer does not.
    prepare: async (page) => {
      await page.routeWebSocket(/\/ws/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          if (!isSilent) socket.send(message);
        });
      });
    },
  });
  isSilent = true;
  await ann.say('teh text');
  await bob.sees('teh text');
  await waiting(ann).hover();
  await waiting(ann).getByRole('button', { name: 'Edit the message' }).click();
  await ann.field.fill('the text');
  await ann.field.press('Enter');
  expect(await ann.texts()).toEqual(['before', 'the text']);
  await ann.goOffline();
  await ann.page.getByText('You are offline.').waitFor();
  isSilent = false;
  await ann.page.context().setOffline(false);
  await bob.sees('the text');
  await expect.poll(() => waiting(ann).count()).toBe(0);
  expect([await ann.texts(), await bob.texts()]).toEqual([
    ['before', 'the text'],
    ['before', 'the text'],
  ]);
});

test('an edit of what waits goes on over a reload, and of what has come meanwhile it is an edit of the message', async () => {
  const { ann, bob } = await both({ locale: 'ko' });
  await ann.goOffline();
  await ann.page.getByText('인터넷에 연결되어').first().waitFor();
  await ann.say('안녕하세여');
  await waiting(ann).hover();
  await waiting(ann).getByRole('button', { name: '메시지 수정' }).click();
  await expect.poll(() => ann.field.inputValue()).toBe('안녕하세여');
  await ann.field.fill('안녕하세요');
  await ann.page.context().setOffline(false);
  // It goes while it is being edited.
  await bob.sees('안녕하세여');
  await expect.poll(() => waiting(ann).count()).toBe(0);
  await ann.page.reload();
  await ann.sees('안녕하세여');
  await expect.poll(() => ann.field.inputValue()).toBe('안녕하세요');
  await ann.field.press('Enter');
  await bob.sees('안녕하세요');
  expect(await bob.texts()).toEqual(['before', '안녕하세요']);
});
