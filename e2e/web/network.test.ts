import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

/** How many files wait in this browser. */
const KEPT = `new Promise((resolve) => {
  const opening = indexedDB.open('gongu-files', 1);
  opening.onupgradeneeded = () => opening.transaction.abort();
  opening.onerror = () => resolve(0);
  opening.onsuccess = () => {
    const counting = opening.result.transaction('files').objectStore('files').count();
    counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
  };
})`;

/** Texts of people's messages, from top to bottom. */
const texts = ({ page }: Visitor) => page.locator('.gongu-row .gongu-text').allTextContents();

test('with the network on and off nothing is lost, doubled or out of order', async () => {
  const id = await shop.product('sue', { maxParticipants: 20 });
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('ann', { next: `/products/${id}` });
  await bob.signIn('bob', { next: `/products/${id}` });
  await ann.field.waitFor();
  await bob.field.waitFor();
  const saidByAnn: string[] = [];
  const saidByBob: string[] = [];
  for (let round = 0; round < 4; round++) {
    await ann.page.context().setOffline(true);
    await ann.reads('You are offline.');
    for (const n of [1, 2]) {
      await ann.say(`ann ${round}.${n}`);
      saidByAnn.push(`ann ${round}.${n}`);
      await bob.say(`bob ${round}.${n}`);
      saidByBob.push(`bob ${round}.${n}`);
    }
    // Her own are there at once, marked as not sent.
    await ann.sees(`ann ${round}.2`);
    await ann.page.context().setOffline(false);
    await bob.sees(`ann ${round}.2`);
    await ann.sees(`bob ${round}.2`);
  }
  for (const { page } of [ann, bob]) {
    await expect.poll(() => page.locator('[data-status=sending], [data-status=not-confirmed]').count()).toBe(0);
  }
  const [byAnn, byBob] = [await texts(ann), await texts(bob)];
  expect(byAnn).toEqual(byBob);
  expect(byAnn.filter((text) => text.startsWith('ann'))).toEqual(saidByAnn);
  expect(byAnn.filter((text) => text.startsWith('bob'))).toEqual(saidByBob);
});

test('what was written without a network is sent after a reload, once', async () => {
  const id = await shop.product('sue');
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('reload-ann', { next: `/products/${id}` });
  await bob.signIn('reload-bob', { next: `/products/${id}` });
  await bob.field.waitFor();
  await ann.field.waitFor();
  // Chat alone is out of reach: the page itself can still be loaded.
  await ann.page.context().setOffline(true);
  await ann.say('kept over the reload');
  await ann.sees('kept over the reload');
  await ann.page.context().setOffline(false);
  await ann.page.reload();
  await bob.sees('kept over the reload');
  await ann.sees('kept over the reload');
  await expect.poll(async () => (await texts(ann)).length).toBe(1);
  expect(await texts(bob)).toEqual(['kept over the reload']);
});

test('files that were chosen and sent without a network are sent with it, and over a reload', async () => {
  const id = await shop.product('sue');
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  // What takes files is loaded ahead of its use.
  const isAhead = ann.page.waitForResponse((answer) => /file-carrier/.test(answer.url()), { timeout: 0 });
  await ann.signIn('files-ann', { next: `/products/${id}` });
  await bob.signIn('files-bob', { next: `/products/${id}` });
  await bob.field.waitFor();
  await ann.say('before');
  await bob.sees('before');
  await isAhead;
  const pdf = (name: string) => ({ name, mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') });
  const attach = async (name: string) => {
    await ann.page.locator('.gongu-input input[type=file]').first().setInputFiles(pdf(name));
    await ann.page.locator('.gongu-input .gongu-tray li').waitFor();
    await ann.page.locator('.gongu-send').click();
    await ann.page.locator('[data-status=sending] bdi', { hasText: name }).waitFor();
  };
  for (const name of ['first.pdf', 'second.pdf']) {
    await ann.page.context().setOffline(true);
    await ann.reads('You are offline.');
    await attach(name);
    await expect.poll(() => ann.page.evaluate<number>(KEPT)).toBe(1);
    await ann.page.context().setOffline(false);
    if (name === 'second.pdf') await ann.page.reload();
    await bob.page.locator('.gongu-file', { hasText: name }).waitFor();
  }
  await expect.poll(() => ann.page.locator('.gongu-row .gongu-file').count()).toBe(2);
  expect(await bob.page.locator('.gongu-file').count()).toBe(2);
});

test('seats that moved while the network was away are right when it is back', async () => {
  const id = await shop.product('sue', { maxParticipants: 9 });
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('seats-ann', { next: `/products/${id}` });
  await ann.reads('9 places left');
  await ann.page.context().setOffline(true);
  await ann.reads('You are offline.');
  await bob.signIn('seats-bob', { next: `/products/${id}` });
  await bob.press('Take a place');
  await bob.reads('8 places left');
  await ann.page.context().setOffline(false);
  await ann.reads('8 places left');
});

test('what changed between the reading of a page and the beginning of its live changes is shown', async () => {
  const id = await shop.product('sue', { title: 'Medlars', maxParticipants: 9 });
  const ann = await shop.visitor();
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  await ann.page.route('**/api/products/events', async (route) => {
    await begun;
    await route.continue();
  });
  await ann.go('/');
  const card = ann.page.locator(`[data-product="${id}"]`);
  await card.getByText('9 places left').waitFor();
  const participations = `${shop.pair.tradeUrl}/api/products/${id}/participations`;
  expect((await call('POST', participations, shop.pair.user('bob'), {})).status).toBe(201);
  await shop.offer('sue', { title: 'Sorbs' });
  begin();
  await card.getByText('8 places left').waitFor();
  await ann.page.getByRole('link', { name: 'Sorbs' }).waitFor();
});

test('a service that restarts is waited for', async () => {
  const id = await shop.product('sue');
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('restart-ann', { next: `/products/${id}` });
  await bob.signIn('restart-bob', { next: `/products/${id}` });
  await ann.field.waitFor();
  await bob.field.waitFor();
  await shop.pair.chat.drain();
  await ann.say('while it was away');
  await shop.pair.chat.start();
  await bob.sees('while it was away');
});

test('a new product whose room is not there yet is waited for', async () => {
  const ann = await shop.visitor();
  let refusals = 0;
  ann.page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => void (String(payload).includes('NOT_FOUND') && refusals++)),
  );
  // Where sockets failed for a while, the client asks by HTTP.
  ann.page.on('response', (answer) => {
    if (answer.status() === 404 && answer.url().includes('/api/chat/rooms/')) refusals++;
  });
  await ann.signIn('early-ann');
  await shop.pair.chat.drain();
  const id = await shop.offer('sue');
  await ann.page.locator(`[data-product="${id}"] h2 a`).click();
  await ann.page.getByRole('button', { name: 'Take a place' }).waitFor();
  // Chat is back, and trade, which is away by then, can not tell it of the product yet.
  await shop.pair.trade!.drain();
  try {
    await shop.pair.chat.start();
    // Being online again ends the client's wait for its next try.
    const refused = async () => {
      await ann.page.evaluate("dispatchEvent(new Event('online'))");
      return refusals;
    };
    await expect.poll(refused, { interval: 500 }).toBeGreaterThan(0);
  } finally {
    await shop.pair.trade!.start();
  }
  await ann.page.locator('.gongu-status[data-status=ACTIVE]').waitFor();
  await ann.say('first');
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
});
