import { get } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { browserProgram } from '@gongu/testkit/browser';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { openShop } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

/** Most bytes of script after gzip that the list of products takes, for whoever only looks; and a product's page. */
const BUDGET_LIST = 90_000;
const BUDGET_PRODUCT = 93_000;

/** Bytes after gzip of the scripts that a page loads from now on, by the name of their files. */
function scriptsOf(page: Page): Map<string, number> {
  const sizes = new Map<string, number>();
  page.on('response', async (answer) => {
    const name = /\/assets\/(.+)-.{8}\.js$/.exec(answer.url())?.[1];
    if (name === undefined) return;
    // What is still on its way when the page is closed is nobody's.
    const body = await answer.body().catch(() => null);
    if (body) sizes.set(name, gzipSync(body, { level: 9 }).length);
  });
  return sizes;
}

const sum = (sizes: Map<string, number>) => [...sizes.values()].reduce((total, size) => total + size, 0);

test('the list takes at most 90 kB of script, and nothing of conversations before somebody enters one', async () => {
  const id = await shop.product('sue', { title: 'Quinces' });
  const ann = await shop.visitor();
  const list = scriptsOf(ann.page);
  await ann.go('/');
  await ann.reads('Quinces');
  await ann.page.waitForLoadState('networkidle');
  const ofList = new Map(list);
  console.log(`script after gzip: ${sum(ofList)} bytes for the list (${[...ofList.keys()].join(', ')})`);
  expect(sum(ofList)).toBeLessThanOrEqual(BUDGET_LIST);
  expect([...ofList.keys()].filter((name) => /Chat|Room|client|Unread/.test(name))).toEqual([]);
  // A link that one is about to follow.
  await ann.page.locator(`[data-product="${id}"] h2 a`).hover();
  await expect.poll(() => [...list.keys()]).toContain('ProductPage');

  const bob = await shop.visitor({ viewport: { width: 390, height: 800 } });
  const product = scriptsOf(bob.page);
  await bob.go(`/products/${id}`);
  await bob.reads('30 places left');
  await bob.page.waitForLoadState('networkidle');
  console.log(`${sum(product)} bytes for a product`);
  expect(sum(product)).toBeLessThanOrEqual(BUDGET_PRODUCT);
});

test('pictures in sight are loaded at once, and those below wait until one scrolls to them', async () => {
  for (const n of [1, 2, 3, 4]) await shop.offer('sue', { title: `Medlars ${n}` });
  const ann = await shop.visitor({ viewport: { width: 390, height: 800 } });
  await ann.go('/');
  await ann.reads('Medlars 4');
  const loading = await ann.page
    .locator('.picture')
    .evaluateAll((pictures) =>
      pictures.map((picture) => [picture.getAttribute('loading'), picture.getAttribute('fetchpriority')]),
    );
  expect(loading.slice(0, 3)).toEqual([
    ['eager', 'high'],
    ['eager', 'high'],
    ['lazy', 'auto'],
  ]);
});

test('a part of the page that does not come says so, and comes when it is asked for again', async () => {
  const id = await shop.product('sue', { title: 'Damsons' });
  const ann = await shop.visitor();
  await ann.go('/');
  await ann.page.route(/\/assets\/ProductPage-/, (route) => route.abort());
  await ann.page.getByRole('link', { name: 'Damsons' }).click();
  await ann.page.getByRole('alert').getByText('NETWORK').waitFor();
  await ann.page.unroute(/\/assets\/ProductPage-/);
  await ann.press('Try again');
  await ann.page.locator(`article[data-product="${id}"]`).waitFor();
});

test('a page names trade, with which the browser connects while the script is on its way; a file names nobody', async () => {
  const linkOf = async (path: string) => (await fetch(shop.url + path)).headers.get('link');
  for (const path of ['/', '/products/some-id']) {
    expect(await linkOf(path)).toBe(`<${shop.pair.tradeUrl}>; rel=preconnect; crossorigin`);
  }
  expect(await linkOf('/favicon.svg')).toBeNull();
});

test('files of the page, and lists of both services, are sent compressed to whoever takes that', async () => {
  await shop.offer('sue', { title: 'Sorbs', description: 'small and brown, '.repeat(100) });
  // Node's fetch would decode it.
  const sent = (url: string, coding: string) =>
    new Promise<{ coding: string; vary: string; type: string; body: Buffer }>((resolve, reject) => {
      get(url, { headers: { 'accept-encoding': coding } }, (answer) => {
        const chunks: Buffer[] = [];
        const { 'content-encoding': coding = '', vary = '', 'content-type': type = '' } = answer.headers;
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ coding, vary, type, body: Buffer.concat(chunks) }));
      }).on('error', reject);
    });
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(await (await fetch(shop.url)).text())![1]!;
  for (const [coding, wanted] of [
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['identity', ''],
  ] as const) {
    const file = await sent(shop.url + script, coding);
    expect([file.coding, file.type]).toEqual([wanted, expect.stringMatching(/javascript/)]);
    expect(file.vary.toLowerCase()).toContain('accept-encoding');
  }
  const list = `${shop.pair.tradeUrl}/api/products?limit=24`;
  const [plain, compressed] = [await sent(list, 'identity'), await sent(list, 'br, gzip')];
  expect([plain.coding, compressed.coding]).toEqual(['', 'gzip']);
  expect(JSON.parse(gunzipSync(compressed.body).toString())).toEqual(JSON.parse(plain.body.toString()));
  expect(compressed.body.length).toBeLessThan(plain.body.length / 2);
  expect((await sent(`${shop.pair.chat.url}/openapi.json`, 'gzip')).coding).toBe('gzip');
});
