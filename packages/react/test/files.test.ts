import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import type { Page, Route } from 'playwright-core';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';
import { pngOf } from './fixture/png.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();
const picture = pngOf(300, 200);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function violations({ page }: Person): Promise<string[]> {
  const found = await axeViolations(page, axe);
  return found.flatMap(({ help, nodes }) => nodes.map(({ html }) => `${help}\n${html}`));
}

async function both() {
  const roomId = await pages.chat.room();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId, { locale: 'ko' })];
  await ann.say('before');
  await bob.sees('before');
  return { roomId, ann, bob };
}
const png = (name: string) => ({ name, mimeType: 'image/png', buffer: picture });
const attach = ({ page }: Person, ...files: { name: string; mimeType: string; buffer: Buffer }[]) =>
  page.locator('input[type=file]').setInputFiles(files);
const tray = ({ page }: Person) => page.locator('.gongu-input .gongu-tray li');
const send = ({ page }: Person) => page.locator('.gongu-send');
const loaded = ({ page }: Person) =>
  expect
    .poll(() =>
      page
        .locator('.gongu-picture img')
        .evaluateAll((all) => all.map((img) => (img as HTMLImageElement).naturalWidth > 0)),
    )
    .toContain(true);

test('a picture and a file are chosen, shown before they are sent, sent without a text, and opened by keyboard over the window', async () => {
  const { ann, bob } = await both();
  const pdf = { name: '안내.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') };
  await attach(ann, png('감귤.png'), pdf);
  await tray(ann).nth(1).waitFor();
  await expect
    .poll(() => tray(ann).evaluateAll((items) => items.map((item) => item.getAttribute('data-status'))))
    .toEqual(['done', 'done']);
  expect(await violations(ann)).toEqual([]);
  await send(ann).click();
  await bob.page.locator('.gongu-file', { hasText: '안내.pdf' }).waitFor();
  await Promise.all([loaded(ann), loaded(bob)]);
  expect(await tray(ann).count()).toBe(0);
  expect(await violations(bob)).toEqual([]);

  // The room that a picture takes is known before it is there.
  const shown = bob.page.locator('.gongu-picture');
  const box = await shown.boundingBox();
  const kept = await bob.page.locator('.gongu-files').evaluate((files) => (files as HTMLElement).style.minHeight);
  expect(Math.round(box!.height) + 4 + 48).toBe(Number.parseInt(kept, 10));

  await shown.focus();
  await bob.page.keyboard.press('Enter');
  const viewer = bob.page.locator('dialog.gongu-viewer');
  await viewer.waitFor();
  expect(await viewer.getAttribute('aria-label')).toBe('감귤.png');
  await expect
    .poll(() => viewer.locator('img').evaluate((img) => (img as HTMLImageElement).naturalWidth))
    .toBeGreaterThan(0);
  expect(await violations(bob)).toEqual([]);
  await bob.page.keyboard.press('Escape');
  await viewer.waitFor({ state: 'detached' });
  expect(await shown.evaluate((button) => button === document.activeElement)).toBe(true);

  const download = bob.page.waitForEvent('download');
  await bob.page.locator('.gongu-file').click();
  expect((await download).suggestedFilename()).toBe('안내.pdf');

  // Deleted, nothing of it is shown any more.
  await ann.page.locator('.gongu-row', { hasText: '안내.pdf' }).hover();
  await ann.page.locator('.gongu-row', { hasText: '안내.pdf' }).locator('.gongu-more').click();
  await ann.page.getByRole('menuitem', { name: 'Delete' }).click();
  await ann.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await bob.page.locator('.gongu-files').waitFor({ state: 'detached' });
});

test('a picture is pasted or dropped; what is refused says so and can be taken out; one that is not taken for another reason is tried again', async () => {
  const { ann, bob } = await both();
  await ann.page.locator('.gongu-input').evaluate(
    (form, bytes) => {
      const files = new DataTransfer();
      files.items.add(new File([new Uint8Array(bytes)], 'dropped.png', { type: 'image/png' }));
      form.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));
      const pasted = new DataTransfer();
      pasted.items.add(new File(['PK\u0003\u0004'], 'a.zip', { type: 'image/png' }));
      form
        .querySelector('textarea')!
        .dispatchEvent(new ClipboardEvent('paste', { clipboardData: pasted, bubbles: true, cancelable: true }));
    },
    [...picture],
  );
  await tray(ann).nth(1).waitFor();
  await expect.poll(() => tray(ann).nth(1).getAttribute('data-status')).toBe('failed');
  await expect.poll(() => tray(ann).nth(0).getAttribute('data-status')).toBe('done');
  expect(await send(ann).isDisabled()).toBe(true);
  // Why is there to be read, and read out.
  const why = tray(ann).nth(1).getByRole('alert');
  expect(await why.textContent()).toMatch(/Archives are not taken/);
  await ann.page.getByRole('button', { name: 'Remove a.zip' }).click();
  await ann.field.fill('with words');
  await ann.field.press('Enter');
  await bob.sees('with words');
  await loaded(bob);

  // With its picture it may be left without the words.
  await ann.field.press('ArrowUp');
  await expect.poll(() => ann.field.inputValue()).toBe('with words');
  await ann.field.fill('');
  await ann.page.getByRole('button', { name: 'Save' }).click();
  await bob.page.locator('.gongu-text', { hasText: 'with words' }).waitFor({ state: 'detached' });
  expect(await bob.page.locator('.gongu-picture').count()).toBe(1);

  let isCut = true;
  await ann.page.route('**/complete', (route) =>
    isCut ? route.fulfill({ status: 403, body: '{"code":"MUTED"}' }) : route.continue(),
  );
  await attach(ann, png('again.png'));
  await expect.poll(() => tray(ann).first().getAttribute('data-status')).toBe('failed');
  isCut = false;
  await ann.page.getByRole('button', { name: 'Try again' }).click();
  await expect.poll(() => tray(ann).first().getAttribute('data-status')).toBe('done');
});

test('how far a file is can be seen, and it is given up while it is on its way: nothing of it goes on', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId);
  await ann.seesLine('ann joined');
  await ann.page.getByRole('button', { name: 'Attach files' }).waitFor();
  const network = await ann.page.context().newCDPSession(ann.page);
  const speed = (uploadThroughput: number) =>
    network.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 0, downloadThroughput: -1 },
      uploadThroughput,
    });
  await network.send('Network.enable');
  await speed(200_000);
  await attach(ann, { name: 'long.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(5_000_000, '%PDF-1.7 ') });
  const bar = tray(ann).getByRole('progressbar', { name: 'Upload of long.pdf' });
  const share = () => bar.evaluate((one) => (one as HTMLProgressElement).position);
  await expect.poll(share).toBeGreaterThan(0);
  expect(await share()).toBeLessThan(1);
  const ended = ann.page.waitForEvent('requestfailed', (request) => request.method() === 'PUT');
  await ann.page.getByRole('button', { name: 'Remove long.pdf' }).click();
  await ended;
  expect(await tray(ann).count()).toBe(0);
  expect(await send(ann).isDisabled()).toBe(true);
  await speed(-1);
  await attach(ann, png('small.png'));
  // Shown as it is, before it is sent.
  await tray(ann).locator('img').waitFor();
  await expect.poll(() => tray(ann).first().getAttribute('data-status')).toBe('done');
});

test('pictures that could not be had come with the next connection, also over the window', async () => {
  const { roomId, bob } = await both();
  await attach(bob, png('a.png'));
  await expect.poll(() => tray(bob).first().getAttribute('data-status')).toBe('done');
  await send(bob).click();
  await loaded(bob);
  let asked = 0;
  const refuse = (route: Route) => {
    asked++;
    return route.abort();
  };
  const prepare = async (page: Page) => void (await page.route(/attachments\?ids=/, refuse));
  const ann = await pages.open('ann', roomId, { prepare });
  const shown = ann.page.locator('.gongu-picture');
  await shown.waitFor();
  await expect.poll(() => asked).toBeGreaterThan(0);
  await ann.goOffline();
  await ann.page.getByText('You are offline.').waitFor();
  await shown.click();
  await ann.page.getByRole('dialog').getByText('Could not be loaded.').waitFor();
  await ann.page.unroute(/attachments\?ids=/);
  await ann.page.context().setOffline(false);
  await ann.page.locator('.gongu-viewer img[src]').waitFor();
  await ann.page.keyboard.press('Escape');
  await loaded(ann);
});

test('pictures take their room, and their colours, before they are there; one that the network does not bring is asked for again, and is not said to be gone', async () => {
  const { roomId, bob } = await both();
  await attach(bob, png('a.png'), png('b.png'));
  await expect
    .poll(() => tray(bob).evaluateAll((items) => items.map((item) => item.getAttribute('data-status'))))
    .toEqual(['done', 'done']);
  await send(bob).click();
  await bob.page.locator('.gongu-row[data-seq] .gongu-picture').nth(1).waitFor();
  await pages.chat.fill(roomId, 'cho', 1, () => 'below');

  let letThrough = () => {};
  const isLetThrough = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  const hold = async (route: Route) => {
    await isLetThrough;
    await route.continue().catch(() => {});
  };
  const ann = await pages.open('ann', roomId, {
    prepare: async (page) => void (await page.route('**/files/**', hold)),
  });
  await ann.sees('below');
  const canvas = ann.page.locator('.gongu-picture canvas');
  const colours = () =>
    canvas.evaluateAll((all) =>
      all.map((one) => (one as HTMLCanvasElement).getContext('2d')!.getImageData(16, 16, 1, 1).data[3]),
    );
  await expect.poll(colours).toEqual([255, 255]);
  const rows = ann.page.locator('.gongu-row');
  await expect.poll(async () => String(await rows.count())).toBe(await rows.first().getAttribute('aria-setsize'));
  const places = () => rows.evaluateAll((all) => all.map((row) => row.getBoundingClientRect().top));
  const before = await places();
  letThrough();
  await expect
    .poll(() =>
      ann.page
        .locator('.gongu-picture img')
        .evaluateAll((all) => all.map((img) => (img as HTMLImageElement).naturalWidth > 0)),
    )
    .toEqual([true, true]);
  expect(await places()).toEqual(before);

  const cut = (route: Route) => route.abort();
  await ann.page.unroute('**/files/**');
  await ann.page.route('**/files/**', cut);
  await ann.page.route(/attachments\?ids=/, cut);
  await ann.page.locator('.gongu-picture').first().click();
  const viewer = ann.page.getByRole('dialog');
  await viewer.getByText('Could not be loaded.').waitFor();
  expect(await violations(ann)).toEqual([]);
  await ann.page.unroute(/attachments\?ids=/);
  await ann.page.unroute('**/files/**');
  await viewer.getByRole('button', { name: 'Try again' }).press('Enter');
  const shown = () => viewer.locator('img').evaluate((img) => (img as HTMLImageElement).naturalWidth);
  await expect.poll(shown).toBe(300);
  // The focus stays in the window, and its keys lead to the next one: that one is gone.
  await ann.page.route('**/files/**', cut);
  await ann.page.route(/attachments\?ids=/, (route) => route.fulfill({ body: '{"items":[]}' }));
  await ann.page.keyboard.press('ArrowRight');
  await viewer.getByText('2 / 2').waitFor();
  await viewer.getByText('It is no longer there').waitFor();
  expect(await viewer.getByRole('button', { name: 'Try again' }).count()).toBe(0);
});

test('a message of files alone is what they are called: pinned, as a notice, answered and copied', async () => {
  const roomId = await pages.chat.room();
  const seller = await pages.open('seller', roomId, {
    context: { permissions: ['clipboard-read', 'clipboard-write'] },
  });
  const menu = async (entry: string) => {
    await seller.page.locator('.gongu-row .gongu-more').last().focus();
    await seller.page.keyboard.press('Enter');
    await seller.page.getByRole('menuitem', { name: entry, exact: true }).press('Enter');
  };
  await attach(seller, png('감귤.png'));
  await expect.poll(() => tray(seller).first().getAttribute('data-status')).toBe('done');
  await seller.page.getByLabel('As a notice').check();
  await send(seller).click();
  await seller.page.locator('.gongu-pinned', { hasText: '감귤.png' }).waitFor();
  await menu('Pin');
  await seller.page.locator('.gongu-pin', { hasText: 'seller: 감귤.png' }).waitFor();
  await menu('Copy');
  await seller.page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
  expect(await seller.page.evaluate('navigator.clipboard.readText()')).toBe('감귤.png');
  await menu('Reply');
  await seller.page.locator('.gongu-replying', { hasText: '감귤.png' }).waitFor();
});

test('on a telephone a picture can be taken', async () => {
  const roomId = await pages.chat.room();
  const phone = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };
  const ann = await pages.open('ann', roomId, { context: phone });
  const chooser = ann.page.waitForEvent('filechooser');
  await ann.page.getByRole('button', { name: 'Take a picture' }).click();
  const taken = await chooser;
  expect(await taken.element().getAttribute('capture')).toBe('environment');
  await taken.setFiles(png('photo.png'));
  await expect.poll(() => tray(ann).first().getAttribute('data-status')).toBe('done');
  expect(await violations(ann)).toEqual([]);
  expect(await ann.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});
