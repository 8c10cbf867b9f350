import { browserProgram } from '@gongu/testkit/browser';
import { eventually } from '@gongu/testkit/eventually';
import { describe, expect, it } from 'vitest';
import {
  firefoxProgram,
  type OtherBrowser,
  startFirefox,
  startWebKit,
  webKitPrograms,
} from '../fixture/other-browsers.ts';
import { call } from '../fixture/pair.ts';
import { openShop } from '../fixture/shop.ts';

const [firefox, webKit] = [firefoxProgram(), webKitPrograms()];
const BROWSERS: readonly [name: string, start: (() => Promise<OtherBrowser>) | undefined][] = [
  ['Firefox', firefox === undefined ? undefined : () => startFirefox(firefox)],
  ['WebKitGTK', webKit && (() => startWebKit(webKit))],
];

// The shop's fixture brings a Chromium, too.
describe.skipIf(!browserProgram() || BROWSERS.every(([, start]) => !start))('beside Chromium', () => {
  const shop = openShop();

  it.for(BROWSERS)(
    'in %s one signs in, takes part, talks with another, and is there after a reload',
    async ([name, start], { skip }) => {
      skip(!start, `there is no ${name}`);
      const id = await shop.product('sue', { title: 'Figs', maxParticipants: 5 });
      const browser = await start!();
      try {
        const until = (what: string, condition: string) =>
          eventually(
            async () => {
              const text = `(document.body?.innerText ?? '').replaceAll(/\\s+/g, ' ').slice(0, 600)`;
              const [isSo, seen] = await browser.read<[boolean, string]>(`[${condition}, ${text}]`);
              if (!isSo) throw new Error(`${what} did not come; the page says: ${seen}`);
            },
            { intervalMs: 100 },
          );
        const shows = (text: string) => until(text, `document.body?.innerText.includes(${JSON.stringify(text)})`);
        const there = (selector: string) =>
          until(selector, `document.querySelector(${JSON.stringify(selector)}) !== null`);
        await browser.open(`${shop.url}/sign-in`);
        await there('input:not([type=checkbox])');
        await browser.write('input:not([type=checkbox])', `ann-${name}`);
        await browser.click('form button');
        const card = `[data-product="${id}"] h2 a`;
        await there(card);
        await browser.click(card);
        await there('.take-part .primary');
        await browser.click('.take-part .primary');
        await there('.joined');

        const tab = '[role=tab]:nth-of-type(2)';
        if (await browser.read<boolean>(`document.querySelector(${JSON.stringify(tab)}) !== null`))
          await browser.click(tab);
        await there('.gongu-status');
        await browser.write('.gongu-room textarea', 'Are they ripe?');
        await browser.click('.gongu-send');
        await there('[data-seq] [data-mine=true]');
        const room = `${shop.pair.chat.url}/api/chat/rooms/${id}`;
        const bob = shop.pair.user('bob');
        expect((await call('POST', `${room}/participants`, bob, {})).status).toBeLessThan(300);
        const said = await call('POST', `${room}/messages`, bob, {
          clientMessageId: 'b',
          content: '네, 잘 익었어요 🍇',
        });
        expect(said.status).toBeLessThan(300);
        await shows('네, 잘 익었어요 🍇');

        await browser.reload();
        await there('.gongu-row');
        await shows('네, 잘 익었어요 🍇');
        expect(
          await browser.read(`[...document.querySelectorAll('.gongu-row .gongu-text')].map((one) => one.textContent)`),
        ).toEqual(['Are they ripe?', '네, 잘 익었어요 🍇']);
      } finally {
        await browser.close();
      }
    },
  );
});
