import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop(undefined, { ADDRESS_KEYS: `k1:${'A'.repeat(43)}=` });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, and whether one has to scroll sideways. */
async function faults({ page }: Visitor): Promise<unknown[]> {
  const violations = await axeViolations(page, axe);
  const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  return [...violations.map(({ id }) => id), ...(isWide ? ['too wide'] : [])];
}

test('who buys gives an address, field by field, and changes it; the seller reads it at the end, and the buyer sees that', async () => {
  const id = await shop.product('sue', { title: 'Quinces', maxParticipants: 3 });
  const ann = await shop.visitor({ viewport: { width: 360, height: 740 } });
  const { page } = ann;
  await ann.signIn('ann', { next: `/products/${id}` });
  await ann.press('Take a place');
  await ann.reads('Delivery address');
  const inputs = page.locator('.address-form input');
  await inputs.first().waitFor();
  expect(
    await inputs.evaluateAll((all) => all.map((one) => [one.getAttribute('name'), one.getAttribute('autocomplete')])),
  ).toEqual([
    ['postalCode', 'shipping postal-code'],
    ['line1', 'shipping address-line1'],
    ['line2', 'shipping address-line2'],
    ['recipient', 'shipping name'],
    ['phone', 'shipping tel'],
    ['memo', 'off'],
  ]);
  await page.getByLabel('Postal code').fill('123');
  await page.getByLabel('Address', { exact: true }).fill('서울특별시 강남구 테헤란로 1');
  await ann.press('Save the address');
  await ann.reads('Postal code: five digits, such as 06236');
  await ann.reads('Recipient: 1 to 50 characters');
  await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('postalCode');
  expect(await faults(ann)).toEqual([]);
  // As some keyboards write digits, and with what was pasted along.
  await page.getByLabel('Postal code').fill(' ０６２３６ ');
  await page.getByLabel('Recipient').fill('김하나');
  // Only the service knows that it is none.
  await page.getByLabel('Telephone').fill('0000000000');
  await ann.press('Save the address');
  await ann.reads('Telephone: a number of Korea, such as 010-1234-5678');
  // As copied from a list of contacts, with dashes that a keyboard made.
  await page.getByLabel('Telephone').fill('\u202a０10\u20131234\u20135678\u202c');
  await ann.press('Save the address');
  await ann.reads('Nobody has read it yet.');
  // What had the focus goes with the form, and with the button.
  const focused = (what: string) => page.waitForFunction(`(${what}) === true`);
  await focused(`document.activeElement.textContent === 'Change the address'`);
  await page.keyboard.press('Enter');
  await focused(`document.activeElement.name === 'postalCode'`);
  await page.getByLabel('Note for the courier (optional)').fill('문 앞에');
  await ann.press('Save the address');
  await ann.reads('문 앞에');
  expect(await faults(ann)).toEqual([]);

  const sue = await shop.visitor({ viewport: { width: 360, height: 740 } });
  await sue.signIn('sue', { seller: true, next: `/sell/${id}` });
  await sue.press('Close now');
  await sue.page.locator('dialog[open] button[type=submit]').click();
  await sue.press('Show the addresses');
  await sue.reads('서울특별시 강남구 테헤란로 1');
  expect(await faults(sue)).toEqual([]);
  const [download] = await Promise.all([sue.page.waitForEvent('download'), sue.press('Download as CSV')]);
  expect(readFileSync((await download.path())!, 'utf8')).toContain('김하나,010-1234-5678,06236');
  await page.reload();
  await ann.reads('Read by');
  await ann.reads('it can no longer be changed');
});
