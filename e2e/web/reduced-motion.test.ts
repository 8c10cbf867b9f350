import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

/** A product with all that its page can show, and a conversation of several pages. */
async function busyProduct(): Promise<string> {
  const title = 'Tangerines of a farm with a very long name, 10 kg, first quality';
  const id = await shop.product('sue', { title, description: 'From the farm.\n'.repeat(20) });
  await call('POST', `${shop.pair.tradeUrl}/api/products/${id}/participations`, shop.pair.user('early'), {
    quantity: 9,
  });
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${id}/messages`;
  const say = async (clientMessageId: string, fields: object) =>
    expect((await call('POST', messages, shop.pair.user('sue'), { clientMessageId, ...fields })).status).toBe(201);
  await say('notice', {
    kind: 'NOTIFICATION',
    content: 'Sent on Tuesday: https://gongu.example/a-rather-long-address/of-the-post',
  });
  for (let n = 0; n < 60; n++) await say(`m-${n}`, { content: `${n} ${'word '.repeat(n % 9)}${'x'.repeat(n * 2)}` });
  return id;
}

test('for who wants less motion nothing moves by itself and nothing is scrolled smoothly, in list, product and chat', async () => {
  const id = await busyProduct();
  const moving = async (reducedMotion: 'reduce' | 'no-preference') => {
    const visitor = await shop.visitor({ reducedMotion });
    const { page } = visitor;
    // Whatever begins to move, however short, and whoever scrolls other than at once.
    await page.addInitScript(`{
      window.moved = [];
      const note = (what) => ({ target }) => moved.push(what + ' of ' + target.className);
      for (const type of ['animationstart', 'transitionrun']) addEventListener(type, note(type), true);
      for (const [of, name] of [[Element, 'scrollTo'], [Element, 'scrollBy'], [Element, 'scrollIntoView'], [Window, 'scrollTo']]) {
        const real = of.prototype[name] ?? window[name];
        const noted = function (...given) {
          if (given[0]?.behavior === 'smooth') moved.push(name);
          return real.apply(this, given);
        };
        if (of === Window) window[name] = noted;
        else of.prototype[name] = noted;
      }
    }`);
    const found: unknown[] = [];
    const look = async () =>
      found.push(
        ...(await page.evaluate<string[]>(`[
          ...moved.splice(0),
          ...document.getAnimations().map(({ effect }) => 'still ' + effect?.target?.className),
          ...[...document.querySelectorAll('*')]
            .filter((element) => getComputedStyle(element).scrollBehavior === 'smooth')
            .map(({ className }) => 'smooth ' + className),
        ]`)),
      );
    await visitor.signIn(`motion-${reducedMotion}`);
    // The shapes of what is loading stay as long as nothing has come.
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/products?**', async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    await page.locator('.skeleton').first().waitFor();
    await look();
    answer();
    const title = page.locator(`[data-product="${id}"] h2 a`);
    await title.hover();
    await title.waitFor();
    await look();
    await title.click();
    await visitor.sees('59 ');
    await page.getByRole('button', { name: 'One more' }).click();
    await page.getByRole('button', { name: 'Take a place' }).hover();
    await look();
    const scroller = page.locator('.gongu-scroller');
    await scroller.evaluate((element) => element.scrollTo(0, 0));
    await page.locator('.gongu-pill').click();
    await visitor.sees('59 ');
    await visitor.say('without a jolt');
    await visitor.sees('without a jolt');
    await look();
    return found;
  };
  expect(await moving('reduce')).toEqual([]);
  // The same walk sees what moves for everybody else.
  expect((await moving('no-preference')).length).toBeGreaterThan(0);
});
