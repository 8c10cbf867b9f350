import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

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
  await expect.poll(() => ann.page.locator('[data-status=sending], [data-status=not-confirmed]').count()).toBe(0);
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
  // Chat is back, and trade can not tell it of the product yet.
  shop.pair.trade?.freeze();
  try {
    await shop.pair.chat.start();
    // Being online again ends the client's wait for its next try.
    const refused = async () => {
      await ann.page.evaluate("dispatchEvent(new Event('online'))");
      return refusals;
    };
    await expect.poll(refused, { timeout: 30_000, interval: 500 }).toBeGreaterThan(0);
  } finally {
    shop.pair.trade?.thaw();
  }
  await ann.page.locator('.gongu-status[data-status=ACTIVE]').waitFor();
  await ann.say('first');
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
});
