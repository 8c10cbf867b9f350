import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { openShop } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test('who is signed in takes along what each service has of one, and reads what a deletion does', async () => {
  const id = await shop.product('sue', { title: 'Quinces', maxParticipants: 3 });
  const ann = await shop.visitor({ viewport: { width: 360, height: 740 } });
  const { page } = ann;
  await ann.signIn('ann', { next: `/products/${id}` });
  await ann.press('Take a place');
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
        { timeout: 30_000, interval: 500 },
      )
      .toContain(kind);
  }
  await page.evaluate(axe);
  const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] };
  expect(violations.map(({ id }) => id)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
}, 120_000);
