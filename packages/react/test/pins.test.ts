import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();

async function choose({ page }: Person, text: string, entry: string): Promise<void> {
  await page.locator('.gongu-row', { hasText: text }).first().locator('.gongu-more').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: entry, exact: true }).press('Enter');
}

const pins = ({ page }: Person) => page.getByRole('region', { name: 'Pinned messages' });

test('what the host pins stands above the messages in both windows, leads to its message, and goes when it is unpinned or deleted', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 300, (n) => `message ${n}.`);
  const [ann, seller] = [await pages.open('ann', roomId), await pages.open('seller', roomId)];
  // Who has read nothing begins at the first.
  await seller.page.locator('.gongu-pill').click();
  await seller.sees('message 300.');
  await choose(seller, 'message 299.', 'Pin');
  for (const each of [ann, seller]) await pins(each).getByText('bob: message 299.').waitFor();
  const path = `/api/chat/rooms/${roomId}`;
  const { messages } = await pages.chat.call<{ messages: { seq: number; content: string }[] }>(
    'GET',
    `${path}/messages?after=0&limit=20`,
  );
  const old = messages.find(({ content }) => content === 'message 5.')!.seq;
  await pages.chat.call('PUT', `${path}/pins/${old}`, undefined, pages.chat.token('seller'));
  await pins(ann).getByText('bob: message 5.').waitFor();
  // The newest alone, until the others are asked for.
  expect(await pins(ann).getByRole('listitem').count()).toBe(1);
  await pins(ann).getByRole('button', { name: '1 more' }).click();
  expect(await pins(ann).getByRole('listitem').count()).toBe(2);
  await pins(ann).getByText('bob: message 5.').click();
  const original = ann.page.locator('.gongu-row', { hasText: 'message 5.' });
  await expect.poll(() => original.evaluate((row) => row === document.activeElement)).toBe(true);
  // Who is no host can't take it away.
  expect(await pins(ann).getByRole('button', { name: 'Unpin' }).count()).toBe(0);
  await pins(seller).getByRole('button', { name: 'Unpin' }).first().click();
  for (const each of [ann, seller]) await pins(each).getByText('bob: message 5.').waitFor({ state: 'detached' });
  await choose(seller, 'message 299.', 'Delete');
  await seller.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  for (const each of [ann, seller]) await pins(each).waitFor({ state: 'detached' });
});

test('a sixth is refused, and the host is told why', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 6, (n) => `message ${n}.`);
  const seller = await pages.open('seller', roomId);
  await seller.sees('message 6.');
  for (let n = 1; n <= 5; n++) {
    await choose(seller, `message ${n}.`, 'Pin');
    await pins(seller).getByText(`bob: message ${n}.`).waitFor();
  }
  await choose(seller, 'message 6.', 'Pin');
  await seller.page.getByRole('status').filter({ hasText: 'Five messages can be pinned' }).waitFor();
  expect(await pins(seller).getByText('bob: message 6.').count()).toBe(0);
});

test('what the host does without a connection shows at once, over a reload too, and is done when there is one', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 2, (n) => `message ${n}.`);
  const [ann, seller] = [await pages.open('ann', roomId), await pages.open('seller', roomId)];
  await seller.sees('message 2.');
  await choose(seller, 'message 1.', 'Pin');
  await pins(ann).getByText('bob: message 1.').waitFor();
  const address = seller.page.url();
  await choose(seller, 'message 2.', 'Mute bob');
  const dialog = seller.page.getByRole('dialog', { name: 'Mute bob' });
  await seller.goOffline();
  await seller.page.locator('.gongu-state[data-shown=true]').waitFor();
  await dialog.getByRole('button', { name: 'Mute bob' }).click();
  await choose(seller, 'message 2.', 'Pin');
  await pins(seller).getByText('bob: message 2.').waitFor();
  await pins(seller).getByRole('button', { name: '1 more' }).click();
  await pins(seller).getByRole('listitem').last().getByRole('button', { name: 'Unpin' }).click();
  await expect.poll(() => pins(seller).getByText('bob: message 1.').count()).toBe(0);
  await seller.page.goto('about:blank');
  await seller.page.context().setOffline(false);
  await seller.page.goto(address);
  await pins(ann).getByText('bob: message 2.').waitFor();
  for (const each of [ann, seller]) await expect.poll(() => pins(each).getByRole('listitem').count()).toBe(1);
  const { items } = await pages.chat.call<{ items: object[] }>('GET', `/api/chat/rooms/${roomId}/restrictions`);
  expect(items).toMatchObject([{ user: { userId: 'bob' }, kind: 'MUTE' }]);
});

test('an unpin that is refused is undone, and it is said why', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 1, () => 'message');
  const seller = await pages.open('seller', roomId);
  await seller.sees('message');
  await choose(seller, 'message', 'Pin');
  await pins(seller).getByText('bob: message').waitFor();
  await seller.goOffline();
  await seller.page.locator('.gongu-state[data-shown=true]').waitFor();
  await pins(seller).getByRole('button', { name: 'Unpin' }).click();
  await pins(seller).waitFor({ state: 'detached' });
  await pages.chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CANCELLED' });
  await seller.page.context().setOffline(false);
  await seller.page
    .getByRole('status')
    .filter({ hasText: 'What is pinned has not changed. This room can only be read.' })
    .waitFor();
  await pins(seller).getByText('bob: message').waitFor();
});

test('another room in the same place begins where it is read to, and has nothing of what the host did in the one before', async () => {
  const [first, second] = [await pages.chat.room(), await pages.chat.room()];
  await pages.chat.fill(first, 'bob', 60, (n) => `first ${n}.`);
  await pages.chat.fill(second, 'bob', 120, (n) => `second ${n}.`);
  await pages.chat.call('PUT', `/api/chat/rooms/${first}/pins/5`, undefined, pages.chat.token('seller'));
  const seller = await pages.open('seller', first);
  await seller.sees('first ');
  await pins(seller).getByRole('button').first().click();
  await expect.poll(() => seller.page.evaluate('document.activeElement.dataset.seq')).toBe('5');
  await seller.page.locator('.gongu-show-people').click();
  const host = seller.page.locator('.gongu-host');
  await host.locator('textarea').fill('a notice to the first');
  await seller.page.evaluate(`showRoom('${second}')`);
  await seller.sees('second ');
  await expect.poll(() => host.locator('textarea').inputValue()).toBe('');
  expect(seller.sent('history').filter(({ roomId, before }) => roomId === second && before === 6)).toEqual([]);
});
