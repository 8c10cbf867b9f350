import { setTimeout as sleep } from 'node:timers/promises';
import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { openShop, type Visitor } from '../fixture/shop.ts';

const test = it.skipIf(!browserProgram());

const shop = openShop();

/** Requests to chat that a page makes from now on; a WebSocket is none. */
function requestsOf({ page }: Visitor): string[] {
  const paths: string[] = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith('/api/chat/')) paths.push(`${request.method()} ${pathname}${search}`);
  });
  return paths;
}

const badge = ({ page }: Visitor, text: string) => page.getByRole('navigation').getByText(text).waitFor();

test('what is unread moves with the rooms, and nothing is asked for it in between', async () => {
  const [first, second] = [
    await shop.product('sue', { title: 'Pears' }),
    await shop.product('sue', { title: 'Plums' }),
  ];
  const [ann, bob] = [await shop.visitor(), await shop.visitor()];
  await ann.signIn('list-ann', { next: `/products/${first}` });
  await ann.say('I am here');
  await ann.sees('I am here');
  await bob.signIn('list-bob', { next: `/products/${first}` });
  await bob.sees('I am here');

  // Elsewhere in the shop.
  const opening = requestsOf(ann);
  await ann.go('/');
  await expect.poll(() => opening).toContain('GET /api/chat/events');
  await bob.say('one');
  await badge(ann, '1 unread');
  const asked = requestsOf(ann);
  await bob.say('two');
  await badge(ann, '2 unread');
  await bob.say('three');
  await badge(ann, '3 unread');
  expect(asked).toEqual([]);

  // In the list: what the stream lacks is read once for a change, and nothing by time.
  await ann.page.getByRole('link', { name: 'Chats' }).click();
  const row = ann.page.locator(`[data-room="${first}"]`);
  await row.getByText('three').waitFor();
  const inList = requestsOf(ann);
  await sleep(6_000);
  expect(inList).toEqual([]);
  await bob.say('four');
  await row.getByText('4 unread').waitFor();
  await row.getByText('four').waitFor();
  expect(inList).toEqual(['GET /api/chat/rooms?limit=100']);

  // A room that one comes into elsewhere, and one that gets another name.
  const session = await ann.page.evaluate<string>("localStorage.getItem('gongu.session')");
  const { token, userId } = JSON.parse(session) as { token: string; userId: string };
  const rooms = `${shop.pair.chat.url}/api/chat/rooms`;
  expect((await call('POST', `${rooms}/${second}/participants`, token, {})).status).toBe(201);
  const other = ann.page.locator(`[data-room="${second}"]`);
  await other.getByText('Plums').waitFor();
  expect((await call('PATCH', `${rooms}/${second}`, shop.pair.user('sue'), { title: 'Plums 2kg' })).status).toBe(200);
  await other.getByText('Plums 2kg').waitFor();
  expect((await call('DELETE', `${rooms}/${second}/participants/${userId}`, token)).status).toBe(204);
  await other.waitFor({ state: 'detached' });
});

test('of a room whose newest message was edited or deleted the list says what it is now, not an empty line', async () => {
  const id = await shop.product('sue', { title: 'Quinces' });
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${id}/messages`;
  const ann = await shop.visitor();
  await ann.signIn('gone-ann', { next: `/products/${id}` });
  await ann.say('I am here');
  // Stored, not shown alone: what follows is newer.
  await ann.stored('I am here');
  const asSue = (method: string, path: string, body?: object) =>
    call(method, messages + path, shop.pair.user('sue'), body);
  const { body: said } = await asSue('POST', '', { clientMessageId: 'one', content: 'On Monday' });
  await ann.page.getByRole('link', { name: 'Chats' }).click();
  const last = ann.page.locator(`[data-room="${id}"] .room-last > span`);
  await last.getByText('sue: On Monday').waitFor();
  expect((await asSue('PATCH', `/${said.seq}`, { content: 'On Tuesday' })).status).toBe(200);
  await last.getByText('sue: On Tuesday').waitFor();
  // Of a message without a text, what its files are called.
  const uploads = messages.replace(/messages$/, 'uploads');
  const file = { name: 'offer.pdf', type: 'application/pdf', bytes: 8 };
  const { uploadId, url, headers } = (await call('POST', uploads, shop.pair.user('sue'), file)).body;
  await fetch(new URL(url, uploads), { method: 'PUT', headers, body: '%PDF-1.7' });
  await call('POST', `${uploads}/${uploadId}/complete`, shop.pair.user('sue'));
  const sent = await asSue('POST', '', { clientMessageId: 'two', content: '', attachments: [uploadId] });
  await last.getByText('sue: offer.pdf').waitFor();
  expect((await asSue('DELETE', `/${sent.body.seq}`)).status).toBe(204);
  await last.getByText('sue: This message was deleted').waitFor();
});

test('the list says which rooms mention one, and shows nothing of whom one ignores', async () => {
  const id = await shop.product('sue', { title: 'Figs' });
  const ann = await shop.visitor();
  await ann.signIn('named-ann', { next: `/products/${id}` });
  await ann.say('I am here');
  await ann.stored('I am here');
  const session = await ann.page.evaluate<string>("localStorage.getItem('gongu.session')");
  const { userId } = JSON.parse(session) as { userId: string };
  await ann.page.getByRole('link', { name: 'Chats' }).click();
  const row = ann.page.locator(`[data-room="${id}"]`);
  await row.waitFor();
  const message = { clientMessageId: 'named', content: '@named-ann on Monday', mentions: [userId] };
  const messages = `${shop.pair.chat.url}/api/chat/rooms/${id}/messages`;
  expect((await call('POST', messages, shop.pair.user('sue'), message)).status).toBe(201);
  await row.getByText('@ 1 for you').waitFor();
  await row.getByText('@named-ann on Monday').waitFor();
  await row.getByRole('link').click();
  const said = ann.page.locator('.gongu-row[data-seq]', { hasText: 'on Monday' });
  await said.hover();
  await said.locator('.gongu-more').click();
  await ann.page.getByRole('menuitem', { name: 'Ignore sue' }).click();
  await ann.page.getByRole('link', { name: 'Chats' }).click();
  await row.getByText('A message of somebody you ignore').waitFor();
  await expect.poll(() => row.textContent()).not.toMatch(/Monday|@ 1 for you/);
});

test('all of one’s chats are searched from their list, which says of a message without a text what was sent', async () => {
  const [first, second] = [
    await shop.product('sue', { title: 'Peaches' }),
    await shop.product('sue', { title: 'Apricots' }),
  ];
  const ann = await shop.visitor();
  const { page } = ann;
  await ann.signIn('search-ann', { next: `/products/${first}` });
  await ann.say('The parcel comes on Monday');
  await ann.stored('The parcel comes on Monday');
  await ann.go(`/products/${second}?tab=chat`);
  await ann.say('hello');
  await ann.sees('hello');
  const files = page.locator('input[type=file]');
  const rowOf = (id: string) => page.locator(`[data-room="${id}"] .room-last > span`);
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  );
  await files.setInputFiles([
    { name: '01.png', mimeType: 'image/png', buffer: picture },
    { name: 'terms.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') },
  ]);
  await page.locator('.gongu-tray li[data-status=done]').nth(1).waitFor();
  await page.locator('.gongu-send').click();
  await page.locator('.gongu-file', { hasText: 'terms.pdf' }).waitFor();
  await page.getByRole('link', { name: 'Chats' }).click();
  await rowOf(second).getByText('search-ann: 01.png, terms.pdf').waitFor();

  await page.getByRole('searchbox').fill('parcel');
  const hit = page.locator('.gongu-hit', { hasText: 'The parcel comes on Monday' });
  await hit.getByText('Peaches').waitFor();
  await hit.click();
  await page.waitForURL(`**/products/${first}?tab=chat&message=*`);
  await page.locator('.gongu-row', { hasText: 'The parcel comes on Monday' }).waitFor();
});
