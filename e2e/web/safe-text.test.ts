import { readdirSync, readFileSync } from 'node:fs';
import { inRepository } from '@gongu/testkit';
import { browserProgram } from '@gongu/testkit/browser';
import { contentPolicy } from '@gongu/web/site';
import { expect, test } from 'vitest';
import { openShop, type Visitor } from '../fixture/shop.ts';

const inBrowser = test.skipIf(!browserProgram());

const shop = openShop();

/** What people write who hope that a page runs it. */
const CORPUS = [
  '<script>pwned=1</script>',
  '<img src=x onerror="pwned=1">',
  '"><svg onload=pwned=1>',
  "'-pwned=1-'",
  'javascript:pwned=1',
  '{{pwned=1}}#{pwned=1}',
  '<a href="javascript:pwned=1">click</a>',
  '<iframe srcdoc="<script>parent.pwned=1</script>">',
  '</title><script>pwned=1</script>',
  '<style>*{display:none}</style>',
  '<!--<math><mi//xlink:href="data:x,<script>pwned=1</script>">',
  '&lt;script&gt;pwned=1&lt;/script&gt;',
  '\u202Egnp.exe<b onmouseover=pwned=1>',
];

const pwned = ({ page }: Visitor) => page.evaluate('typeof pwned');

inBrowser(
  'titles, descriptions, nicknames and messages are shown as they were written, and nothing of them runs',
  async () => {
    const title = CORPUS.join(' ').slice(0, 200);
    const id = await shop.product('sue', {
      title,
      description: CORPUS.join('\n'),
      imageUrl: 'https://127.0.0.1:1/"onerror="pwned=1',
    });
    const nickname = '<img src=x onerror=pwned=1>';
    const [ann, mallory, sue] = [await shop.visitor(), await shop.visitor(), await shop.visitor()];
    await ann.signIn('ann', { next: `/products/${id}` });
    await mallory.signIn(nickname, { next: `/products/${id}` });
    expect(await mallory.page.locator('.who-name bdi').textContent()).toBe(nickname);
    expect(await ann.page.locator('article h1').textContent()).toBe(title);
    await expect.poll(() => ann.page.title()).toContain(title.trim().slice(0, 100));
    expect(await ann.page.locator('.description').textContent()).toBe(CORPUS.join('\n'));
    for (const text of CORPUS) {
      await mallory.say(text);
      await ann.page.locator('.gongu-text').getByText(text, { exact: true }).last().waitFor();
    }
    await ann.page.locator('.gongu-name').getByText(nickname, { exact: true }).first().waitFor();
    await mallory.press('Take a place');
    await mallory.reads('You take part with 1.');

    await sue.signIn('sue', { seller: true, next: `/sell/${id}` });
    await sue.page.locator('.buyers .buyer').getByText(nickname, { exact: true }).waitFor();
    await sue.page.getByLabel('Notice to all').fill(CORPUS[0]!);
    await sue.press('Send notice');
    await ann.page.locator('.gongu-notice .gongu-text').getByText(CORPUS[0]!, { exact: true }).waitFor();
    // Who only looks on has no room of his own.
    await ann.say('안녕하세요');
    await ann.stored('안녕하세요');
    await ann.go('/rooms');
    await ann.page.locator(`[data-room="${id}"] h2`).getByText(title.trim()).waitFor();
    await ann.go('/');
    await ann.page.locator(`[data-product="${id}"] h2`).getByText(title.trim()).waitFor();
    for (const visitor of [ann, mallory, sue]) expect(await pwned(visitor)).toBe('undefined');
  },
);

inBrowser(
  'every page has the strict policy, the browser reports no breach of it, and it stops what is not ours',
  async () => {
    const id = await shop.product('sue', { imageUrl: 'http://127.0.0.1:1/insecure.png' });
    const port = (url: string) => new URL(url).port;
    const urls = {
      chatUrl: `http://127.0.0.1:${port(shop.pair.chat.url)}`,
      tradeUrl: `http://127.0.0.1:${port(shop.pair.tradeUrl)}`,
    };
    for (const path of [
      '/',
      `/products/${id}`,
      '/rooms',
      '/sign-in',
      '/no/such/page',
      '/config.json',
      '/favicon.svg',
    ]) {
      const { headers, status } = await fetch(shop.url + path);
      expect(status).toBe(200);
      expect(headers.get('content-security-policy')).toBe(contentPolicy(urls));
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    const policy = contentPolicy(urls);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    // Only what it could be is put into a header.
    const strange = await fetch(shop.url, { headers: { host: 'evil; script-src *' } }).catch(() => null);
    if (strange?.ok) expect(strange.headers.get('content-security-policy')).not.toContain('evil');

    const visitor = await shop.visitor();
    const breaches: string[] = [];
    await visitor.page.exposeFunction('breach', (what: string) => breaches.push(what));
    await visitor.page.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => breach(event.violatedDirective))`,
    );
    await visitor.signIn('ann', { next: `/products/${id}` });
    await visitor.say('hello');
    await visitor.press('Take a place');
    await visitor.reads('You take part with 1.');
    for (const path of ['/', '/rooms', '/sell', '/sell/new', '/sign-in', '/nowhere']) {
      await visitor.go(path);
      await visitor.page.locator('h1').waitFor();
    }
    // Neither by the seller's picture, which would come by plain HTTP: the shop's own stands in for it.
    expect(breaches).toEqual([]);
  },
);

test('the built page holds no zod, no eval and no inline code', () => {
  const folder = inRepository('apps/web/dist');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const html = readFileSync(`${folder}/index.html`, 'utf8');
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/);
  const scripts = files.filter((name) => name.endsWith('.js')).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) {
    expect(script).not.toMatch(/ZodError|\beval\(|new Function\(/);
    // React's build for development would be three times as large.
    expect(script).not.toContain('react-stack-bottom-frame');
  }
  expect(files.filter((name) => /\.map$/.test(name))).toEqual([]);
});

inBrowser('signing in leads back into this shop and nowhere else', async () => {
  for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:pwned=1']) {
    const visitor = await shop.visitor();
    await visitor.go(`/sign-in?next=${encodeURIComponent(next)}`);
    await visitor.page.getByLabel('Nickname').fill('ann');
    await visitor.page.locator('form').getByRole('button', { name: 'Sign in' }).click();
    await visitor.page.locator('.who-name').waitFor();
    await expect.poll(() => visitor.page.url()).toBe(`${shop.url}/`);
    expect(await pwned(visitor)).toBe('undefined');
  }
});
