import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';
import { pngOf } from './fixture/png.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();
const picture = pngOf(300, 200);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const png = (name: string) => ({ name, mimeType: 'image/png', buffer: picture });
const zip = { name: 'b.png', mimeType: 'image/png', buffer: Buffer.from('PK\x03\x04') };
const attach = async ({ page }: Person, ...files: { name: string; mimeType: string; buffer: Buffer }[]) => {
  await page.locator('input[type=file]').setInputFiles(files);
  await page
    .locator('.gongu-tray li')
    .nth(files.length - 1)
    .waitFor();
};
const pending = ({ page }: Person) => page.locator('.gongu-message[data-status]');
const pictures = ({ page }: Person) => page.locator('.gongu-row .gongu-picture');
const send = ({ page }: Person) => page.locator('.gongu-send').click();
/** Names and bytes of what is kept in this browser. */
const kept = ({ page }: Person) =>
  page.evaluate<number>(`new Promise((resolve) => {
    const opening = indexedDB.open('gongu-files', 1);
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => resolve(0);
    opening.onsuccess = () => {
      const counting = opening.result.transaction('files').objectStore('files').count();
      counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
    };
  })`);

/** What is put in its place waits until it is let through. */
function held() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const prepare = async (page: Page) => {
    await page.route('**/files/**', async (route) => {
      if (route.request().method() === 'PUT') await opened;
      await route.continue().catch(() => {});
    });
  };
  return { open: () => open(), prepare };
}

async function both(options: Parameters<typeof pages.open>[2] = {}) {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, options);
  const bob = await pages.open('bob', roomId, { locale: 'ko' });
  await ann.say('before');
  await bob.sees('before');
  return { roomId, ann, bob };
}

async function violations({ page }: Person): Promise<string[]> {
  const found = await axeViolations(page, axe);
  return found.flatMap(({ help, nodes }) => nodes.map(({ html }) => `${help}\n${html}`));
}

test('a message is sent while its pictures are on their way: it stands there with them, a text goes ahead, and it comes over a reload', async () => {
  const { open, prepare } = held();
  const { ann, bob } = await both({ prepare });
  await attach(ann, png('하나.png'), png('둘.png'));
  await ann.field.fill('two of them');
  await send(ann);
  // The field is free, and the message is there, with its previews.
  await pending(ann).locator('img').nth(1).waitFor();
  expect(await ann.field.inputValue()).toBe('');
  expect(await pending(ann).getByRole('progressbar').count()).toBe(2);
  const box = await pending(ann).locator('img').first().boundingBox();
  expect([box!.width, box!.height]).toEqual([150, 100]);
  expect(await violations(ann)).toEqual([]);
  await ann.say('meanwhile');
  await bob.sees('meanwhile');
  expect(await pictures(bob).count()).toBe(0);
  await expect.poll(() => kept(ann)).toBe(2);

  await ann.page.reload();
  await pending(ann).locator('img').nth(1).waitFor();
  expect(await pending(ann).locator('.gongu-text').textContent()).toBe('two of them');
  open();
  await pictures(bob).nth(1).waitFor();
  await bob.sees('two of them');
  await pending(ann).waitFor({ state: 'detached' });
  await expect.poll(() => ann.texts()).toEqual(['before', 'meanwhile', 'two of them']);
  expect(await pictures(ann).count()).toBe(2);
  await expect.poll(() => kept(ann)).toBe(0);
});

test('without a connection it waits, by keyboard alone, and is sent when there is one', async () => {
  const { ann, bob } = await both();
  await ann.goOffline();
  await ann.page.getByText('You are offline').waitFor();
  await attach(ann, png('offline.png'));
  await ann.field.focus();
  await ann.page.keyboard.press('Enter');
  await pending(ann).locator('img').waitFor();
  await expect.poll(() => kept(ann)).toBe(1);
  await ann.page.context().setOffline(false);
  // A client that was away may be within its longest wait for an answer.
  await pictures(bob).waitFor();
  await pending(ann).waitFor({ state: 'detached' });
  await expect.poll(() => kept(ann)).toBe(0);
});

test('what is refused says why in the reader’s language, and is sent without that file, or discarded', async () => {
  const { open, prepare } = held();
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, { prepare, locale: 'ko' });
  const bob = await pages.open('bob', roomId);
  await attach(ann, png('a.png'), zip);
  await ann.field.fill('one of them');
  await send(ann);
  open();
  await expect.poll(() => pending(ann).getAttribute('data-status')).toBe('failed');
  await pending(ann).getByText('압축 파일은 받지 않습니다').waitFor();
  expect(await pending(ann).getByRole('button', { name: '다시 보내기' }).count()).toBe(0);
  expect(await violations(ann)).toEqual([]);
  // It is as it was after a reload.
  await ann.page.reload();
  await pending(ann).getByText('압축 파일은 받지 않습니다').waitFor();
  // From the list’s one stop Tab leads to what can be done.
  await ann.page.locator('.gongu-row', { has: ann.page.locator('[data-status]') }).focus();
  const remove = pending(ann).getByRole('button', { name: 'b.png 빼기' });
  for (let i = 0; i < 5 && !(await remove.evaluate((one) => one === document.activeElement)); i++) {
    await ann.page.keyboard.press('Tab');
  }
  await ann.page.keyboard.press('Enter');
  await bob.sees('one of them');
  expect(await pictures(bob).count()).toBe(1);

  await attach(ann, zip);
  await expect.poll(() => ann.page.locator('.gongu-input .gongu-tray li').getAttribute('data-status')).toBe('failed');
  await ann.page.getByRole('button', { name: 'b.png 빼기' }).click();
  await ann.page.route('**/uploads', (route) => route.fulfill({ status: 403, json: { code: 'MUTED', detail: 'no' } }));
  await attach(ann, png('c.png'));
  await expect.poll(() => ann.page.locator('.gongu-input .gongu-tray li').getAttribute('data-status')).toBe('failed');
  await ann.page.getByRole('button', { name: 'c.png 빼기' }).click();
  await expect.poll(() => kept(ann)).toBe(0);
});

test('one whose files the service has given up meanwhile says so, and a press uploads them anew', async () => {
  const { roomId, ann, bob } = await both();
  await attach(ann, png('late.png'));
  await expect.poll(() => ann.page.locator('.gongu-input .gongu-tray li').getAttribute('data-status')).toBe('done');
  // What the service does a day later.
  await pages.chat.query(
    "UPDATE chat.uploads SET created_at = created_at - interval '2 days' WHERE room_id = $1",
    roomId,
  );
  await pages.chat.query('SELECT chat.expire_uploads(100)');
  await ann.field.fill('here it is');
  await send(ann);
  await pending(ann).getByText('The file waited too long. Try it again.').waitFor();
  await pending(ann).getByRole('button', { name: 'Try again' }).click();
  await bob.sees('here it is');
  await pictures(bob).waitFor();
  await pending(ann).waitFor({ state: 'detached' });
  await expect.poll(() => kept(ann)).toBe(0);
});

test('one that is discarded while it uploads is gone, with all that was kept of it', async () => {
  const { prepare } = held();
  const { ann, bob } = await both({ prepare });
  await attach(ann, png('never.png'));
  await send(ann);
  await expect.poll(() => kept(ann)).toBe(1);
  await pending(ann).getByRole('button', { name: 'Remove never.png' }).click();
  await pending(ann).waitFor({ state: 'detached' });
  await expect.poll(() => kept(ann)).toBe(0);
  await ann.page.reload();
  await ann.say('after');
  await bob.sees('after');
  expect(await pending(ann).count()).toBe(0);
  expect(await pictures(bob).count()).toBe(0);
});

test('of two tabs of one browser one uploads it; where that is closed, the other goes on, and it is there once', async () => {
  const { prepare } = held();
  const { ann, bob } = await both({ prepare });
  await attach(ann, png('tabs.png'));
  await send(ann);
  await expect.poll(() => kept(ann)).toBe(1);
  const other = await ann.page.context().newPage();
  let puts = 0;
  other.on('request', (request) => {
    if (request.method() === 'PUT') puts++;
  });
  await other.goto(ann.page.url());
  const waiting = other.locator('.gongu-message[data-status]');
  await waiting.getByText('tabs.png').waitFor();
  // It is connected, and leaves it to the first one.
  await other.locator('textarea').fill('from the other tab');
  await other.locator('textarea').press('Enter');
  await bob.sees('from the other tab');
  expect(puts).toBe(0);
  await ann.page.close();
  await pictures(bob).waitFor();
  await waiting.waitFor({ state: 'detached' });
  expect(await other.locator('.gongu-row .gongu-picture').count()).toBe(1);
  expect([puts, await pictures(bob).count()]).toEqual([1, 1]);
});
