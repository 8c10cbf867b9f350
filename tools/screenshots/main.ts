import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain } from '@gongu/host';
import { startSystem } from '@gongu/sim';
import { runUntilSignal } from '@gongu/sim/supervise';
import { inRepository } from '@gongu/testkit';
import { startBrowser } from '@gongu/testkit/browser';
import { startSite } from '@gongu/web/site';
import { setScene } from './scene.ts';

const DESK = { viewport: { width: 1_200, height: 800 } };
const PHONE = { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true };
const LOOKS = [
  { name: 'desktop-light', ...DESK, colorScheme: 'light' },
  { name: 'desktop-dark', ...DESK, colorScheme: 'dark' },
  { name: 'phone-light', ...PHONE, colorScheme: 'light' },
  { name: 'phone-dark', ...PHONE, colorScheme: 'dark' },
] as const;

// Pictures of the shop for the documentation, from a system of its own: docs/images.
await runMain('screenshots', () =>
  runUntilSignal(async ({ lifecycle, terminal, env }) => {
    const files = mkdtempSync(join(tmpdir(), 'gongu-screenshots-'));
    lifecycle.add({ name: 'the files', stop: async () => rmSync(files, { recursive: true, force: true }) });
    const chatEnv = { CHANGES: 'on', DATA_DIR: files };
    const system = await startSystem({ env, name: 'screenshots', lifecycle, terminal, chatEnv });
    const browser = await startBrowser();
    lifecycle.add({ name: 'the browser', stop: () => browser.close() });
    const products = await setScene(system, await pictureBy(browser), lifecycle.stopping);
    const site = await startSite({
      ...{ assets: inRepository('apps/web/dist'), host: '127.0.0.1', port: 0 },
      ...{ chatPort: Number(new URL(system.chatUrl).port), tradePort: system.trade.port },
    });
    lifecycle.add({ name: 'web', stop: site.stop });
    const folder = inRepository('docs/images');
    mkdirSync(folder, { recursive: true });

    for (const { name, ...look } of LOOKS) {
      const context = await browser.newContext({ ...look, locale: 'ko-KR', timezoneId: 'Asia/Seoul' });
      const page = await context.newPage();
      const url = `http://127.0.0.1:${site.port}`;
      const shoot = async (what: string) => {
        await page.evaluate('document.activeElement?.blur()');
        const path = `${folder}/${what}-${name}.png`;
        await page.screenshot({ path, animations: 'disabled' });
        terminal.say(`docs/images/${what}-${name}.png  ${(statSync(path).size / 1_000).toFixed(0)} kB`);
      };
      // A buyer who is in already, so that the picture shows what a buyer sees.
      const token = system.auth.signUser({ userId: '하늘', nickname: '하늘', roles: [] }, 3_600);
      const session = { kind: 'user', token, userId: '하늘', nickname: '하늘', tag: null, seller: false };
      await page.addInitScript(`localStorage.setItem('gongu.session', ${JSON.stringify(JSON.stringify(session))})`);
      await page.goto(url);
      await page.locator('.product-card').nth(2).waitFor();
      await page.waitForLoadState('networkidle').catch(() => {});
      await shoot('products');
      await page.goto(`${url}/products/${products[0]!.id}`);
      await page.locator('.joined').waitFor();
      if ('isMobile' in look) await page.getByRole('tab').nth(1).click();
      await page.locator('.gongu-text').last().waitFor();
      await page.locator('.gongu-notice').last().waitFor();
      await page.locator('.gongu-picture img').waitFor();
      await page.locator('.gongu-pin').waitFor();
      await page.locator('.gongu-scroller').press('End');
      await page.locator('.gongu-pill').waitFor({ state: 'hidden' });
      await shoot('product');
      if ('isMobile' in look) {
        await page.locator('.gongu-find').click();
        await page.locator('.gongu-search input[type=search]').fill('상자');
        await page.locator('.gongu-hit mark').first().waitFor();
        await shoot('search');
      }
      await context.close();
    }
    return 0;
  }),
);

/** A picture of the shop's own as a PNG. */
async function pictureBy(browser: Awaited<ReturnType<typeof startBrowser>>): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 640, height: 480 } });
  await page.setContent(
    `<body style="margin:0">${readFileSync(inRepository('apps/web/public/pictures/parcel.svg'), 'utf8')}`,
  );
  const picture = await page.screenshot();
  await page.close();
  return picture;
}
