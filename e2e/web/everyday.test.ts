import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();
const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

/** Another window of the same browser. */
async function anotherWindow({ page }: Visitor) {
  const other = await page.context().newPage();
  const name = other.locator('.who-name bdi');
  return {
    page: other,
    name,
    async signIn(nickname: string) {
      await other.getByLabel('Nickname').fill(nickname);
      await other.locator('form').getByRole('button', { name: 'Sign in' }).click();
      await name.getByText(nickname, { exact: true }).waitFor();
    },
  };
}

test('a person stays signed in when the window is closed, and one window can be another person meanwhile', async () => {
  const ann = await shop.visitor();
  await ann.signIn('stays-ann');
  const second = await anotherWindow(ann);
  await second.page.goto(shop.url);
  await second.name.getByText('stays-ann').waitFor();
  // This window alone is somebody else, also after a reload.
  await second.page.getByRole('link', { name: 'Sign in as another' }).click();
  await second.page.getByText('You are stays-ann.').waitFor();
  await second.signIn('stays-bob');
  await second.page.reload();
  await second.name.getByText('stays-bob').waitFor();
  await ann.page.reload();
  expect(await ann.page.locator('.who-name bdi').textContent()).toBe('stays-ann');
  // Out of his window, he is out of no other, and the next one in it is not everybody's either.
  await second.page.getByRole('button', { name: 'Sign out' }).click();
  await second.page.reload();
  await second.page.locator('.who').getByRole('link', { name: 'Sign in' }).click();
  await second.signIn('stays-cho');
  await ann.page.reload();
  await ann.page.locator('.who-name bdi').getByText('stays-ann').waitFor();

  await ann.page.close();
  await second.page.close();
  const third = await ann.page.context().newPage();
  await third.goto(shop.url);
  await third.locator('.who-name bdi').getByText('stays-ann').waitFor();
  // Signed out in one window of hers, she is signed out in all.
  const fourth = await third.context().newPage();
  await fourth.goto(shop.url);
  await fourth.getByRole('button', { name: 'Sign out' }).click();
  await third.locator('.who-name').waitFor({ state: 'detached' });
});

test('who has bought sees the sum, changes how many, and finds it among the purchases', async () => {
  const id = await shop.product('sue', { title: 'Cloudberries' });
  const [ann, sue] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('sum-ann', { next: `/products/${id}` });
  await ann.press('One more');
  await ann.reads('2 units, one place');
  await ann.press('Take a place');
  await ann.reads('You take part with 2.');
  await ann.page.locator('.total', { hasText: '₩46,000' }).waitFor();
  await sue.signIn('sue', { seller: true, next: `/sell/${id}` });
  const bought = sue.page.locator('.buyers li', { hasText: 'sum-ann' });
  await bought.getByText('2 units').waitFor();

  await ann.page.getByLabel('Quantity').fill('5');
  await ann.page.locator('.total', { hasText: '₩115,000' }).waitFor();
  await ann.press('Change to 5');
  await ann.reads('You take part with 5.');
  await ann.reads('29 places left');
  // The seller sees it happen.
  await bought.getByText('5 units').waitFor();
  await ann.page.reload();
  await ann.reads('You take part with 5.');
  await ann.page.locator('.total', { hasText: '₩115,000' }).waitFor();

  // Places are people; what they take is said beside them, in the list and on the product's page, in either language.
  for (const [locale, units] of [
    ['en-US', '1 of 30 places taken · 5 units'],
    ['ko-KR', '30자리 중 1자리 참여 · 5개'],
  ] as const) {
    const visitor = await shop.visitor({ locale });
    for (const path of ['/', `/products/${id}`]) {
      await visitor.go(path);
      await visitor.page.locator(`[data-product="${id}"]`).getByText(units).waitFor();
    }
  }

  // A refusal is told, and what is bought stays what it was.
  await ann.page.route('**/participations/me', (route) =>
    route.request().method() === 'PATCH' ? route.abort() : route.continue(),
  );
  await ann.press('One fewer');
  await ann.press('Change to 4');
  await ann.page.getByRole('alert').getByText('NETWORK').waitFor();
  await ann.reads('You take part with 5.');

  await ann.page.getByRole('navigation').getByRole('link', { name: 'Purchases' }).click();
  const purchase = ann.page.locator(`[data-product="${id}"]`);
  await purchase.getByText('5 units').waitFor();
  await purchase.getByText('₩115,000').waitFor();
  const cancel = `${shop.pair.tradeUrl}/api/products/${id}/cancel`;
  expect((await call('POST', cancel, shop.pair.user('sue', ['seller']), {})).status).toBe(200);
  await purchase.getByText('Your 5 units are not bought').waitFor();
  await purchase.getByRole('link', { name: 'Cloudberries' }).click();
  await ann.page.waitForURL(`${shop.url}/products/${id}`);
});

test('a seller changes a product, not below those who take part, and all see it', async () => {
  const id = await shop.product('sue', { title: 'Sloe gin', maxParticipants: 5 });
  const [ann, ben] = [await shop.visitor(), await shop.visitor()];
  for (const visitor of [ann, ben]) {
    await visitor.signIn(visitor === ann ? 'edit-ann' : 'edit-ben', { next: `/products/${id}` });
    await visitor.press('Take a place');
    await visitor.reads('You take part with 1.');
  }
  const sue = await shop.visitor();
  await sue.signIn('sue', { seller: true, next: `/sell/${id}` });
  await sue.page.getByRole('link', { name: 'Change it' }).click();
  const field = (label: string) => sue.page.getByLabel(label);
  expect(await field('Title').inputValue()).toBe('Sloe gin');
  expect(await field('Price').getAttribute('readonly')).not.toBeNull();
  await field('At least').fill('1');
  await field('At most').fill('1');
  await sue.press('Save');
  await sue.page.locator('.rule').getByText('not fewer than the 2 who take part').waitFor();
  await field('At most').and(sue.page.locator(':focus')).waitFor();
  await field('At most').fill('8');
  await field('Title').fill('Sloe gin, 1 l');
  // Who buys meanwhile is no reason to refuse.
  const other = `${shop.pair.tradeUrl}/api/products/${id}/participations`;
  expect((await call('POST', other, shop.pair.user('edit-cho'), {})).status).toBe(201);
  await sue.press('Save');
  await sue.page.waitForURL(`${shop.url}/sell/${id}`);
  await sue.reads('Sloe gin, 1 l');
  await ann.reads('5 places left');
  // Nobody else may, and nothing that has ended.
  await ann.go(`/sell/${id}/edit`);
  await ann.reads('Sign in as a seller');
  const mallory = await shop.visitor();
  await mallory.signIn('mallory', { seller: true, next: `/sell/${id}/edit` });
  await mallory.reads('You may not do that.');
  const cancel = `${shop.pair.tradeUrl}/api/products/${id}/cancel`;
  expect((await call('POST', cancel, shop.pair.user('sue', ['seller']), {})).status).toBe(200);
  await sue.go(`/sell/${id}/edit`);
  await sue.reads('It is over');
});

test('what is half written is there after another page, and the newest notice stands above the messages', async () => {
  const id = await shop.product('sue', { title: 'Bilberries' });
  const [ann, sue] = [await shop.visitor(PHONE), await shop.visitor()];
  await ann.signIn('draft-ann', { next: `/products/${id}?tab=chat` });
  await ann.field.fill('half a thought');
  await ann.page.getByRole('navigation').getByRole('link', { name: 'Products' }).click();
  await ann.page.getByRole('link', { name: 'Bilberries' }).click();
  await ann.page.getByRole('tab', { name: 'Chat' }).click();
  await expect.poll(() => ann.field.inputValue()).toBe('half a thought');
  // Another person in this window does not get it.
  await ann.page.goto(`${shop.url}/sign-in?next=${encodeURIComponent(`/products/${id}?tab=chat`)}`);
  await ann.page.getByLabel('Nickname').fill('draft-bob');
  await ann.page.locator('form').getByRole('button', { name: 'Sign in' }).click();
  await ann.field.waitFor();
  expect(await ann.field.inputValue()).toBe('');

  await sue.signIn('sue', { seller: true, next: `/sell/${id}` });
  await sue.page.getByLabel('Notice to all').fill('Monday, see https://gongu.example/post.');
  await sue.press('Send notice');
  const pinned = ann.page.locator('.gongu-pinned');
  await pinned.getByText('Monday, see').waitFor();
  const link = pinned.getByRole('link');
  expect(await link.getAttribute('href')).toBe('https://gongu.example/post');
  expect(await link.getAttribute('rel')).toContain('noopener');
  await ann.page.reload();
  await pinned.getByText('Monday, see').waitFor();
  await ann.press('Put the notice away');
  await pinned.waitFor({ state: 'detached' });
});

test('the title tells what is unread elsewhere, and here while nobody looks', async () => {
  const [here, there] = [await shop.product('sue', { title: 'Here' }), await shop.product('sue', { title: 'There' })];
  const ann = await shop.visitor();
  await ann.signIn('title-ann', { next: `/products/${there}` });
  await ann.say('In');
  await ann.stored('In');
  await ann.go(`/products/${here}`);
  await ann.say('Here too');
  await ann.stored('Here too');
  const say = async (roomId: string, content: string) => {
    const path = `${shop.pair.chat.url}/api/chat/rooms/${roomId}/messages`;
    const { status } = await call('POST', path, shop.pair.user('sue'), { clientMessageId: content, content });
    expect(status).toBe(201);
  };
  await say(there, 'one');
  await say(here, 'seen at once');
  await ann.sees('seen at once');
  await expect.poll(() => ann.page.title()).toBe('(1) Here · Gongu');
  await ann.page.evaluate(`{
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  }`);
  await say(here, 'two');
  await say(here, 'three');
  await expect.poll(() => ann.page.title()).toBe('(3) Here · Gongu');
  await ann.page.evaluate(`{
    delete document.visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  }`);
  await expect.poll(() => ann.page.title()).toBe('(1) Here · Gongu');
});

test.each([
  { name: 'telephone', width: 360, height: 640 },
  { name: 'large telephone', width: 412, height: 915 },
])(
  'on a $name the way to buy is in sight before anybody scrolls, above the ways, and hides nothing at the end',
  async ({ width, height }) => {
    const id = await shop.product('sue', { title: 'Cranberries', description: 'From the bog.\n'.repeat(40) });
    const ann = await shop.visitor({ ...PHONE, viewport: { width, height } });
    await ann.signIn('bar-ann', { next: `/products/${id}` });
    const take = ann.page.getByRole('button', { name: 'Take a place' });
    await take.waitFor();
    const ways = await ann.page.locator('.ways').boundingBox();
    // What is still to come, as fonts, moves what is there already.
    const inSight = () =>
      expect
        .poll(async () => {
          const box = (await take.boundingBox())!;
          return [box.y > 0, box.y + box.height <= ways!.y + 1];
        })
        .toEqual([true, true]);
    await inSight();
    const toTheEnd = () => ann.page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await toTheEnd();
    await inSight();
    const bottomOf = async (selector: string) => {
      const box = (await ann.page.locator(selector).boundingBox())!;
      return box.y + box.height;
    };
    expect(ways!.height).toBeLessThan(60);
    const hidden = async () => {
      await toTheEnd();
      return (await bottomOf('.facts')) - (await ann.page.locator('.take-part').boundingBox())!.y;
    };
    await expect.poll(hidden).toBeLessThanOrEqual(1);
    await take.click();
    await ann.reads('You take part with 1.');
  },
);

test('a product bears its seller’s name and never his id, and the newest notice', async () => {
  const sellerId = '0197c1d2-5e11e4-a1b2c3';
  const [byId, bySue] = [await shop.product(sellerId, { title: 'Bullaces' }), await shop.product('sue')];
  const ann = await shop.visitor();
  for (const look of [() => ann.go(`/products/${byId}`), () => ann.signIn('name-ann', { next: `/products/${byId}` })]) {
    await look();
    await ann.page.getByRole('heading', { name: 'Bullaces' }).first().waitFor();
    const shown = ann.page.locator('article[data-product]');
    await shown.waitFor();
    expect(await shown.textContent()).not.toContain(sellerId.slice(0, 8));
  }
  await ann.go(`/products/${bySue}`);
  await ann.reads('by sue');
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${bySue}/messages`;
  const notice = { clientMessageId: 'n', kind: 'NOTIFICATION', content: 'On Tuesday instead' };
  expect((await call('POST', messages, shop.pair.user('sue'), notice)).status).toBe(201);
  await ann.page.locator('.product-notice').getByText('On Tuesday instead').waitFor();
});

test('who has not opened the conversation sees the newest notice on the product’s page, signed in or not, however much was said since', async () => {
  const id = await shop.product('sue', { title: 'Gooseberries' });
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${id}/messages`;
  const say = async (as: string, fields: object) =>
    expect((await call('POST', messages, shop.pair.user(as), fields)).status).toBe(201);
  await say('sue', { clientMessageId: 'n', kind: 'NOTIFICATION', content: 'Picked on Thursday' });
  for (let n = 0; n < 60; n++) await say('sue', { clientMessageId: `m-${n}`, content: `and ${n}` });
  const notice = (visitor: Visitor) => visitor.page.locator('.product-notice').getByText('Picked on Thursday');

  const [stranger, ann, desk] = [await shop.visitor(PHONE), await shop.visitor(PHONE), await shop.visitor()];
  await stranger.go(`/products/${id}`);
  await notice(stranger).waitFor();
  // For that he has become nobody.
  expect(await stranger.page.evaluate("localStorage.getItem('gongu.session')")).toBeNull();
  await ann.signIn('notice-ann', { next: `/products/${id}` });
  await notice(ann).waitFor();
  await ann.page.getByRole('tab', { name: 'Chat' }).click();
  await ann.sees('and 59');
  await ann.page.locator('.gongu-pinned', { hasText: 'Picked on Thursday' }).waitFor();
  await desk.signIn('notice-desk', { next: `/products/${id}` });
  await desk.sees('and 59');
  await notice(desk).waitFor();
  await desk.page.locator('.gongu-pinned', { hasText: 'Picked on Thursday' }).waitFor();
});

test('what becomes of the newest notice is seen on the product’s page: another text, or none', async () => {
  const id = await shop.product('sue', { title: 'Medlars' });
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${id}/messages`;
  const asSue = (method: string, path: string, body?: object) =>
    call(method, messages + path, shop.pair.user('sue'), body);
  const { body } = await asSue('POST', '', {
    clientMessageId: 'n',
    kind: 'NOTIFICATION',
    content: 'Picked on Thursday',
  });
  for (let n = 0; n < 60; n++) await asSue('POST', '', { clientMessageId: `m-${n}`, content: `and ${n}` });
  const [stranger, desk] = [await shop.visitor(PHONE), await shop.visitor()];
  const reads = (text: string, visitor: Visitor) => visitor.page.locator('.product-notice').getByText(text).waitFor();
  await stranger.go(`/products/${id}`);
  await reads('Picked on Thursday', stranger);
  await desk.signIn('becomes-desk', { next: `/products/${id}` });
  await desk.page.locator('.gongu-pinned', { hasText: 'Picked on Thursday' }).waitFor();
  expect((await asSue('PATCH', `/${body.seq}`, { content: 'Picked on Friday' })).status).toBe(200);
  await reads('Picked on Friday', desk);
  await stranger.page.reload();
  await reads('Picked on Friday', stranger);
  expect((await asSue('DELETE', `/${body.seq}`)).status).toBe(204);
  for (const shown of ['.gongu-pinned', '.product-notice']) {
    await desk.page.locator(shown).waitFor({ state: 'detached' });
  }
  const answered = stranger.page.waitForResponse((answer) => answer.url().endsWith('/notice'));
  await stranger.page.reload();
  expect(await (await answered).json()).toEqual({ message: null });
  await stranger.page.locator('.take-part').waitFor();
  expect(await stranger.page.locator('.product-notice').count()).toBe(0);
});
