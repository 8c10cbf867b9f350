import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { beforeAll, expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { viewport: { width: 360, height: 740 } };
const KOREAN = { ...PHONE, locale: 'ko-KR' };

beforeAll(async () => {
  if (!browserProgram()) return;
  await shop.offer('sue', { title: '제주 감귤 10kg', category: '과일', tags: ['제주', '귤'] });
  await shop.offer('sue', { title: '강원 감자 5kg', category: '채소', tags: ['강원'] });
  await shop.offer('sue', { title: '원두 1kg', category: '커피', tags: ['제주'], description: '감귤 향이 나요' });
});

/** What axe finds, and whether one has to scroll sideways. */
async function faults({ page }: Visitor): Promise<unknown[]> {
  const violations = await axeViolations(page, axe);
  const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  return [...violations.map(({ id }) => id), ...(isWide ? ['too wide'] : [])];
}

const titles = ({ page }: Visitor) => page.locator('.cards h2').allTextContents();
const showsOnly = (visitor: Visitor, ...wanted: string[]) => expect.poll(() => titles(visitor)).toEqual(wanted);
const queryOf = ({ page }: Visitor) => Object.fromEntries(new URL(page.url()).searchParams);

test('products are found while a syllable is being made, hits are marked, and the address holds what is looked for', async () => {
  const ann = await shop.visitor(KOREAN);
  const { page } = ann;
  const asked: (string | null)[] = [];
  page.on('request', (request) => {
    if (/\/api\/products\?/.test(request.url())) asked.push(new URL(request.url()).searchParams.get('q'));
  });
  await ann.go('/');
  await showsOnly(ann, '원두 1kg', '강원 감자 5kg', '제주 감귤 10kg');
  const field = page.getByLabel('상품 찾기');
  await field.focus();
  const keys = await page.context().newCDPSession(page);
  const compose = (text: string) =>
    keys.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  await keys.send('Input.insertText', { text: '감' });
  await compose('ㄱ');
  await ann.reads('두 글자부터 찾아요.');
  expect(queryOf(ann)).toEqual({ q: '감' });
  for (const syllable of ['구', '규', '귤']) await compose(syllable);
  await showsOnly(ann, '원두 1kg', '제주 감귤 10kg');
  expect(await field.inputValue()).toBe('감귤');
  expect(queryOf(ann)).toEqual({ q: '감귤' });
  await keys.send('Input.insertText', { text: '귤' });
  expect(await field.inputValue()).toBe('감귤');
  expect(asked.filter((q) => q !== null && /[ㄱ-ㅎ]/.test(q))).toEqual([]);
  await ann.reads('상품 2개');
  // What marks them is loaded once something is looked for.
  await expect.poll(() => page.locator('.card mark').allTextContents()).toEqual(['감귤', '감귤']);
  await page.locator('.elsewhere', { hasText: '감귤 향이 나요' }).waitFor();
  expect(await faults(ann)).toEqual([]);

  // Back from a product, after a reload, and before one began to search.
  await page.getByRole('link', { name: '제주 감귤 10kg' }).click();
  await page.locator('article.product').waitFor();
  await page.goBack();
  await showsOnly(ann, '원두 1kg', '제주 감귤 10kg');
  expect(await field.inputValue()).toBe('감귤');
  await page.reload();
  await showsOnly(ann, '원두 1kg', '제주 감귤 10kg');
  expect(await field.inputValue()).toBe('감귤');
  await page.goBack();
  await showsOnly(ann, '원두 1kg', '강원 감자 5kg', '제주 감귤 10kg');
  expect(await field.inputValue()).toBe('');

  await field.fill('망고');
  await field.press('Enter');
  await ann.reads('‘망고’');
  expect(await faults(ann)).toEqual([]);
  await ann.press('끝난 상품에서도 찾기');
  await expect.poll(() => queryOf(ann)).toEqual({ q: '망고', status: 'all' });
  await ann.press('조건 지우기');
  await showsOnly(ann, '원두 1kg', '강원 감자 5kg', '제주 감귤 10kg');
  expect(await field.inputValue()).toBe('');
});

test('an answer that comes after that to a later question is not shown', async () => {
  const ann = await shop.visitor();
  await ann.go('/');
  await showsOnly(ann, '원두 1kg', '강원 감자 5kg', '제주 감귤 10kg');
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const isOf = (q: string) => (url: URL) => url.pathname === '/api/products' && url.searchParams.get('q') === q;
  const isHeld = new Promise<void>((resolve) => {
    void ann.page.route(isOf('감자'), async (route) => {
      resolve();
      await released;
      await route.continue().catch(() => {});
    });
  });
  const field = ann.page.getByLabel('Search products');
  await field.fill('감자');
  await isHeld;
  const given = ann.page.waitForEvent('requestfailed', (request) => isOf('감자')(new URL(request.url())));
  await field.fill('향이');
  await showsOnly(ann, '원두 1kg');
  // It is not waited for any more.
  await given;
  release();
  expect(await titles(ann)).toEqual(['원두 1kg']);
});

test('a category and tags narrow the list, with counts that follow what is offered, by keyboard too', async () => {
  const ann = await shop.visitor(PHONE);
  const { page } = ann;
  await ann.go('/?tag=제주');
  await showsOnly(ann, '원두 1kg', '제주 감귤 10kg');
  const tag = (name: string) => page.getByRole('button', { name });
  expect(await tag('#제주 (2)').getAttribute('aria-pressed')).toBe('true');
  await page.getByLabel('Category').selectOption('과일');
  await showsOnly(ann, '제주 감귤 10kg');
  await ann.reads('1 product');
  expect(queryOf(ann)).toEqual({ tag: '제주', category: '과일' });
  expect(await faults(ann)).toEqual([]);
  await tag('#제주 (2)').focus();
  await page.keyboard.press('Space');
  await expect.poll(() => queryOf(ann)).toEqual({ category: '과일' });

  const id = await shop.offer('sue', { title: '나주 배 5kg', category: '과일', tags: ['나주'] });
  await showsOnly(ann, '나주 배 5kg', '제주 감귤 10kg');
  await tag('#나주 (1)').waitFor();
  await call('POST', `${shop.pair.tradeUrl}/api/products/${id}/cancel`, shop.pair.user('sue', ['seller']), {});
  await tag('#나주 (1)').waitFor({ state: 'detached' });
});

test('a seller gives a product a category and tags, which lead from its page to the others that have them', async () => {
  const sue = await shop.visitor(PHONE);
  const { page } = sue;
  await sue.signIn('sue', { seller: true, next: '/sell/new' });
  const field = (label: string) => page.getByLabel(label, { exact: true });
  await field('Title').fill('Medlars');
  await field('Price').fill('9000');
  await field('Category').fill('과일');
  await field('Tags').fill(Array.from({ length: 11 }, (_, n) => `t${n}`).join(','));
  await sue.press('Offer it');
  await sue.reads('Tags: at most 10, each of at most 40 characters.');
  await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('tags');
  await field('Tags').fill('#autumn, soft , autumn');
  await sue.press('Offer it');
  await sue.reads('Nobody has taken a place yet.');
  const id = page.url().split('/').at(-1)!;
  await sue.go(`/sell/${id}/edit`);
  expect(await field('Tags').inputValue()).toBe('autumn, soft');
  await field('Tags').fill('autumn');
  await sue.press('Save');
  await page.waitForURL(`${shop.url}/sell/${id}`);
  await sue.go(`/products/${id}`);
  await page.getByRole('link', { name: '#autumn' }).click();
  await showsOnly(sue, 'Medlars');
  expect(queryOf(sue)).toEqual({ tag: 'autumn' });
  expect(await faults(sue)).toEqual([]);
});
