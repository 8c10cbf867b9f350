import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freePort, signToken } from '@gongu/testkit';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import type { Route } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { type Payments, SHOP_JWT_SECRET, startPayments, TRADE_FOR_PAYMENTS } from '../fixture/payments-program.ts';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const payPort = await freePort();
const shop = openShop(undefined, { ...TRADE_FOR_PAYMENTS, PAYMENT_WINDOW_S: '600' }, () => payPort);
let payments: Payments | undefined;
beforeAll(async () => {
  if (!browserProgram()) return;
  payments = startPayments({ port: payPort, tradeUrl: shop.pair.tradeUrl, origins: new URL(shop.url).origin });
  await payments.isReady();
});
afterAll(() => payments?.stop());

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { viewport: { width: 360, height: 740 } };

/** What axe finds, and whether one has to scroll sideways. */
async function faults({ page }: Visitor): Promise<unknown[]> {
  const violations = await axeViolations(page, axe);
  const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  return [...violations.map(({ id }) => id), ...(isWide ? ['too wide'] : [])];
}

const buy = (id: string, userId: string) =>
  call('POST', `${shop.pair.tradeUrl}/api/products/${id}/participations`, shop.pair.user(userId), {});
const leave = (id: string, userId: string) =>
  call('DELETE', `${shop.pair.tradeUrl}/api/products/${id}/participations/me`, shop.pair.user(userId));
const report = (id: string, userId: string, status: string, amount: number) => {
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const key = signToken({ sub: 'shop', aud: 'trade', scope: 'payments', exp }, SHOP_JWT_SECRET);
  const body = { status, reference: `of-${userId}`, amount };
  return call('PUT', `${shop.pair.tradeUrl}/api/products/${id}/participations/${userId}/payment`, key, body);
};

test('a seller offers tiers, payment and a waiting list, in a currency with cents; wrong tiers are told at their fields', async () => {
  const sue = await shop.visitor(PHONE);
  const { page } = sue;
  await sue.signIn('sue', { seller: true, next: '/sell/new' });
  const field = (label: string) => page.getByLabel(label, { exact: true });
  await field('Title').fill('Medlars');
  await field('Price').fill('19.995');
  await field('Currency').selectOption('USD');
  await field('Deadline').fill(new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 16));
  await sue.press('Add a step');
  await field('Step 1: people').fill('3');
  await field('Step 1: price').fill('25');
  await sue.press('Add a step');
  await sue.press('Remove step 2');
  await field('A place has to be paid for').check();
  await field('Let people wait when it is full').check();
  await field('Tell the chat how it goes').uncheck();
  await sue.press('Offer it');
  // Dollars have two decimals.
  await sue.reads('Price: an amount such as 23000');
  await field('Price').fill('19.99');
  await sue.press('Offer it');
  await sue.reads('prices fall and are below the price');
  await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('tierPeople');
  expect(await faults(sue)).toEqual([]);
  await field('Step 1: price').fill('14.5');
  await sue.press('Offer it');
  await sue.reads('3 more and everybody pays $14.50');
  await sue.reads('0 people wait');
  const id = page.url().split('/').at(-1)!;
  const { body } = await call('GET', `${shop.pair.tradeUrl}/api/products/${id}`, shop.pair.user('sue'));
  expect(body).toMatchObject({
    ...{ price: { amount: 1_999, currency: 'USD' }, payment: 'REQUIRED', waitingList: true, notices: false },
    priceTiers: [{ minParticipants: 3, amount: 1_450 }],
  });
  expect(await faults(sue)).toEqual([]);

  await page.goto(`${shop.url}/sell/${id}/edit`);
  expect(await field('Step 1: price').inputValue()).toBe('14.50');
  await field('Step 1: price').fill('12');
  await sue.press('Save');
  await sue.reads('3 more and everybody pays $12.00');
  await buy(id, 'ann');
  await page.goto(`${shop.url}/sell/${id}/edit`);
  await sue.reads('They stay: somebody takes part.');
});

test('tiers are steps that move as others buy, and at the end all pay the same', async () => {
  const tiers = [
    { minParticipants: 2, amount: 20_000 },
    { minParticipants: 3, amount: 15_000 },
  ];
  const id = await shop.product('sue', { title: 'Quinces', maxParticipants: 3, priceTiers: tiers });
  const ann = await shop.visitor({ ...PHONE, locale: 'ko-KR' });
  await ann.go(`/products/${id}`);
  await ann.reads('2명 더 모이면 모두 ₩20,000');
  await buy(id, 'ben');
  await ann.reads('1명 더 모이면 모두 ₩20,000');
  await buy(id, 'cat');
  await ann.reads('1명 더 모이면 모두 ₩15,000');
  expect(await ann.page.locator('.tiers li[data-reached=true]').count()).toBe(1);
  await ann.page.locator('.product .price', { hasText: '₩20,000' }).waitFor();
  expect(await faults(ann)).toEqual([]);
  await buy(id, 'dan');
  await ann.reads('모두 ₩15,000에 샀어요.');
});

test('what was chosen at one product is not carried to another that is shown in its place', async () => {
  const [id, other] = [await shop.product('sue', { title: 'Bullaces' }), await shop.product('sue', { title: 'Sorbs' })];
  const ann = await shop.visitor();
  const quantity = ann.page.locator('.quantity input');
  await ann.signIn('ann', { next: `/products/${id}` });
  await ann.reads('Bullaces');
  await ann.page.getByRole('link', { name: 'Products', exact: true }).click();
  await ann.page.getByRole('link', { name: /Sorbs/ }).first().click();
  await ann.page.locator(`[data-product="${other}"]`).waitFor();
  await ann.press('One more');
  await expect.poll(() => quantity.inputValue()).toBe('2');
  await ann.page.evaluate('history.go(-2)');
  await ann.page.locator(`article[data-product="${id}"]`).waitFor();
  await expect.poll(() => quantity.inputValue()).toBe('1');
});

test('a place is paid for on the page of the back end, in time; a payment that fails is tried again', async () => {
  const id = await shop.product('sue', { title: 'Damsons', maxParticipants: 3, payment: 'REQUIRED' });
  const ann = await shop.visitor(PHONE);
  await ann.signIn('ann', { next: `/products/${id}` });
  await ann.press('Take a place');
  await ann.reads('Your place is held.');
  await ann.page.locator('.to-pay .countdown', { hasText: /^(?:Time left )?00:0\d:\d\d$/ }).waitFor();
  expect(await faults(ann)).toEqual([]);
  // Back from there, a browser may show the page as it was left: here it stays as it is.
  let isLed = false;
  const stay = async (route: Route) => {
    await route.fulfill({ status: 204 });
    isLed = true;
  };
  await ann.page.route(/\/pay\//, stay, { times: 1 });
  await ann.press('Pay ₩23,000');
  await expect.poll(() => isLed).toBe(true);
  await ann.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
  await ann.press('Pay ₩23,000');
  await ann.press('Let it fail');
  await ann.page.getByRole('alert').getByText('The payment failed.').waitFor();
  expect(await faults(ann)).toEqual([]);
  await ann.press('Pay ₩23,000');
  await ann.reads('This page stands in for a provider.');
  expect(await faults(ann)).toEqual([]);
  await ann.page.getByRole('button', { name: 'Pay', exact: true }).click();
  await ann.reads('₩23,000 is reserved.');
  await ann.reads('You take part with 1.');
  // More than was authorised has to be paid for anew.
  await ann.press('One more');
  await ann.press('Change to 2');
  await ann.press('Pay ₩46,000');
  await ann.page.getByRole('button', { name: 'Pay', exact: true }).click();
  await ann.reads('₩46,000 is reserved.');

  const sue = await shop.visitor(PHONE);
  await sue.signIn('sue', { seller: true, next: `/sell/${id}` });
  await sue.page.locator('.buyers [data-payment=AUTHORIZED]').waitFor();
  await sue.press('Close now');
  await sue.page.locator('dialog[open] button[type=submit]').click();
  await ann.reads('You paid ₩46,000.');
});

test('who pays too late is told that the place was gone', async () => {
  const id = await shop.product('sue', { title: 'Sloes', maxParticipants: 3, payment: 'REQUIRED' });
  const ann = await shop.visitor();
  await ann.signIn('ann', { next: `/products/${id}` });
  await ann.press('Take a place');
  await ann.press('Pay ₩23,000');
  await ann.reads('This page stands in for a provider.');
  // Gone meanwhile, as after the time to pay.
  expect((await leave(id, 'ann')).status).toBe(204);
  await ann.page.getByRole('button', { name: 'Pay', exact: true }).click();
  await ann.page.getByRole('alert').getByText('The time to pay is over').waitFor();
  await ann.press('Take a place');
  await ann.reads('Your place is held.');
  expect(await ann.page.getByText('The time to pay is over').count()).toBe(0);
});

test('who waits sees his place move up, and hears when it is his turn', async () => {
  const id = await shop.product('sue', { title: 'Bullaces', maxParticipants: 1, waitingList: true });
  await buy(id, 'ben');
  const wait = (userId: string) =>
    call('POST', `${shop.pair.tradeUrl}/api/products/${id}/waiting`, shop.pair.user(userId), {});
  await wait('cat');
  const ann = await shop.visitor(PHONE);
  await ann.signIn('ann', { next: `/products/${id}` });
  await ann.reads('You can wait after one other.');
  await ann.press('One more');
  await ann.press('Wait for a place');
  await ann.reads('You are number 2 on the waiting list, for 2 units.');
  expect(await faults(ann)).toEqual([]);
  await call('DELETE', `${shop.pair.tradeUrl}/api/products/${id}/waiting/me`, shop.pair.user('cat'));
  await ann.reads('You are number 1 on the waiting list');
  await ann.press('Stop waiting');
  await ann.reads('You would be the first to wait.');
  await ann.press('Wait for a place');
  await ann.reads('You are number 1 on the waiting list');
  await leave(id, 'ben');
  await ann.reads('The place you waited for is there');
  await ann.reads('You take part with 2.');
});

test('what a buyer paid, and whether it was taken, is told by the product as trade says it', async () => {
  const id = await shop.product('sue', { title: 'Cornels', maxParticipants: 2, payment: 'REQUIRED' });
  await buy(id, 'ann');
  expect((await report(id, 'ann', 'AUTHORIZED', 23_000)).status).toBe(200);
  const ann = await shop.visitor({ locale: 'ko-KR' });
  await ann.page.addInitScript(`localStorage.setItem('gongu.session', ${JSON.stringify(sessionOf('ann'))})`);
  await ann.go(`/products/${id}`);
  await ann.reads('₩23,000 결제를 예약했어요.');
  await call('POST', `${shop.pair.tradeUrl}/api/products/${id}/cancel`, shop.pair.user('sue', ['seller']), {});
  await ann.reads('취소된 공구예요.');
});

function sessionOf(userId: string): string {
  const session = { kind: 'user', token: shop.pair.user(userId), userId, nickname: userId, tag: null, seller: false };
  return JSON.stringify(session);
}

test('a seller reads his product in numbers, by payment and by day, and takes all purchases along as a file', async () => {
  const id = await shop.product('sue', { title: 'Rowans', maxParticipants: 5, payment: 'REQUIRED' });
  const sue = await shop.visitor(PHONE);
  await sue.signIn('sue', { seller: true, next: `/sell/${id}` });
  await sue.reads('Nobody takes part yet.');
  for (const buyer of ['ann', 'ben', 'cat']) await buy(id, buyer);
  await report(id, 'ann', 'AUTHORIZED', 23_000);
  const rows = sue.page.locator('.desk table').first().locator('tbody tr');
  await rows.filter({ hasText: /^reserved11₩23,000₩23,000$/ }).waitFor();
  await rows.filter({ hasText: /^not paid22₩46,000₩0$/ }).waitFor();
  const plot = sue.page.getByRole('img', { name: 'Units by day' });
  expect(await plot.locator('rect').count()).toBe(1);
  expect(await sue.page.locator('.days tbody tr').count()).toBe(1);
  expect(await faults(sue)).toEqual([]);
  const [file] = await Promise.all([sue.page.waitForEvent('download'), sue.press('Purchases as CSV')]);
  const lines = readFileSync((await file.path())!, 'utf8')
    .trim()
    .split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines.find((line) => line.startsWith('ann,'))).toContain(',23000,KRW,AUTHORIZED,');
});
