import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Product } from '@gongu/shared';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { afterAll, expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const DATA_DIR = mkdtempSync(join(tmpdir(), 'gongu-pictures-'));
const shop = openShop(undefined, { DATA_DIR, PICTURE_MAX_BYTES: '600000' });
afterAll(() => rmSync(DATA_DIR, { recursive: true, force: true }));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { viewport: { width: 360, height: 740 } };

/** What axe finds, and whether one has to scroll sideways. */
async function faults({ page }: Visitor): Promise<unknown[]> {
  const violations = await axeViolations(page, axe);
  const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  return [...violations.map(({ id }) => id), ...(isWide ? ['too wide'] : [])];
}

/** A picture of one colour, as a browser makes it. */
async function pictureBy({ page }: Visitor, colour: string): Promise<Buffer> {
  const url = await page.evaluate(`(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 800, height: 600 });
    const context = canvas.getContext('2d');
    context.fillStyle = '${colour}';
    context.fillRect(0, 0, 800, 600);
    return canvas.toDataURL('image/png');
  })()`);
  return Buffer.from((url as string).split(',')[1]!, 'base64');
}
/** The same as a file that comes in by an event of the page. */
const bring = ({ page }: Visitor, type: 'paste' | 'drop', name: string, bytes: Buffer) =>
  page.evaluate(`(() => {
    const files = new DataTransfer();
    const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (char) => char.charCodeAt(0));
    files.items.add(new File([bytes], '${name}', { type: 'image/png' }));
    const event = ${
      type === 'paste'
        ? "new ClipboardEvent('paste', { clipboardData: files, bubbles: true, cancelable: true })"
        : "new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })"
    };
    document.querySelector('.pictures-field').dispatchEvent(event);
  })()`);
/** How much of the page has jumped since it was opened (Cumulative Layout Shift). */
const jumped = ({ page }: Visitor) =>
  page.evaluate(`new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
  })`);

test('a seller gives a product pictures: chosen, pasted and dropped, in an order, tried again; all see them without a jump', async () => {
  const sue = await shop.visitor(PHONE);
  const { page } = sue;
  await sue.signIn('sue', { seller: true, next: '/sell/new' });
  const [red, green, blue] = [await pictureBy(sue, '#c22'), await pictureBy(sue, '#2c2'), await pictureBy(sue, '#22c')];
  await page.getByLabel('Title').fill('Medlars');
  await page.getByLabel('Price', { exact: true }).fill('9000');
  const chooser = page.getByLabel('Choose pictures');
  await chooser.setInputFiles([
    { name: 'red.png', mimeType: 'image/png', buffer: red },
    { name: 'zip.png', mimeType: 'image/png', buffer: Buffer.from('PK\x03\x04 and so on') },
    { name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') },
    { name: 'phone.heic', mimeType: 'image/heic', buffer: Buffer.from('heic') },
    { name: 'large.png', mimeType: 'image/png', buffer: Buffer.alloc(700_000) },
  ]);
  await sue.reads('list.txt is no picture.');
  await sue.reads('phone.heic: HEIC pictures are not shown by most browsers.');
  await sue.reads('Archives are not taken. Upload the pictures that are in it.');
  // In units that people know, and in no language but theirs.
  await sue.reads('The file is too large: at most 585 kB are taken.');
  await sue.reads('3 pictures, 2 failed');
  expect(await page.locator('.pictures-field').textContent()).not.toMatch(/600000|bytes/);
  expect(await faults(sue)).toEqual([]);
  await page.getByLabel('Remove picture 3').click();
  await page.getByLabel('Remove picture 2').click();
  await sue.reads('1 picture');

  // One that did not arrive is no picture of the product until it did.
  await page.route('**/api/pictures/*', (route) => route.abort());
  await bring(sue, 'paste', 'green.png', green);
  await sue.reads('2 pictures, 1 failed');
  await sue.press('Offer it');
  await sue.reads('Press it again once the pictures are there.');
  await page.unroute('**/api/pictures/*');
  await page.getByLabel('Upload picture 2 again').click();
  await bring(sue, 'drop', 'blue.png', blue);
  await sue.reads(/^3 pictures$/);
  await page.getByLabel('Move picture 3 forward').focus();
  await page.keyboard.press('Enter');
  const order = () =>
    page
      .locator('input[name=pictures]')
      .evaluateAll((all) => all.map((one) => (one as never as { value: string }).value));
  const ids = await order();
  await sue.press('Offer it');
  await sue.reads('Nobody has taken a place yet.');
  const id = page.url().split('/').at(-1)!;
  const productOf = async () =>
    (await call('GET', `${shop.pair.tradeUrl}/api/products/${id}`, shop.pair.user('sue'))).body as Product;
  const { pictures } = await productOf();
  expect(pictures.map((picture) => picture.id)).toEqual(ids);
  expect(pictures.map(({ width, height }) => [width, height])).toEqual(Array(3).fill([800, 600]));

  const ann = await shop.visitor({ ...PHONE, locale: 'ko-KR' });
  const isShown = (at: number) =>
    expect
      .poll(() =>
        ann.page
          .locator('.picture')
          .first()
          .evaluate((one) => (one as never as { currentSrc: string }).currentSrc),
      )
      .toContain(pictures[at]!.id);
  await ann.go('/');
  await isShown(0);
  expect(await jumped(ann)).toBeLessThan(0.02);
  await ann.go(`/products/${id}`);
  await isShown(0);
  await ann.page.getByRole('button', { name: '사진 2/3' }).click();
  await isShown(1);
  expect(await jumped(ann)).toBeLessThan(0.02);
  expect(await faults(ann)).toEqual([]);
  // A machine that is busy may take longer than the page waits for its card.
  await expect
    .poll(async () => (await fetch(`${shop.url}/products/${id}`)).text())
    .toContain(`<meta property="og:image" content="${shop.pair.tradeUrl}${pictures[0]!.url}">`);

  await sue.go(`/sell/${id}/edit`);
  await page.getByLabel('Remove picture 1').click();
  await sue.press('Save');
  await page.waitForURL(`${shop.url}/sell/${id}`);
  expect((await productOf()).pictures.map((picture) => picture.id)).toEqual(ids.slice(1));
});

test('a picture that arrives just as another one is moved is there', async () => {
  const sue = await shop.visitor();
  const { page } = sue;
  // Between its arrival and the next drawing.
  await page.addInitScript(`{
    const { send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.send = function (...given) {
      this.addEventListener('load', async () => {
        for (let turn = 0; turn < 20; turn++) await null;
        document.querySelector('[aria-label="Move picture 2 forward"]').click();
      });
      return send.apply(this, given);
    };
  }`);
  await sue.signIn('sue', { seller: true, next: '/sell/new' });
  const buffers = [await pictureBy(sue, '#c22'), await pictureBy(sue, '#2c2')];
  const files = buffers.map((buffer, n) => ({ name: `${n}.png`, mimeType: 'image/png', buffer }));
  await page.getByLabel('Choose pictures').setInputFiles(files);
  await sue.reads(/^2 pictures$/);
});
