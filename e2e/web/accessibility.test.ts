import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import type { BrowserContextOptions } from 'playwright-core';
import { beforeAll, expect, it, suite } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop, type Visitor } from '../fixture/shop.ts';

const describe = suite.skipIf(!browserProgram());
const test = it.skipIf(!browserProgram());

const shop = openShop();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with the page as it is, and whether it is too wide; a line each. */
async function violations({ page }: Visitor): Promise<string[]> {
  const found = await axeViolations(page, axe);
  // Nobody has to scroll sideways (WCAG 1.4.10).
  const [wide, window] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
    number,
    number,
  ];
  if (wide > window) return [`${page.url()} is ${wide} px wide in a window of ${window}`];
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${page.url()} ${id}: ${help}\n${html}\n${failureSummary}`),
  );
}

const PHONE = { viewport: { width: 320, height: 740 }, hasTouch: true, isMobile: true };
const DESK = { viewport: { width: 1_280, height: 860 } };
const LOOKS: readonly (BrowserContextOptions & { name: string })[] = [
  { name: 'telephone, light, English', ...PHONE, colorScheme: 'light', locale: 'en-US' },
  { name: 'telephone, dark, Korean', ...PHONE, colorScheme: 'dark', locale: 'ko-KR' },
  { name: 'desk, light, Korean', ...DESK, colorScheme: 'light', locale: 'ko-KR' },
  { name: 'desk, dark, English', ...DESK, colorScheme: 'dark', locale: 'en-US' },
];

let open: string;
let closed: string;
let cancelled: string;
/** Its notice is older than its messages, of which one was edited and the newest deleted. */
let talked: string;
beforeAll(async () => {
  open = await shop.product('sue', { description: '서귀포 농장에서', title: '제주 감귤 10kg' });
  closed = await shop.product('sue', { maxParticipants: 1, title: 'Sold out' });
  cancelled = await shop.product('sue', { title: 'Cancelled' });
  const products = `${shop.pair.tradeUrl}/api/products`;
  await call('POST', `${products}/${closed}/participations`, shop.pair.user('early'), {});
  await call('POST', `${products}/${open}/participations`, shop.pair.user('early'), { quantity: 3 });
  const notice = { clientMessageId: 'notice', kind: 'NOTIFICATION', content: '화요일에 보내요' };
  await call('POST', `${shop.pair.chat.url}/api/chat/rooms/${open}/messages`, shop.pair.user('sue'), notice);
  talked = await shop.product('sue', { title: 'Talked about' });
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${talked}/messages`;
  const asSue = (method: string, path: string, body?: object) =>
    call(method, messages + path, shop.pair.user('sue'), body);
  await asSue('POST', '', {
    ...notice,
    content: '화요일에 보내요, 자세한 것은 https://gongu.example/post. '.repeat(4),
  });
  for (const n of [1, 2, 3]) {
    const { body } = await asSue('POST', '', { clientMessageId: `${n}`, content: `${n}` });
    if (n === 2) expect((await asSue('PATCH', `/${body.seq}`, { content: '둘' })).status).toBe(200);
    if (n === 3) expect((await asSue('DELETE', `/${body.seq}`)).status).toBe(204);
  }
  await call('POST', `${products}/${cancelled}/cancel`, shop.pair.user('sue', ['seller']), { reason: 'rain' });
});

/** Signs in without words, as the words differ. */
async function enter(visitor: Visitor, nickname: string, path: string, seller = false): Promise<void> {
  await visitor.go(`/sign-in?next=${encodeURIComponent(path)}`);
  await visitor.page.locator('input[autocomplete=nickname]').fill(nickname);
  await visitor.page.locator('input[type=checkbox]').setChecked(seller);
  await visitor.page.locator('form button[type=submit]').click();
  await visitor.page.waitForURL(shop.url + path);
}

describe.each(LOOKS)('$name', ({ name, ...context }) => {
  const isPhone = name.startsWith('telephone');

  test('axe finds nothing on the pages of whoever just looks', async () => {
    const visitor = await shop.visitor(context);
    const found: string[] = [];
    for (const [path, shown] of [
      ['/', '.product-card'],
      ['/?status=CLOSED&seats=20', '.empty'],
      ['/?status=all', '[data-status=CANCELLED]'],
      [`/products/${open}`, '.product-notice'],
      [`/products/${closed}`, '.product[data-status=CLOSED]'],
      ['/rooms', '.empty'],
      [`/products/${talked}`, '.product-notice'],
      ['/purchases', '.empty'],
      ['/sell', '.empty'],
      ['/sign-in', 'form'],
      ['/products/no-such-product', '.empty'],
      ['/no/such/page', '.empty'],
      ...(isPhone ? ([[`/products/${open}?tab=chat`, '.chat-entry']] as const) : []),
    ] as const) {
      await visitor.go(path);
      await visitor.page.locator(shown).first().waitFor();
      found.push(...(await violations(visitor)));
    }
    await visitor.page.route('**/api/products?**', (route) => route.abort());
    await visitor.go('/');
    await visitor.page.getByRole('alert').waitFor();
    found.push(...(await violations(visitor)));
    expect(found).toEqual([]);
  });

  test('axe finds nothing on the pages of a buyer, a guest and a seller', async () => {
    const visitor = await shop.visitor(context);
    const { page } = visitor;
    const found: string[] = [];
    const look = async (shown: string) => {
      await page.locator(shown).first().waitFor();
      found.push(...(await violations(visitor)));
    };
    const nickname = `ann-${name.replaceAll(/\W+/g, '-')}`;
    await enter(visitor, nickname, `/products/${open}`);
    await look('.take-part .primary');
    await page.locator('.take-part .primary').click();
    await look('.joined');
    // Another quantity, not taken yet; a refusal; and the question before giving up.
    await page.locator('.take-part .quantity button').nth(1).click();
    await look('.take-part .primary');
    await page.route('**/participations/me', (route) =>
      route.request().method() === 'PATCH' ? route.abort() : route.continue(),
    );
    await page.locator('.take-part .primary').click();
    await look('.take-part [role=alert]');
    await page.unroute('**/participations/me');
    await page.locator('.take-part > button:not(.primary)').click();
    await look('dialog[open]');
    await page.keyboard.press('Escape');
    if (isPhone) await page.locator('[role=tab]').nth(1).click();
    await visitor.say('안녕하세요');
    await look('.gongu-row[data-seq] [data-mine=true]');
    // Notices and what became of messages, in the conversation and in the list of them.
    await visitor.go(`/products/${talked}${isPhone ? '?tab=chat' : ''}`);
    await look('.gongu-looking');
    await look('.gongu-deleted');
    await visitor.say('여기요');
    await look('.gongu-row[data-seq] [data-mine=true]');
    const products = `${shop.pair.tradeUrl}/api/products`;
    const dropped = await shop.product('sue', { title: 'Dropped' });
    await call('POST', `${products}/${dropped}/participations`, shop.pair.user(nickname), { quantity: 2 });
    await call('POST', `${products}/${dropped}/cancel`, shop.pair.user('sue', ['seller']), { reason: 'rain' });
    await visitor.go(`/products/${dropped}`);
    await look('[data-joined=cancelled]');
    await visitor.go('/purchases');
    await look('.purchase[data-status=CANCELLED]');
    await visitor.go('/rooms');
    await look('.room');
    await page.context().setOffline(true);
    await look('.told p');
    await page.context().setOffline(false);
    await page.locator('.who button').click();
    await visitor.go(`/products/${open}${isPhone ? '?tab=chat' : ''}`);
    await page.locator('.chat-entry .primary').click();
    await look('.gongu-row');

    await enter(visitor, 'sue', '/sell', true);
    await look('.product-card');
    await visitor.go('/sell/new');
    await look('form');
    await page.locator('[name=title]').fill('Later');
    await page.locator('[name=price]').fill('1000');
    await page.locator('[name=deadline]').fill(`${new Date().getFullYear() + 9}-01-01T00:00`);
    await page.locator('form button[type=submit]').click();
    await look('.rule');
    await visitor.go(`/sell/${open}/edit`);
    await look('form');
    await visitor.go(`/sell/${open}`);
    await look('.buyers li');
    await page.locator('.end-product .danger').first().click();
    await look('dialog[open]');
    expect(found).toEqual([]);
  });
});

test('everything can be done by keyboard: from the list to a place and a message', async () => {
  const id = await shop.product('keys', { title: 'By keyboard' });
  const visitor = await shop.visitor();
  const { page } = visitor;
  const press = (key: string) => page.keyboard.press(key);
  const focused = () =>
    page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent');
  const tabTo = async (label: string | RegExp) => {
    for (let i = 0; i < 80; i++) {
      await press('Tab');
      if (new RegExp(label).test(String(await focused()))) return;
    }
    throw new Error(`no way by Tab to ${label}; it ended on ${await focused()}`);
  };
  await visitor.signIn('keys-ann');
  await page.locator(`[data-product="${id}"]`).waitFor();
  // The first stop leads past the head of the page.
  await page.evaluate('document.activeElement.blur()');
  await page.reload();
  await page.locator(`[data-product="${id}"]`).waitFor();
  await press('Tab');
  expect(await focused()).toBe('Skip to content');
  await press('Enter');
  await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
  await tabTo('^By keyboard$');
  await press('Enter');
  await page.waitForURL(`${shop.url}/products/${id}`);
  // The new page has the focus, so that a screen reader begins there.
  await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
  await page.getByRole('button', { name: 'Take a place' }).waitFor();
  await tabTo('^One more$');
  await press('Space');
  await tabTo('^Take a place$');
  await press('Enter');
  await visitor.reads('You take part with 2.');
  await tabTo('^Write a message$');
  await page.keyboard.type('without a mouse');
  await press('Enter');
  await visitor.sees('without a mouse');
});

test('the tabs of a telephone are moved between by arrows', async () => {
  const id = await shop.product('tabs');
  const visitor = await shop.visitor(PHONE);
  await visitor.signIn('tabs-ann', { next: `/products/${id}` });
  const [details, chat] = [visitor.page.getByRole('tab').nth(0), visitor.page.getByRole('tab').nth(1)];
  await details.focus();
  await visitor.page.keyboard.press('ArrowRight');
  await expect.poll(() => chat.getAttribute('aria-selected')).toBe('true');
  await visitor.field.waitFor();
  await visitor.page.keyboard.press('ArrowLeft');
  await expect.poll(() => details.getAttribute('aria-selected')).toBe('true');
  await visitor.page.getByRole('button', { name: 'Take a place' }).waitFor();
});

test('on a telephone a short conversation has its field just above the ways, with and without a line of news', async () => {
  const id = await shop.product('short');
  const visitor = await shop.visitor({ ...PHONE, viewport: { width: 390, height: 844 } });
  const { page } = visitor;
  await visitor.signIn('short-ann', { next: `/products/${id}?tab=chat` });
  await visitor.field.waitFor();
  const gapBelow = () =>
    page.evaluate<number>(
      `document.querySelector('.ways').getBoundingClientRect().top -
        document.querySelector('.gongu-room').getBoundingClientRect().bottom`,
    );
  await expect.poll(async () => Math.abs(await gapBelow())).toBeLessThan(2);
  await page.setViewportSize({ width: 390, height: 520 });
  await expect.poll(async () => Math.abs(await gapBelow())).toBeLessThan(2);
  await page.context().setOffline(true);
  await page.locator('.told p').waitFor();
  await expect.poll(async () => Math.abs(await gapBelow())).toBeLessThan(2);
});

test('on a telephone held across, with its keyboard, the field is in sight below the newest message', async () => {
  const id = await shop.product('sue');
  const visitor = await shop.visitor({ ...PHONE, viewport: { width: 844, height: 390 } });
  const { page } = visitor;
  await visitor.signIn('across-ann', { next: `/products/${id}?tab=chat` });
  for (let n = 1; n <= 12; n++) await visitor.say(`line ${n}`);
  await visitor.sees('line 12');
  for (const height of [200, 390]) {
    await page.setViewportSize({ width: 844, height });
    const bottomOf = (selector: string) =>
      page.locator(selector).evaluateAll((found) => found.at(-1)!.getBoundingClientRect().bottom);
    await expect.poll(() => bottomOf('.gongu-room textarea')).toBeLessThanOrEqual(height);
    await expect.poll(async () => (await bottomOf('.gongu-row')) - (await bottomOf('.gongu-scroller'))).toBeLessThan(2);
    expect(await page.locator('.gongu-scroller').evaluate((list) => list.clientHeight)).toBeGreaterThan(20);
  }
});

test('every field of the form for an offer stays in it, in whatever width and language', async () => {
  for (const locale of ['en-US', 'ko-KR']) {
    const visitor = await shop.visitor({ locale });
    const { page } = visitor;
    await enter(visitor, `wide-${locale}`, '/sell/new', true);
    await page.locator('input[type=datetime-local]').waitFor();
    for (const width of [320, 360, 480, 600, 800, 1_024, 1_280, 1_600]) {
      await page.setViewportSize({ width, height: 860 });
      const outside = await page.evaluate(`(() => {
        const found = [];
        for (const input of document.querySelectorAll('form.panel :is(input, textarea)')) {
          const field = input.closest('.field, .check, .tier-fields, .pictures-field').getBoundingClientRect();
          const box = input.getBoundingClientRect();
          const sticksOut = box.right - field.right > 0.5 || box.left - field.left < -0.5;
          // As wide as it would like to be: what it shows has to be seen whole.
          input.style.width = 'auto';
          const ownPx = input.getBoundingClientRect().width;
          input.style.width = '';
          const isCut = innerWidth >= 360 && input.type === 'datetime-local' && ownPx > field.width + 0.5;
          if (sticksOut || isCut) found.push([input.name, box.width, field.width, ownPx].join(' '));
        }
        return found;
      })()`);
      expect(outside, `${locale}, ${width} px`).toEqual([]);
    }
  }
});

test('language and appearance can be chosen, and are kept', async () => {
  const visitor = await shop.visitor();
  const { page } = visitor;
  await visitor.go('/');
  await visitor.press('한국어');
  await page.getByRole('heading', { name: '상품', level: 1 }).waitFor();
  expect(await page.evaluate('document.documentElement.lang')).toBe('ko');
  const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
  const light = await ground();
  await page.getByLabel('화면 모드').selectOption('dark');
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.getByRole('heading', { name: '상품', level: 1 }).waitFor();
  expect(await ground()).toBe(dark);
});
