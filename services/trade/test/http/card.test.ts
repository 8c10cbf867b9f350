import { describe, expect, it } from 'vitest';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start } = await testTrade();
const server = await start();

/** The tags of a product's card, by their names; and the text that was answered. */
async function cardOf(id: string, query = '', language = '') {
  const answer = await fetch(`${server.url}/api/products/${id}/card${query}`, {
    headers: { 'accept-language': language },
  });
  const text = await answer.text();
  const tags = [...text.matchAll(/<meta property="([^"]+)" content="([^"]*)">\n/g)];
  // Nothing but these elements.
  expect(tags.map(([all]) => all).join('')).toBe(text);
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    tags: new Map(tags.map((one) => [one[1], one[2]])),
  };
}
const inShop = (id: string) => `?url=${encodeURIComponent(`https://shop.example/products/${id}`)}`;

describe('the card of a product', () => {
  it('names it, its price, places and deadline, in Korean or in English', async () => {
    // Six in the evening of the same day in Seoul.
    const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    const [, month, date] = day.split('-').map(Number);
    const { id } = await create(server, {
      ...{ title: '제주 감귤', description: '당도 12\n\n노지', deadline: `${day}T09:00:00.000Z` },
    });
    const korean = await cardOf(id, inShop(id));
    expect([korean.status, korean.type]).toEqual([200, 'text/html; charset=utf-8']);
    expect(Object.fromEntries(korean.tags)).toEqual({
      'og:type': 'product',
      'og:site_name': '공구',
      'og:locale': 'ko_KR',
      'og:title': '제주 감귤',
      'og:description': `₩23,000 · 5자리 중 0자리 참여 · ${month}월 ${date}일 18:00 마감 — 당도 12 노지`,
      'og:url': `https://shop.example/products/${id}`,
      'og:image': 'https://shop.example/icons/512.png',
      'product:price:amount': '23000',
      'product:price:currency': 'KRW',
    });
    const { tags } = await cardOf(id, '', 'en-US,en;q=0.9,ko;q=0.5');
    expect(tags.get('og:description')).toMatch(
      new RegExp(`^₩23,000 · 0 of 5 places taken · until \\w+ ${date}, 09:00 UTC`),
    );
    expect([tags.has('og:url'), tags.has('og:image')]).toEqual([false, false]);
  });

  it.each([
    ['HUF', 150_000, '1500.00'],
    ['JOD', 1_250, '1.250'],
    ['USD', 1_999, '19.99'],
  ])('writes an amount of %s in its minor units', async (currency, amount, written) => {
    const { id } = await create(server, { price: { amount, currency } });
    expect((await cardOf(id)).tags.get('product:price:amount')).toBe(written);
  });

  it('escapes what a seller wrote, and cuts what is too long', async () => {
    const { id } = await create(server, {
      title: '"><script>alert(1)</script>&amp;',
      description: `한글🍊'"<b>${'가'.repeat(400)}`,
      imageUrl: 'https://shop.example/a.jpg?x=1&y="2',
    });
    const { tags } = await cardOf(id);
    expect(tags.get('og:title')).toBe('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;');
    expect(tags.get('og:image')).toBe('https://shop.example/a.jpg?x=1&amp;y=&quot;2');
    expect(tags.get('og:description')).toMatch(/한글🍊'&quot;&lt;b&gt;가+…$/);
  });

  it('is refused where there is no product, and for a page that is none', async () => {
    const gone = await server.call('GET', '/api/products/01a1fb92-5af1-71ab-9ecc-00c8b1bbf307/card');
    expect([gone.status, gone.body.code]).toEqual([404, 'NOT_FOUND']);
    const { id } = await create(server);
    const bad = await server.call('GET', `/api/products/${id}/card?url=javascript:alert(1)`);
    expect([bad.status, bad.body.errors?.[0]?.path]).toEqual([400, 'url']);
  });
});
