import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

const details = ({ page }: Visitor) => page.locator('article[data-product]');
const status = (visitor: Visitor, wanted: string) =>
  visitor.page.locator(`article[data-product][data-status="${wanted}"]`).first().waitFor();

test('a seller offers, two buyers take part and talk, all see it happen, and the last place closes the room', async () => {
  const [seller, ann, bob] = [await shop.visitor(), await shop.visitor(), await shop.visitor()];
  // They look at the list before there is anything in it.
  await ann.signIn('ann');
  await ann.reads('Nothing fits');
  await bob.signIn('bob');
  await bob.reads('Nothing fits');

  await seller.signIn('sue', { seller: true, next: '/sell/new' });
  await seller.page.getByLabel('Title').fill('Tangerines 10kg');
  await seller.page.getByLabel('Price').fill('23000');
  await seller.page.getByLabel('At least').fill('1');
  await seller.page.getByLabel('At most').fill('2');
  await seller.press('Offer it');
  await seller.reads('Nobody has taken a place yet.');

  // It comes into the lists by itself.
  await ann.page.getByRole('link', { name: 'Tangerines 10kg' }).click();
  await bob.page.getByRole('link', { name: 'Tangerines 10kg' }).click();
  await ann.reads('2 places left');
  await ann.reads('₩23,000');

  await ann.say('Are they sweet?');
  await bob.sees('Are they sweet?');
  await seller.sees('Are they sweet?');
  await seller.say('Very.');
  await ann.sees('Very.');

  await ann.press('One more');
  await ann.reads('₩46,000');
  await ann.press('Take a place');
  await ann.reads('You take part with 2.');
  await bob.reads('1 place left');
  await seller.reads('1 place left');
  await seller.page.locator('.buyers li', { hasText: 'ann' }).getByText('2 units').waitFor();

  await seller.page.getByLabel('Notice to all').fill('We ship on Monday.');
  await seller.press('Send notice');
  await seller.reads('Sent.');
  await ann.page.locator('.gongu-notice', { hasText: 'We ship on Monday.' }).waitFor();

  await bob.press('Take a place');
  await bob.reads('You take part with 1.');
  for (const visitor of [ann, bob, seller]) {
    await status(visitor, 'CLOSED');
    await visitor.reads('All places are taken.');
    await visitor.page.locator('.gongu-status[data-status="CLOSED"]').waitFor();
  }
  expect(await details(ann).getByRole('button').count()).toBe(0);
  // They are read again once the product has changed.
  await expect.poll(() => seller.page.locator('.buyers li').count()).toBe(2);
  // Closed for buying, open for talking.
  await bob.say('See you on Monday');
  await ann.sees('See you on Monday');
});

test('a place that is given up is there for the others at once', async () => {
  const id = await shop.product('sue', { title: 'Coffee', maxParticipants: 5 });
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('ann', { next: `/products/${id}` });
  await bob.go('/');
  const card = bob.page.locator(`[data-product="${id}"]`);
  await card.getByText('5 places left').waitFor();
  await ann.press('Take a place');
  await card.getByText('4 places left').waitFor();
  // It asks first, and no is no.
  await ann.press('Give the place up');
  await ann.press('Keep it');
  await ann.reads('You take part with 1.');
  await ann.press('Give the place up');
  await ann.press('Yes, give it up');
  await card.getByText('5 places left').waitFor();
  await ann.page.getByRole('button', { name: 'Take a place' }).waitFor();
});

test('a guest talks under a name by chance, cannot buy, and is shown the way to sign in', async () => {
  const id = await shop.product('sue');
  const [guest, ann] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('ann', { next: `/products/${id}` });
  await guest.go(`/products/${id}`);
  await guest.press('Talk as a guest');
  await guest.say('Hello from nobody');
  await ann.sees('Hello from nobody');
  await guest.reads('As a guest you can talk, but not buy.');
  expect(await guest.page.getByRole('button', { name: 'Take a place' }).count()).toBe(0);
  const name = await guest.page.locator('.who-name bdi').textContent();
  expect(name).toMatch(/^.+#\d{4}$/);
  // It is still he after a reload.
  await guest.page.reload();
  await guest.sees('Hello from nobody');
  expect(await guest.page.locator('.who-name bdi').textContent()).toBe(name);

  await guest.page.getByRole('link', { name: 'Sign in to take part' }).click();
  await guest.page.getByLabel('Nickname').fill('carl');
  await guest.page.locator('form').getByRole('button', { name: 'Sign in' }).click();
  await guest.press('Take a place');
  await guest.reads('You take part with 1.');
});

test('a seller closes with what there is, and cancels with a reason that all can read', async () => {
  const closing = await shop.product('sue', { title: 'Rice', minParticipants: 1 });
  const cancelled = await shop.product('sue', { title: 'Bread' });
  const [seller, ann] = [await shop.visitor(), await shop.visitor()];
  await seller.signIn('sue', { seller: true, next: `/sell/${closing}` });
  const close = seller.page.getByRole('button', { name: 'Close now' });
  await close.waitFor();
  expect(await close.isDisabled()).toBe(true);
  await ann.signIn('ann', { next: `/products/${closing}` });
  await ann.press('Take a place');
  await expect.poll(() => close.isEnabled()).toBe(true);
  await close.click();
  await seller.reads('It goes ahead with the one person who takes part');
  await seller.press('Close the product');
  await status(seller, 'CLOSED');
  await status(ann, 'CLOSED');
  await ann.reads('The seller ended it.');

  await ann.go(`/products/${cancelled}`);
  await ann.field.waitFor();
  await seller.go(`/sell/${cancelled}`);
  await seller.press('Cancel it…');
  await seller.page.getByLabel('Reason').fill('The oven broke');
  await seller.press('Cancel the product');
  await status(seller, 'CANCELLED');
  await status(ann, 'CANCELLED');
  await ann.page.locator('.gongu-input-closed').waitFor();
});

test('my chats count what is unread, and reading it ends the count', async () => {
  const id = await shop.product('sue', { title: 'Berries' });
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('unread-ann', { next: `/products/${id}` });
  await ann.say('I am here');
  await ann.stored('I am here');
  await bob.signIn('unread-bob', { next: `/products/${id}` });
  await ann.go('/rooms');
  const row = ann.page.locator(`[data-room="${id}"]`);
  await row.waitFor();
  await bob.say('one');
  await bob.say('two');
  await row.getByText('2 unread').waitFor();
  await ann.page.getByRole('navigation').getByText('2 unread').waitFor();
  await row.getByRole('link').click();
  await ann.sees('two');
  await ann.page.getByRole('navigation').getByText('unread').waitFor({ state: 'detached' });
});

test('filters are in the address, and ask the shop', async () => {
  const few = await shop.product('filters', { title: 'Nearly full', maxParticipants: 2 });
  const many = await shop.product('filters', { title: 'Plenty', maxParticipants: 50 });
  const visitor = await shop.visitor();
  const card = (id: string) => visitor.page.locator(`[data-product="${id}"]`);
  await visitor.go('/');
  await card(few).waitFor();
  await visitor.page.getByLabel('Places left').selectOption('5');
  await card(few).waitFor({ state: 'detached' });
  await card(many).waitFor();
  expect(new URL(visitor.page.url()).search).toBe('?seats=5');
  await visitor.go('/?seats=5&sort=deadline&status=CANCELLED');
  await card(many).waitFor({ state: 'detached' });
  expect(await visitor.page.getByLabel('Sort', { exact: true }).inputValue()).toBe('deadline');
});

test('a refusal is told in words and by its code, and what is shown is true again', async () => {
  const id = await shop.product('sue', { maxParticipants: 1 });
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  // Ann's page does not hear that Bob was faster, and says that it may be behind.
  await ann.page.route('**/api/products/events', (route) => route.abort());
  await ann.signIn('late-ann', { next: `/products/${id}` });
  await ann.reads('Seats may be a little old');
  await ann.page.getByRole('button', { name: 'Take a place' }).waitFor();
  await bob.signIn('late-bob', { next: `/products/${id}` });
  await bob.press('Take a place');
  await bob.reads('You take part with 1.');
  await ann.press('Take a place');
  await ann.page
    .getByRole('alert')
    .getByText(/NOT_RECRUITING|CAP_REACHED/)
    .waitFor();
  await status(ann, 'CLOSED');
});

test('a wish that did not arrive can be repeated; one whose answer was lost has bought once', async () => {
  const id = await shop.product('sue', { maxParticipants: 9 });
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('repeat-ann', { next: `/products/${id}` });
  await ann.page.getByRole('button', { name: 'Take a place' }).waitFor();
  await ann.page.route('**/participations', (route) => route.abort());
  await ann.press('Take a place');
  await ann.page.getByRole('alert').getByText('NETWORK').waitFor();
  expect(await ann.page.getByText('You take part').count()).toBe(0);
  await ann.page.unroute('**/participations');
  await ann.press('Try again');
  await ann.reads('You take part with 1.');

  await bob.signIn('repeat-bob', { next: `/products/${id}` });
  await bob.page.getByRole('button', { name: 'Take a place' }).waitFor();
  await bob.page.route('**/participations', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await bob.press('Take a place');
  await bob.reads('You take part with 1.');
  await bob.reads('7 places left');
});

test('a shop that does not answer says so, and is asked again', async () => {
  await shop.product('sue', { title: 'Here again' });
  const visitor = await shop.visitor();
  await visitor.page.route('**/api/products?**', (route) => route.fulfill({ status: 503, body: 'busy' }));
  await visitor.go('/');
  await visitor.page.getByRole('alert').getByText('UNAVAILABLE').waitFor();
  await visitor.page.unroute('**/api/products?**');
  await visitor.press('Try again');
  await visitor.reads('Here again');
});

test('a page of the list with nothing in it is not its end: the next one is asked for, and "nothing fits" is not said', async () => {
  await shop.product('sue', { title: 'Walnuts', maxParticipants: 50 });
  const ann = await shop.visitor();
  let empty = 3;
  const asked: (string | null)[] = [];
  await ann.page.route(/\/api\/products\?/, async (route) => {
    asked.push(new URL(route.request().url()).searchParams.get('cursor'));
    if (empty-- > 0) return route.fulfill({ json: { items: [], nextCursor: `page-${asked.length}` } });
    // The cursor is none of the service's.
    const url = new URL(route.request().url());
    url.searchParams.delete('cursor');
    return route.continue({ url: url.href });
  });
  await ann.go('/?seats=20');
  await ann.page.getByRole('link', { name: 'Walnuts' }).waitFor();
  // Once the live changes begin it may have been read again.
  expect(asked.slice(0, 4)).toEqual([null, 'page-1', 'page-2', 'page-3']);
  expect(await ann.page.getByText('Nothing fits').count()).toBe(0);

  // However many there are, it is for the visitor to go on, and nobody says that there is nothing.
  empty = Number.POSITIVE_INFINITY;
  await ann.go('/?seats=10');
  await ann.page.getByRole('button', { name: 'Show more' }).waitFor();
  expect(await ann.page.getByText('Nothing fits').count()).toBe(0);
  empty = 0;
  await ann.press('Show more');
  await ann.page.getByRole('link', { name: 'Walnuts' }).waitFor();
});

test('looking takes no place in a chat; a purchase opens it, and who gives way for it is told why and how to come back', async () => {
  const id = await shop.product('sue', { maxParticipants: 2 });
  const [guest, ann, bob] = [await shop.visitor(), await shop.visitor(), await shop.visitor()];
  const isLooking = 'You are looking on.';
  await guest.go(`/products/${id}`);
  await guest.press('Talk as a guest');
  await ann.signIn('ann', { next: `/products/${id}` });
  for (const visitor of [guest, ann]) {
    await visitor.reads(isLooking);
    await visitor.reads('2 places left');
  }
  expect(await guest.page.locator('.gongu-line', { hasText: 'joined' }).count()).toBe(0);
  await ann.say('hello');
  await guest.page.locator('.gongu-line', { hasText: 'ann joined' }).waitFor();
  // The newest of those who are there is who gives way.
  await guest.say('Hello from nobody');
  await ann.sees('Hello from nobody');

  // All who may talk are there: who comes reads, and has the product's places in sight, and no others.
  await bob.signIn('bob', { next: `/products/${id}` });
  await bob.sees('hello');
  await bob.say('may I?');
  await bob.reads('So many are talking here');
  const people = bob.page.getByRole('button', { name: 'Show participants' });
  await people.click();
  await bob.reads('2 participants');
  expect(await bob.page.locator('.gongu-room').textContent()).not.toContain('place');
  await people.click();
  await bob.reads('2 places left');

  await bob.press('Take a place');
  await bob.reads('You take part with 1.');
  await guest.reads('somebody who bought came in, so you made room');
  await expect.poll(() => bob.page.locator('.gongu-looking').count()).toBe(0);
  await bob.press('Try again');
  await ann.sees('may I?');
  await guest.press('Look on');
  await guest.reads(isLooking);
  await guest.sees('may I?');

  await ann.page.getByRole('button', { name: 'Show participants' }).click();
  await ann.press('Leave the chat');
  await ann.reads('You have left this room.');
  await bob.page.locator('.gongu-line', { hasText: 'ann left' }).waitFor();
  await guest.say('back');
  await bob.sees('back');
});
