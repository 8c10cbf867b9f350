import { randomUUID } from 'node:crypto';
import { formatMoney } from '@gongu/shared';
import { hasOpenssl, startPushService, type TestPushService } from '@gongu/testkit';
import { browserProgram } from '@gongu/testkit/browser';
import type { Route } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram() || !hasOpenssl());

let pushing: TestPushService;
const shop = openShop(
  async () => {
    if (!hasOpenssl()) return {};
    pushing = await startPushService();
    return {
      ...{ PUSH_KEY: 'Zm91cnR5LXRocmVlIGNoYXJhY3RlcnMgb2YgYmFzZTY', PUSH_CONTACT: 'mailto:shop@shop.example' },
      ...{ ABSENT_AFTER_S: '1', WEBHOOK_ALLOW_PRIVATE: 'true', NODE_EXTRA_CA_CERTS: pushing.ca },
    };
  },
  undefined,
  undefined,
  // What is shown beside a page is the window's own.
  { whole: true },
);
afterAll(() => pushing?.close());

test('who asks for it in a conversation is told on his device what he has not read, until he asks no more', async () => {
  const id = await shop.product('sue', { title: 'Cloudberries' });
  const ann = await shop.visitor();
  const { page } = ann;
  const device = pushing.device();
  await page.context().grantPermissions(['notifications']);
  // A browser without a push service never answers: this stands for it, and all else is the browser's own.
  const { endpoint, keys } = device;
  await page.addInitScript({
    content: `
      PushManager.prototype.getSubscription = async () => {
        const key = localStorage.getItem('subscribed');
        if (key === null) return null;
        const { buffer } = Uint8Array.from(atob(key.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
        const said = ${JSON.stringify({ endpoint, keys })};
        const unsubscribe = async () => (localStorage.removeItem('subscribed'), true);
        return { ...said, options: { applicationServerKey: buffer }, toJSON: () => said, unsubscribe };
      };
      PushManager.prototype.subscribe = async function ({ applicationServerKey }) {
        localStorage.setItem('subscribed', applicationServerKey);
        return this.getSubscription();
      };`,
  });
  await ann.signIn('push-ann', { next: `/products/${id}` });
  await ann.say('I am in');
  await ann.stored('I am in');
  await page.evaluate('navigator.serviceWorker.ready.then(() => {})');
  // Whether it can be had is known a moment later: nothing moves then that she is about to press.
  let hold = (_: Route): void => {};
  const asked = new Promise<Route>((resolve) => {
    hold = resolve;
  });
  await page.context().route('**/push-key', (route) => hold(route), { times: 1 });
  await page.getByRole('button', { name: 'Show participants' }).click();
  const key = await asked;
  const leave = page.getByRole('button', { name: 'Leave the chat' });
  const before = await leave.boundingBox();
  await key.continue();
  const wish = page.getByLabel('Notify this device of unread messages');
  await wish.waitFor();
  expect(await leave.boundingBox()).toEqual(before);
  const stored = page.waitForResponse((answer) => answer.request().method() === 'PUT');
  await wish.check();
  expect((await stored).status()).toBe(204);
  await expect.poll(() => wish.isChecked()).toBe(true);

  // She goes elsewhere, and does not read.
  await ann.go('/');
  const rooms = `${shop.pair.chat.url}/api/chat/rooms/${id}`;
  const say = (content: string) =>
    call('POST', `${rooms}/messages`, shop.pair.user('sue', ['seller']), { clientMessageId: randomUUID(), content });
  await say('shipped tomorrow');
  await expect.poll(() => device.pushes.length).toBe(1);
  const [{ text } = { text: '' }] = device.pushes;
  expect(JSON.parse(text)).toEqual({ type: 'unread', roomId: id, title: 'Cloudberries', unread: 1 });

  // What the browser makes of it.
  const browser = await page.context().newCDPSession(page);
  const registrationId = new Promise<string>((resolve) =>
    browser.on(
      'ServiceWorker.workerRegistrationUpdated',
      ({ registrations: [one] }) => one && resolve(one.registrationId),
    ),
  );
  await browser.send('ServiceWorker.enable');
  const delivery = { origin: shop.url, registrationId: await registrationId };
  const shown = () =>
    page.evaluate(`navigator.serviceWorker.ready
      .then((registration) => registration.getNotifications())
      .then((all) => all.map(({ title, body, tag }) => [title, body, tag]))`);
  // A notification that takes the place of another is sometimes lost in a busy browser: it is told again then.
  const pushed = (data: string, body: string) =>
    expect
      .poll(
        async () => {
          await browser.send('ServiceWorker.deliverPushMessage', { ...delivery, data });
          return shown();
        },
        { interval: 500 },
      )
      .toEqual([['Cloudberries', body, id]]);
  await pushed(text, '1 unread message');

  await ann.go(`/products/${id}`);
  await ann.sees('shipped tomorrow');
  await page.getByRole('button', { name: 'Show participants' }).click();
  await expect.poll(() => wish.isChecked()).toBe(true);

  // Of one whom she ignores no text is shown.
  const { body } = await call('GET', `${rooms}/messages`, shop.pair.user('sue', ['seller']));
  const messages = body.messages as { content: string; sender: { userId: string } | null }[];
  const { userId } = messages.find(({ content }) => content === 'shipped tomorrow')!.sender!;
  const told = { ...JSON.parse(text), unread: 2, from: 'sue', fromUserId: userId, text: 'a secret' };
  await pushed(JSON.stringify(told), 'sue: a secret');
  // What trade told is said in the language of the browser.
  const price = { amount: 1_234_500, currency: 'HUF' };
  const notice = { event: 'notice.tier', minParticipants: 10, price };
  const ofTrade = { ...told, from: null, fromUserId: null, text: 'in English', notice };
  const tier = `10 take part: everybody pays ${formatMoney(price, 'en')} now`;
  await pushed(JSON.stringify(ofTrade), tier);
  await page.locator('.gongu-row', { hasText: 'shipped tomorrow' }).locator('.gongu-more').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Ignore sue' }).press('Enter');
  await page.locator('.gongu-text', { hasText: 'A message of somebody you ignore' }).waitFor();
  await pushed(JSON.stringify(told), '2 unread messages');

  // A conversation that is muted calls for no attention.
  await page.getByLabel('Mute this conversation').check();
  await expect.poll(() => wish.isChecked()).toBe(false);
  await page.reload();
  await page.getByRole('button', { name: 'Show participants' }).click();
  await wish.waitFor();
  expect(await wish.isChecked()).toBe(false);

  // What comes for her is not shown to whoever uses the browser next.
  await page.getByLabel('Mute this conversation').uncheck();
  const again = page.waitForResponse((answer) => answer.request().method() === 'PUT');
  await wish.check();
  expect((await again).status()).toBe(204);
  const ended = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
  await ann.press('Sign out');
  expect((await ended).status()).toBe(204);
  await expect.poll(() => page.evaluate("localStorage.getItem('subscribed')")).toBeNull();
});

test('the shop can be installed: its manifest and its icons are what browsers want', async () => {
  const ann = await shop.visitor();
  await ann.go('/');
  const browser = await ann.page.context().newCDPSession(ann.page);
  const { errors, data = '{}' } = await browser.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  for (const { src, sizes, type } of JSON.parse(data).icons as { src: string; sizes: string; type: string }[]) {
    const picture = await fetch(new URL(src, shop.url));
    expect([src, picture.headers.get('content-type')]).toEqual([src, type]);
    if (type !== 'image/png') continue;
    const bytes = Buffer.from(await picture.arrayBuffer());
    expect([src, `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`]).toEqual([src, sizes]);
  }
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  // A test's window is a private one; nothing else is in the way.
  expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(['in-incognito']);
});
