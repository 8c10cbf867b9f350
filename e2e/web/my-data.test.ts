import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freePort } from '@gongu/testkit';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { type Payments, SHOP_JWT_SECRET, startPayments, TRADE_FOR_PAYMENTS } from '../fixture/payments-program.ts';
import { openShop } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const payPort = await freePort();
const shop = openShop(
  async () => ({ SHOP_JWT_SECRET }),
  TRADE_FOR_PAYMENTS,
  () => payPort,
);
let backEnd: Payments | undefined;
beforeAll(async () => {
  if (!browserProgram()) return;
  const { pair, url } = shop;
  const more = { CHAT_URL: pair.chat.url };
  backEnd = startPayments({ port: payPort, tradeUrl: pair.tradeUrl, origins: new URL(url).origin, more });
  await backEnd.isReady();
});
afterAll(() => backEnd?.stop());

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test('who is signed in takes along what each service has of one, and reads what a deletion does', async () => {
  const id = await shop.product('sue', { title: 'Quinces', maxParticipants: 3 });
  const ann = await shop.visitor({ viewport: { width: 360, height: 740 } });
  const { page } = ann;
  await ann.signIn('ann', { next: `/products/${id}` });
  await ann.press('Take a place');
  await ann.reads('You take part with 1.');
  await page.goto(new URL('/purchases', page.url()).href);
  await page.getByRole('link', { name: 'My data' }).click();
  await ann.reads('Records of purchases that ended stay without your name');
  for (const [label, kind] of [
    ['Download purchases and addresses', 'purchase'],
    ['Download conversations and files', 'room'],
  ] as const) {
    await expect
      .poll(
        async () => {
          const [download] = await Promise.all([page.waitForEvent('download'), ann.press(label)]);
          const lines = readFileSync((await download.path())!, 'utf8')
            .trimEnd()
            .split('\n');
          return lines.map((line) => JSON.parse(line).record);
        },
        { interval: 500 },
      )
      .toContain(kind);
  }
  const violations = await axeViolations(page, axe);
  expect(violations.map(({ id }) => id)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
});

test('who deletes the own data is asked first, signed out, and told until both services are done', async () => {
  const { pair } = shop;
  const id = await shop.product('sue', { title: 'Medlars', maxParticipants: 3 });
  const bea = await shop.visitor({ viewport: { width: 360, height: 740 } });
  const { page } = bea;
  await bea.signIn('bea', { next: `/products/${id}` });
  await bea.press('Take a place');
  const taken = async () =>
    (await call('GET', `${pair.tradeUrl}/api/products/${id}`, pair.user('ann'))).body.participantCount as number;
  await expect.poll(taken).toBe(1);
  // Issued before: one of later would be let in, as anybody's of that id.
  const before = pair.user('bea');
  await page.goto(new URL('/my-data', page.url()).href);
  await bea.press('Delete my data');
  await bea.reads('Records of purchases that ended stay without your name');
  await bea.press('Keep it');
  await bea.press('Delete my data');
  await bea.press('Delete it');
  await bea.reads('Your data is being deleted');
  await bea.reads('Your data is deleted.');
  // Also after the page was loaded anew, by somebody who is nobody here any more.
  await page.reload();
  await bea.reads('Your data is deleted.');
  expect((await call('GET', `${pair.tradeUrl}/api/participations/me`, before)).status).toBe(401);
  expect((await call('GET', `${pair.chat.url}/api/chat/rooms`, before)).status).toBe(401);
  expect(await taken()).toBe(0);

  // A seller of what is open is not deleted.
  const sue = await shop.visitor();
  await sue.signIn('sue', { seller: true, next: '/my-data' });
  await sue.press('Delete my data');
  await sue.press('Delete it');
  await sue.reads('Close or cancel what you still sell');

  // Without the back end nothing is deleted, and both are told so.
  backEnd?.stop();
  await sue.press('Delete it');
  await sue.reads('NETWORK');
  await page.reload();
  await bea.reads('NETWORK');
});
