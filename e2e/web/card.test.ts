import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { openShop } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

/** KakaoTalk's. */
const SCRAPER = 'facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984';
const pageOf = async (id: string) => {
  const answer = await fetch(`${shop.url}/products/${id}`, { headers: { 'user-agent': SCRAPER } });
  return { status: answer.status, text: await answer.text() };
};

test('who runs no script finds the card of a product in the head of its page, and the page is the shop all the same', async () => {
  const id = await shop.offer('sue', { title: '감귤 $& "<10kg>"', imageUrl: 'https://shop.example/a.jpg' });
  // A machine that is busy may take longer than the page waits.
  let page = await pageOf(id);
  const read = async () => {
    page = await pageOf(id);
    return page.text;
  };
  await expect.poll(read).toContain('og:title');
  const { status, text } = page;
  expect(status).toBe(200);
  const head = text.slice(0, text.indexOf('</head>'));
  expect(head).toContain('<meta property="og:title" content="감귤 $&amp; &quot;&lt;10kg&gt;&quot;">');
  expect(head).toContain(`<meta property="og:url" content="${shop.url}/products/${id}">`);
  expect(head).toContain('<meta property="og:image" content="https://shop.example/a.jpg">');
  expect(head).toMatch(/<meta property="og:description" content="₩23,000 · 30자리 중 0자리 참여/);
  expect(text).toContain('<div id="root">');
  expect((await fetch(`${shop.url}//`)).status).toBe(200);
  for (const other of ['no-such-product', '01a1fb92-5af1-71ab-9ecc-00c8b1bbf307']) {
    const page = await pageOf(other);
    expect([page.status, page.text.includes('og:'), page.text.includes('<div id="root">')]).toEqual([200, false, true]);
  }
});

test('a product is shared by the browser, or its link is copied where it can not', async () => {
  const id = await shop.offer('sue', { title: 'Quinces' });
  const ann = await shop.visitor({ permissions: ['clipboard-read', 'clipboard-write'] });
  await ann.go(`/products/${id}?tab=details`);
  await ann.press('Share');
  await ann.reads('Link copied');
  expect(await ann.page.evaluate('navigator.clipboard.readText()')).toBe(`${shop.url}/products/${id}`);

  const bob = await shop.visitor();
  await bob.page.addInitScript(`
    Object.defineProperty(navigator, 'share', { value: async (data) => void (globalThis.shared = data) });
  `);
  await bob.go(`/products/${id}`);
  await bob.press('Share');
  expect(await bob.page.evaluate('globalThis.shared')).toEqual({ title: 'Quinces', url: `${shop.url}/products/${id}` });
});
