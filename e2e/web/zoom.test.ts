import { browserProgram } from '@gongu/testkit/browser';
import type { BrowserContextOptions, Locator } from 'playwright-core';
import { expect, suite, test } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop, type Visitor } from '../fixture/shop.ts';

const describe = suite.skipIf(!browserProgram());

const shop = openShop();

/** At 200 % a window of 1,280 pixels has half as many of CSS, each of four of its own. */
const WINDOWS: readonly (BrowserContextOptions & { name: string })[] = [
  { name: 'a telephone of 360 px', viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
  { name: 'a desk of 1,280 px at 200 %', viewport: { width: 640, height: 430 }, deviceScaleFactor: 2 },
];

/** A product with all that its page can show, and a conversation of several pages. */
async function busyProduct(): Promise<string> {
  const title = 'Tangerines of a farm with a very long name, 10 kg, first quality';
  const id = await shop.product('sue', { title, description: 'From the farm.\n'.repeat(20) });
  await call('POST', `${shop.pair.tradeUrl}/api/products/${id}/participations`, shop.pair.user('early'), {
    quantity: 9,
  });
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${id}/messages`;
  const say = async (clientMessageId: string, fields: object) =>
    expect((await call('POST', messages, shop.pair.user('sue'), { clientMessageId, ...fields })).status).toBe(201);
  await say('notice', {
    kind: 'NOTIFICATION',
    content: 'Sent on Tuesday: https://gongu.example/a-rather-long-address/of-the-post',
  });
  for (let n = 0; n < 60; n++) await say(`m-${n}`, { content: `${n} ${'word '.repeat(n % 9)}${'x'.repeat(n * 2)}` });
  return id;
}

const isScrolledSideways = ({ page }: Visitor) =>
  page.evaluate('document.documentElement.scrollWidth > innerWidth || document.body.scrollWidth > innerWidth');

/** Fails unless all of it can be brought into sight, whole from side to side, and nothing lies over it. */
async function canBeSeen(wanted: Locator): Promise<void> {
  await wanted.waitFor();
  // Again where something that came meanwhile has moved it.
  await expect
    .poll(() => lookAt(wanted), { message: String(wanted) })
    .toEqual({ isWhole: true, isFree: true, isCut: false });
}

const lookAt = (wanted: Locator) =>
  wanted.evaluate((element) => {
    const { defaultView: view } = element.ownerDocument;
    // Away from the edges, where the bars stand.
    element.scrollIntoView({ block: 'center' });
    const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (Math.max(0, top) + Math.min(bottom, view.innerHeight)) / 2];
    const over = element.ownerDocument.elementFromPoint(x, y);
    // All of a card is its link, which lies over it.
    const isFree = element.contains(over) || over?.contains(element) || over?.closest('.card')?.contains(element);
    const isCut =
      element.scrollWidth > element.clientWidth + 1 && view.getComputedStyle(element).overflowX !== 'visible';
    return { isWhole: left >= -0.5 && right <= view.innerWidth + 0.5 && width > 0 && height > 0, isFree, isCut };
  });

describe.each(WINDOWS)('in $name', ({ name: _, ...context }) => {
  test('list, product and chat lose nothing, and nobody has to scroll sideways', async () => {
    const id = await busyProduct();
    const visitor = await shop.visitor(context);
    const { page } = visitor;
    await visitor.signIn(`zoom-${context.viewport?.width}`);
    const card = page.locator(`[data-product="${id}"]`);
    for (const selector of ['h2 a', '.price', '.seats-left', '.seats-taken', '.countdown']) {
      await canBeSeen(card.locator(selector));
    }
    for (const link of await page.locator('.ways a, header a').all()) await canBeSeen(link);
    expect(await isScrolledSideways(visitor)).toBe(false);

    await visitor.go(`/products/${id}`);
    for (const selector of [
      'h1',
      '.price',
      '.product-notice',
      '.product-notice p',
      '.description',
      '.minimum',
      '.countdown',
      '.seats-taken',
    ]) {
      await canBeSeen(page.locator('.product').locator(selector).first());
    }
    const buttons = page.locator('.take-part').getByRole('button');
    await page.getByRole('button', { name: 'Take a place' }).waitFor();
    for (const button of await buttons.all()) await canBeSeen(button);
    expect(await isScrolledSideways(visitor)).toBe(false);

    await page.getByRole('tab', { name: 'Chat' }).click();
    await visitor.sees('59 ');
    const room = page.locator('.gongu-room');
    await canBeSeen(room.locator('.gongu-pinned a'));
    await canBeSeen(room.locator('.gongu-text').last());
    await canBeSeen(visitor.field);
    await visitor.say('seen at any size');
    await visitor.sees('seen at any size');
    await canBeSeen(page.locator('.gongu-send'));
    await canBeSeen(page.getByRole('button', { name: 'Show participants' }));
    await page.getByRole('button', { name: 'Show participants' }).click();
    await canBeSeen(page.getByRole('button', { name: 'Leave the chat' }));
    expect(await isScrolledSideways(visitor)).toBe(false);
    const scroller = page.locator('.gongu-scroller');
    expect(await scroller.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)).toBe(true);
  });
});
