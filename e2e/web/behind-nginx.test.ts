import { ensureNginx, inRepository, type NginxProcess, startNginx } from '@gongu/testkit';
import { browserProgram } from '@gongu/testkit/browser';
import { contentPolicy } from '@gongu/web/site';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openShop } from '../fixture/shop.ts';

describe.skipIf(!ensureNginx() || !browserProgram())('the page behind nginx, as docker-compose.yml runs it', () => {
  const shop = openShop();
  let nginx: NginxProcess;
  const filesOrigin = 'https://files.shop.example';
  const payUrl = 'https://pay.shop.example';
  const url = (path: string) => `http://127.0.0.1:${nginx.port}${path}`;
  beforeAll(async () => {
    const { chat, trade } = shop.pair;
    nginx = await startNginx('round-robin', [chat.port, chat.port], {
      web: { assets: inRepository('apps/web/dist'), tradePort: trade!.port, filesOrigin, payUrl },
    });
  });
  afterAll(() => nginx?.stop());

  test('one origin carries the page, buying, live seats and the conversation', async () => {
    const id = await shop.product('sue', { title: 'Behind nginx' });
    const [ann, bob] = [await shop.visitor({ baseURL: url('/') }), await shop.visitor({ baseURL: url('/') })];
    await ann.signIn('ann', { next: `/products/${id}` });
    await bob.signIn('bob', { next: `/products/${id}` });
    await ann.say('One origin');
    await bob.sees('One origin');
    await bob.press('Take a place');
    await ann.reads('29 places left');
    const asked = await ann.page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => name.replace(/^(?:http|ws)/, '')),
    );
    const origin = url('').replace(/^http/, '');
    expect(asked.filter((name) => !name.startsWith(origin))).toEqual([]);
    expect(await nginx.errorLog()).not.toMatch(/upstream|\[(?:emerg|crit|error)\]/);
  });

  test('a product has its card in its page, and a page without one is a page all the same', async () => {
    const id = await shop.offer('sue', { title: '감귤 "10kg"' });
    // A machine that is busy may take longer than the page waits.
    let product = '';
    await expect.poll(async () => (product = await (await fetch(url(`/products/${id}`))).text())).toContain('og:title');
    expect(product).toContain('<meta property="og:title" content="감귤 &quot;10kg&quot;">');
    expect(product).toContain(`<meta property="og:url" content="${url(`/products/${id}`)}">`);
    for (const path of ['/products/01a1fb92-5af1-71ab-9ecc-00c8b1bbf307', '/products/no-such-product']) {
      const answer = await fetch(url(path));
      const text = await answer.text();
      expect([answer.status, text.includes('og:'), text.includes('<div id="root">')]).toEqual([200, false, true]);
    }
    // For the page alone.
    expect(await (await fetch(url(`/card/${id}`))).text()).not.toContain('og:');
  });

  test('trade has a listener of its own, without what is for operators', async () => {
    const trade = (path: string) => fetch(`http://127.0.0.1:${nginx.tradePort}${path}`);
    expect((await trade('/api/products')).status).toBe(200);
    expect((await trade('/healthz')).status).toBe(200);
    for (const path of ['/metrics', '/docs']) {
      const answer = await trade(path);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'NOT_FOUND']);
      expect(await (await fetch(url(path))).text()).not.toMatch(/gongu_trade|swagger|scalar/i);
    }
  });

  test('the page has the policy that its own server gives it, and files are kept for ever', async () => {
    const page = await fetch(url('/products/anything?next=1'));
    expect(page.headers.get('content-security-policy')).toBe(
      contentPolicy({ chatUrl: '', tradeUrl: '', payUrl }, filesOrigin),
    );
    expect(await (await fetch(url('/config.json'))).json()).toEqual({ chatUrl: '', tradeUrl: '', payUrl });
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())![1]!;
    const asset = await fetch(url(script));
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).toMatch(/^(?:application|text)\/javascript/);
    const missing = await fetch(url('/assets/index-gone.js'));
    expect(missing.status).toBe(404);
    const api = await fetch(url('/api/products'));
    expect(api.status).toBe(200);
    expect(api.headers.get('content-security-policy')).toBeNull();
  });

  test('pictures of products are trade’s, whatever their names end with, and larger than other requests', async () => {
    const picture = '/api/pictures/01a1fb92-5af1-41ab-9ecc-00c8b1bbf307';
    const shown = await fetch(url('/api/pictures/files/01a1fb92-5af1-41ab-9ecc-00c8b1bbf307.jpg'));
    expect([shown.status, ((await shown.json()) as { code: string }).code]).toEqual([404, 'NOT_FOUND']);
    const put = { method: 'PUT', headers: { 'content-type': 'image/png' }, body: new Uint8Array(2_000_000) };
    expect((await fetch(url(picture), put)).status).toBe(401);
    expect((await fetch(`http://127.0.0.1:${nginx.tradePort}${picture}`, put)).status).toBe(401);
  });
});
