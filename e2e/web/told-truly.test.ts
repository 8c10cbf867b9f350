import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { openShop } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

test('a quantity that is written anew is the one that is bought, and an empty field buys what is shown beside it', async () => {
  const id = await shop.product('sue', { title: 'Figs' });
  const ann = await shop.visitor();
  await ann.signIn('quantity-ann', { next: `/products/${id}` });
  const quantity = ann.page.getByLabel('Quantity');
  await quantity.press('End');
  await quantity.press('Backspace');
  expect(await quantity.inputValue()).toBe('');
  await ann.reads('₩23,000');
  await quantity.blur();
  expect(await quantity.inputValue()).toBe('1');

  for (const [written, shown, total] of [
    ['0', '1', '₩23,000'],
    ['-3', '1', '₩23,000'],
    ['1.5', '1', '₩23,000'],
    ['150', '99', '₩2,277,000'],
    ['12', '12', '₩276,000'],
  ] as const) {
    await quantity.fill('');
    await quantity.pressSequentially(written);
    await quantity.blur();
    expect([written, await quantity.inputValue()]).toEqual([written, shown]);
    await ann.page.locator('.total', { hasText: total }).waitFor();
  }
  await quantity.press('End');
  await quantity.press('Backspace');
  await quantity.press('Backspace');
  await quantity.press('5');
  await ann.page.locator('.total', { hasText: '₩115,000' }).waitFor();
  await ann.press('Take a place');
  await ann.reads('You take part with 5.');
});
