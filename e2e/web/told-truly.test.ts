import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

test('a quantity that is written anew is the one that is bought, and an empty field buys what is shown beside it', async () => {
  const id = await shop.product('sue', { title: 'Figs' });
  const ann = await shop.visitor();
  await ann.signIn('quantity-ann', { next: `/products/${id}` });
  const quantity = ann.page.getByLabel('Quantity');
  await quantity.press('End');
  await quantity.press('Backspace');
  expect(await quantity.inputValue()).toBe('');
  await ann.reads('₩23,000');
  await quantity.blur();
  expect(await quantity.inputValue()).toBe('1');

  for (const [written, shown, total] of [
    ['0', '1', '₩23,000'],
    ['-3', '1', '₩23,000'],
    ['1.5', '1', '₩23,000'],
    ['150', '99', '₩2,277,000'],
    ['12', '12', '₩276,000'],
  ] as const) {
    await quantity.fill('');
    await quantity.pressSequentially(written);
    await quantity.blur();
    expect([written, await quantity.inputValue()]).toEqual([written, shown]);
    await ann.page.locator('.total', { hasText: total }).waitFor();
  }
  await quantity.press('End');
  await quantity.press('Backspace');
  await quantity.press('Backspace');
  await quantity.press('5');
  await ann.page.locator('.total', { hasText: '₩115,000' }).waitFor();
  await ann.press('Take a place');
  await ann.reads('You take part with 5.');
});

test('a buyer of a cancelled product is told that nothing is bought, not that he takes part', async () => {
  const id = await shop.product('sue', { title: 'Quinces' });
  const ann = await shop.visitor();
  await ann.signIn('cancelled-ann', { next: `/products/${id}` });
  await ann.press('Take a place');
  await ann.reads('You take part with 1.');
  const cancelled = await call(
    'POST',
    `${shop.pair.tradeUrl}/api/products/${id}/cancel`,
    shop.pair.user('sue', ['seller']),
    {},
  );
  expect(cancelled.status).toBe(200);
  await ann.reads('Your unit is not bought: it was cancelled.');
  await ann.reads('The seller cancelled it.');
  expect(await ann.page.getByText('You take part').count()).toBe(0);
  // The colours of the badge that says so, too.
  const colourOf = (selector: string) =>
    ann.page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).color`);
  expect(await colourOf('.joined')).toBe(await colourOf('.product .badge'));
});

test('who comes to a product that has ended reads its end, beside no empty box and no door that leads nowhere', async () => {
  const id = await shop.product('sue', { title: 'Medlars', maxParticipants: 1 });
  const bought = await call(
    'POST',
    `${shop.pair.tradeUrl}/api/products/${id}/participations`,
    shop.pair.user('first'),
    {},
  );
  expect(bought.status).toBe(201);
  const room = `${shop.pair.chat.url}/api/chat/rooms/${id}`;
  await expect.poll(async () => (await call('GET', room, shop.pair.user('first'))).body.status).toBe('CLOSED');

  const late = await shop.visitor();
  const ends = async () => {
    await late.reads('It is over. Those who were in the chat can still read it');
    await late.reads('All places are taken.');
    expect(await late.page.locator('.gongu-room, .take-part').count()).toBe(0);
  };
  await late.go(`/products/${id}`);
  await ends();
  expect(await late.page.locator('main').getByRole('button').count()).toBe(0);
  await late.signIn('late', { next: `/products/${id}` });
  await ends();
  // Who was there reads on.
  await late.signIn('first', { next: `/products/${id}` });
  await late.reads('You take part with 1.');
  await late.field.waitFor();
});

test('a browser that blocks cookies, and storage with them, shows the shop and lets one sign in for the page', async () => {
  await shop.product('sue', { title: 'Sloes' });
  const ann = await shop.visitor();
  await ann.page.addInitScript(`for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
    Object.defineProperty(window, name, { get() { throw new DOMException('Access is denied', 'SecurityError'); } });`);
  await ann.go('/');
  await ann.reads('Sloes');
  await ann.page.getByLabel('Appearance').selectOption('dark');
  await ann.signIn('blocked-ann');
  await ann.page.getByRole('link', { name: 'Sloes' }).first().click();
  await ann.say('Without a cookie');
  await ann.sees('Without a cookie');
});

test('what can not be read offline says so at once, and comes by itself with the network', async () => {
  const id = await shop.product('sue', { title: 'Rowans' });
  const ann = await shop.visitor();
  await ann.go('/');
  const card = ann.page.getByRole('link', { name: 'Rowans' });
  await card.waitFor();
  await ann.page.context().setOffline(true);
  await ann.reads('You are offline.');
  // What is known stays.
  await card.click();
  await ann.page.getByRole('alert').getByText('NETWORK').waitFor();
  expect(await ann.page.getByText('Loading…').count()).toBe(0);
  await ann.page.context().setOffline(false);
  await ann.page.locator(`article[data-product="${id}"]`).waitFor();
});

test('a form that is refused names the field and its rule, and leads to it; a deadline further than a year is refused', async () => {
  const sue = await shop.visitor();
  await sue.go('/sign-in?next=/sell/new');
  await sue.page.getByLabel('Nickname').fill('  ');
  await sue.page.locator('form').getByRole('button', { name: 'Sign in' }).click();
  await sue.reads('Nickname: 1 to 32 characters');
  await sue.signIn('form-sue', { seller: true, next: '/sell/new' });

  const field = (label: string) => sue.page.getByLabel(label);
  const refused = async (label: string, rule: string) => {
    await sue.press('Offer it');
    await sue.page.locator('.rule').getByText(rule).waitFor();
    await field(label).and(sue.page.locator(':focus')).waitFor();
    expect(await field(label).getAttribute('aria-invalid')).toBe('true');
    const id = (await field(label).getAttribute('aria-describedby'))!.split(' ')[0]!;
    expect(await sue.page.locator(`[id="${id}"]`).textContent()).toContain(rule);
  };
  await field('Title').fill('   ');
  await refused('Title', 'Title: 1 to 200 characters');
  await field('Title').fill('Hawthorns');
  const address = 'Picture (https';
  await field(address).fill('http://example.com/a.png');
  await refused(address, 'begins with https://');
  await field(address).fill('');
  await refused('Price', 'Price: an amount such as 23000');
  await field('Price').fill('1000');
  for (const [yearsOn, rule] of [
    [-1, 'still to come.'],
    [2, 'at most 366 days from now'],
    [1_000, 'at most 366 days from now'],
    [-2, 'still to come.'],
  ] as const) {
    await field('Deadline').fill(`${new Date().getFullYear() + yearsOn}-12-31T23:59`);
    await refused('Deadline', rule);
  }
  await field('Deadline').fill(new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 16));
  await field('At least').fill('11');
  await refused('At least', 'not more than at most');
  await field('At least').fill('2');
  expect(await sue.page.locator('.rule').count()).toBe(0);

  // What only the shop knows is told in the same way.
  await sue.page.route('**/api/products', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 400,
          json: { code: 'VALIDATION_FAILED', errors: [{ path: 'price.amount', message: 'must be less' }] },
        })
      : route.continue(),
  );
  await refused('Price', 'Price: an amount such as 23000');
  await sue.page.unroute('**/api/products');
  await sue.press('Offer it');
  await sue.reads('Nobody has taken a place yet.');
});

test('the countdown goes by the shop and not by the device, for whoever only looks, and goes on in a translated page', async () => {
  const id = await shop.product('sue', { title: 'Damsons' });
  const ann = await shop.visitor();
  await ann.page.addInitScript(`{
    const Real = Date, now = () => Real.now() + 20 * 60_000;
    window.Date = class extends Real {
      constructor(...given) { given.length > 0 ? super(...given) : super(now()); }
      static now() { return now(); }
    };
  }`);
  await ann.go(`/products/${id}`);
  const countdown = ann.page.locator('.countdown');
  await countdown.getByText(/00:5\d:\d\d/).waitFor();
  // As a translator does it.
  await ann.page.evaluate(`for (const span of document.querySelectorAll('.countdown > *')) {
    const font = document.createElement('font');
    font.textContent = span.textContent;
    span.replaceChildren(font);
  }`);
  const shown = await countdown.textContent();
  await expect.poll(() => countdown.textContent()).not.toBe(shown);
});

test('the room that is open is not among what is unread, also where one reads further up; another room is', async () => {
  const [open, other] = [await shop.product('sue', { title: 'Pears' }), await shop.product('sue', { title: 'Plums' })];
  const rooms = `${shop.pair.chat.url}/api/chat/rooms`;
  async function say(roomId: string, content: string): Promise<void> {
    const message = { clientMessageId: content, content };
    const { status } = await call('POST', `${rooms}/${roomId}/messages`, shop.pair.user('sue'), message);
    expect(status).toBe(201);
  }
  const ann = await shop.visitor();
  await ann.signIn('badge-ann', { next: `/products/${other}` });
  await ann.say('I am here');
  await ann.stored('I am here');
  await ann.go(`/products/${open}`);
  await ann.say('And here');
  await ann.stored('And here');
  for (let n = 1; n <= 30; n++) await say(open, `line ${n}`);
  await ann.sees('line 30');
  await ann.page.locator('.gongu-scroller').press('Home');
  await expect.poll(() => ann.page.evaluate<number>(`document.querySelector('.gongu-scroller').scrollTop`)).toBe(0);
  await say(open, 'further down');
  await say(open, 'and more');
  await ann.reads('2 new messages');
  await say(other, 'elsewhere');
  await ann.page.getByRole('navigation').getByText('1 unread').waitFor();
});

test('nothing that a buyer looks at is refused: the console of his browser stays empty', async () => {
  const id = await shop.product('sue', { title: 'Greengages' });
  const ann = await shop.visitor();
  const refused: string[] = [];
  ann.page.on('console', (message) => void (message.type() === 'error' && refused.push(message.text())));
  ann.page.on('response', (answer) => void (answer.status() >= 400 && refused.push(answer.url())));
  await ann.go('/');
  await ann.page.getByRole('link', { name: 'Greengages' }).click();
  await ann.page.getByRole('link', { name: 'Sign in to take part' }).waitFor();
  await ann.signIn('console-ann', { next: `/products/${id}` });
  await ann.press('Take a place');
  await ann.reads('You take part with 1.');
  await ann.say('Here');
  await ann.sees('Here');
  await ann.page.getByRole('link', { name: 'Chats' }).click();
  await ann.page.locator(`[data-room="${id}"]`).getByText('Here').waitFor();
  expect(refused).toEqual([]);
});

/** As Chrome's translator does it: each text gives way to an element of the translator's own, those that come later, too. */
const TRANSLATOR = `(() => {
  const isOff = (element) => element.closest('font, script, style, textarea, [translate=no]') !== null;
  function translate(root) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const text of found) {
      if (text.data.trim() === '' || !text.parentElement || isOff(text.parentElement)) continue;
      const font = document.createElement('font');
      font.textContent = text.data;
      text.replaceWith(font);
    }
  }
  translate(document.body);
  new MutationObserver((records) => {
    for (const { addedNodes, target, type } of records) {
      if (type === 'characterData' && target.parentElement) translate(target.parentElement);
      for (const node of addedNodes) if (node.parentElement) translate(node.parentElement);
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
})()`;

test('in a page that the browser translates nothing breaks, and what changes is shown as it is now', async () => {
  const id = await shop.product('sue', { title: 'Rowans' });
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${id}/messages`;
  const asSue = (method: string, path: string, body?: object) =>
    call(method, messages + path, shop.pair.user('sue'), body);
  const notice = { clientMessageId: 'n', kind: 'NOTIFICATION', content: 'See https://gongu.example/post, please' };
  const { body: noticed } = await asSue('POST', '', notice);
  const ann = await shop.visitor();
  await ann.signIn('translated-ann', { next: `/products/${id}` });
  await ann.page.locator('.gongu-looking').waitFor();
  await ann.page.evaluate(TRANSLATOR);

  const participations = `${shop.pair.tradeUrl}/api/products/${id}/participations`;
  expect((await call('POST', participations, shop.pair.user('bob'), { quantity: 2 })).status).toBe(201);
  await ann.reads('29 places left');
  await ann.press('One more');
  await ann.page.locator('.total', { hasText: '₩46,000' }).waitFor();
  await ann.press('Take a place');
  await ann.reads('You take part with 2.');
  // She looks on no more, and the room counts her.
  await ann.page.locator('.gongu-looking').waitFor({ state: 'detached' });
  await ann.page.locator('.gongu-show-people', { hasText: /\b2$/ }).waitFor();
  await ann.say('Here');
  await ann.sees('Here');
  expect((await asSue('PATCH', `/${noticed.seq}`, { content: 'It is on Tuesday' })).status).toBe(200);
  for (const place of ['.product-notice', '.gongu-pinned', '.gongu-notice']) {
    await expect.poll(() => ann.page.locator(`${place} p`).textContent()).toBe('It is on Tuesday');
  }
  await asSue('DELETE', `/${noticed.seq}`);
  await ann.page.locator('.gongu-pinned').waitFor({ state: 'detached' });
  await ann.page.locator('.gongu-deleted').waitFor();

  await ann.page.getByRole('link', { name: 'Chats' }).click();
  const room = ann.page.locator(`[data-room="${id}"]`);
  await room.getByText('Here').waitFor();
  for (const content of ['one', 'two']) {
    await asSue('POST', '', { clientMessageId: content, content });
    await expect.poll(() => room.locator('.room-last > span').textContent()).toBe(`sue: ${content}`);
  }
  await room.locator('.unread', { hasText: '2 unread' }).waitFor();

  // The seller's page, with buyers who come and go.
  const sue = await shop.visitor();
  await sue.signIn('sue', { seller: true, next: `/sell/${id}` });
  await sue.page.locator('.buyers li').first().waitFor();
  await sue.page.evaluate(TRANSLATOR);
  const count = sue.page.locator('.buyers h2 small');
  expect(await count.textContent()).toBe('2 · 4 units');
  await call('PATCH', `${participations}/me`, shop.pair.user('translated-ann'), { quantity: 1 });
  await expect.poll(() => count.textContent()).toBe('2 · 3 units');
  await call('PATCH', `${participations}/me`, shop.pair.user('bob'), { quantity: 1 });
  await expect.poll(() => count.textContent()).toBe('2');
  await call('DELETE', `${participations}/me`, shop.pair.user('bob'));
  await expect.poll(() => count.textContent()).toBe('1');
});
