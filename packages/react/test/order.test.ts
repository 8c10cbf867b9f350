import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();

const DESK = { context: { viewport: { width: 1_100, height: 800 } } };
const panel = ({ page }: Person) => page.locator('.gongu-host');
const field = ({ page }: Person) => page.locator('.gongu-field textarea');
const offline = async (person: Person) => {
  await person.goOffline();
  await person.page.locator('.gongu-state[data-shown=true]').waitFor();
};

async function choose({ page }: Person, text: string, entry: string): Promise<void> {
  const row = page.locator('.gongu-row', { hasText: text });
  await row.hover();
  await row.locator('.gongu-more').click();
  await page.getByRole('menuitem', { name: entry, exact: true }).click();
}

/** The seller, with the panel open, and people who have each said something. */
async function inOrder(...people: string[]) {
  const roomId = await pages.chat.room();
  const seller = await pages.open('seller', roomId, DESK);
  const others: Person[] = [];
  for (const userId of people) {
    const person = await pages.open(userId, roomId);
    await person.say(`from ${userId}`);
    await seller.sees(`from ${userId}`);
    others.push(person);
  }
  await seller.page.locator('.gongu-show-people').click();
  await panel(seller).waitFor();
  const person = async (userId: string, action: string) => {
    await panel(seller)
      .getByRole('button', { name: `Actions for ${userId}` })
      .click();
    await panel(seller).getByRole('button', { name: action }).click();
  };
  return { roomId, seller, others, person };
}

test('in slow mode a member is told so, and how long yet; nothing is queued, and it ends for all at once', async () => {
  const { roomId, seller } = await inOrder();
  const ann = await pages.open('ann', roomId);
  await panel(seller).getByLabel('Slow mode').selectOption({ label: '5 minutes' });
  await ann.page.getByText('Slow mode: one message every 5 minutes.').waitFor();
  await ann.say('first');
  await seller.sees('first');
  await ann.page.getByRole('timer').filter({ hasText: 'You can write again in' }).waitFor();
  await ann.say('too soon');
  await ann.page.locator('.gongu-refusal', { hasText: 'Slow mode' }).waitFor();
  expect(await field(ann).inputValue()).toBe('too soon');
  // The host does not wait.
  expect(await seller.page.getByText('Slow mode: one').count()).toBe(0);
  await panel(seller).getByLabel('Slow mode').selectOption({ label: 'Off' });
  await ann.page.getByText('Slow mode: one').waitFor({ state: 'detached' });
});

test('the host mutes by a message’s menu: the field gives way to how long yet, and is back when it is lifted or over', async () => {
  const { roomId, seller, others } = await inOrder('ann');
  const [ann] = others as [Person];
  await ann.field.fill('half a thought');
  await choose(seller, 'from ann', 'Mute ann');
  const dialog = seller.page.getByRole('dialog', { name: 'Mute ann' });
  await dialog.getByRole('button', { name: 'Mute ann' }).click();
  await ann.page.getByText('You are muted here for 10 minutes yet.').waitFor();
  expect(await field(ann).count()).toBe(0);
  await ann.page.locator('.gongu-row', { hasText: 'from ann' }).hover();
  await panel(seller).getByText('ann · muted until').waitFor();
  await panel(seller).getByRole('button', { name: 'Lift it for ann' }).click();
  await expect.poll(() => field(ann).inputValue()).toBe('half a thought');
  await panel(seller).getByText('Nobody is muted or banned').waitFor();
  const until = new Date(Date.now() + 3_000).toISOString();
  await pages.chat.call('PUT', `/api/chat/rooms/${roomId}/restrictions/ann`, { kind: 'MUTE', until });
  await ann.page.getByText('You are muted here for').waitFor();
  await panel(seller).getByText('ann · muted until').waitFor();
  // No row tells of its end.
  await field(ann).waitFor();
});

test('the host bans and removes from the list of people, after a question; who is banned is told so and can’t come back', async () => {
  const { seller, others, person } = await inOrder('ann', 'bob');
  const [ann, bob] = others as [Person, Person];
  await person('bob', 'Ban bob');
  const ask = seller.page.getByRole('alertdialog');
  await ask.getByRole('button', { name: 'Cancel' }).click();
  expect(await field(bob).count()).toBe(1);
  await panel(seller).getByRole('button', { name: 'Ban bob' }).click();
  await ask.getByRole('button', { name: 'Ban bob' }).click();
  await bob.page.getByText('You were banned from this room.').waitFor();
  await panel(seller).getByText('bob · banned').waitFor();
  await bob.page.reload();
  await bob.page.getByText('You were banned from this room.').waitFor();
  await person('ann', 'Remove ann');
  await ask.getByRole('button', { name: 'Remove ann' }).click();
  await ann.page.getByText('You were removed from this room.').waitFor();
});

test('what the host asks without a connection shows at once and says that it waits, is kept over a reload, and is done then', async () => {
  const { roomId, seller, others, person } = await inOrder('ann', 'bob', 'cho');
  const [ann, bob, cho] = others as [Person, Person, Person];
  const ask = seller.page.getByRole('alertdialog');
  await offline(seller);
  await panel(seller).getByLabel('Slow mode').selectOption({ label: '5 minutes' });
  await panel(seller).getByRole('status').filter({ hasText: 'It is sent when there is one.' }).waitFor();
  expect(await panel(seller).getByLabel('Slow mode').inputValue()).toBe('300');
  await person('ann', 'Mute ann');
  await seller.page.getByRole('dialog').getByRole('button', { name: 'Mute ann' }).click();
  await panel(seller).getByText('ann · muted until').waitFor();
  await person('bob', 'Ban bob');
  await ask.getByRole('button', { name: 'Ban bob' }).click();
  await panel(seller).getByText('bob · banned').waitFor();
  await person('cho', 'Remove cho');
  await ask.getByRole('button', { name: 'Remove cho' }).click();
  await expect
    .poll(() =>
      panel(seller)
        .getByRole('button', { name: /^Actions for/ })
        .count(),
    )
    .toBe(1);
  const address = seller.page.url();
  await seller.page.goto('about:blank');
  await seller.page.context().setOffline(false);
  await seller.page.goto(address);
  await ann.page.getByText('You are muted here').waitFor();
  await bob.page.getByText('You were banned from this room.').waitFor();
  await cho.page.getByText('You were removed from this room.').waitFor();
  const slow = async () =>
    (await pages.chat.call<{ slowModeSeconds: number }>('GET', `/api/chat/rooms/${roomId}`)).slowModeSeconds;
  await expect.poll(slow).toBe(300);
});

test('who is restricted is loaded with the next connection, and what the host asks meanwhile is shown', async () => {
  const { roomId, seller, person } = await inOrder('ann', 'bob');
  await panel(seller).getByText('Nobody is muted or banned').waitFor();
  await seller.page.locator('.gongu-show-people').click();
  await seller.page.route(/\/restrictions$/, (route) => route.abort());
  await pages.chat.call('PUT', `/api/chat/rooms/${roomId}/restrictions/bob`, { kind: 'MUTE' });
  await seller.page.locator('.gongu-show-people').click();
  await panel(seller).waitFor();
  await offline(seller);
  await person('ann', 'Mute ann');
  await seller.page.getByRole('dialog').getByRole('button', { name: 'Mute ann' }).click();
  await panel(seller).getByText('ann · muted until').waitFor();
  await seller.page.unroute(/\/restrictions$/);
  await seller.page.context().setOffline(false);
  await panel(seller).getByText('bob · muted').waitFor();
  await panel(seller).getByText('ann · muted until').waitFor();
});

test('whom another one mutes, bans and lets in again stands in the panel at once', async () => {
  const { roomId, seller } = await inOrder('ann', 'bob');
  await panel(seller).getByText('Nobody is muted or banned').waitFor();
  const path = (userId: string) => `/api/chat/rooms/${roomId}/restrictions/${userId}`;
  await pages.chat.call('PUT', path('ann'), { kind: 'BAN' });
  await panel(seller).getByText('ann · banned').waitFor();
  await pages.chat.call('PUT', path('bob'), { kind: 'MUTE' });
  await panel(seller).getByText('bob · muted').waitFor();
  await pages.chat.call('DELETE', path('ann'));
  await panel(seller).getByText('ann · banned').waitFor({ state: 'detached' });
});

test('what the host asked and is refused is undone, and it is said why', async () => {
  const roomId = await pages.chat.room();
  const boss = pages.chat.token('boss', { roles: ['admin'] });
  await pages.chat.call('POST', `/api/chat/rooms/${roomId}/participants`, {}, boss);
  await pages.chat.fill(roomId, 'ann', 1, () => 'from ann');
  const seller = await pages.open('seller', roomId, DESK);
  await seller.sees('from ann');
  await seller.page.locator('.gongu-show-people').click();
  const heard = (text: string) => seller.page.locator('.gongu-said').filter({ hasText: text }).waitFor();
  const person = async (name: string, action: string) => {
    const actions = panel(seller).getByRole('button', { name: `Actions for ${name}` });
    if ((await actions.getAttribute('aria-expanded')) === 'false') await actions.click();
    await panel(seller).getByRole('button', { name: action }).click();
    await seller.page.locator('dialog[open]').getByRole('button', { name: action }).click();
  };
  await person('boss', 'Mute boss');
  await heard('Nothing was changed for them. This is not allowed.');
  await panel(seller).getByText('Nobody is muted or banned').waitFor();

  // She buys while he has no connection.
  await offline(seller);
  await person('ann', 'Ban ann');
  await panel(seller).getByText('ann · banned').waitFor();
  await expect.poll(() => panel(seller).getByRole('button', { name: 'Actions for ann' }).count()).toBe(0);
  await pages.chat.call('PUT', `/api/chat/rooms/${roomId}/participants/ann`, { committed: true });
  await seller.page.context().setOffline(false);
  await heard('Nothing was changed for them. Who bought can’t be banned.');
  await panel(seller).getByText('Nobody is muted or banned').waitFor();
  await panel(seller).getByRole('button', { name: 'Actions for ann' }).waitFor();

  const slow = panel(seller).getByLabel('Slow mode');
  const rooms = new RegExp(`/rooms/${roomId}$`);
  await seller.page.route(rooms, (route) => route.fulfill({ status: 403, body: '{"code":"FORBIDDEN"}' }));
  await slow.selectOption({ label: '5 minutes' });
  await heard('Slow mode was not changed. This is not allowed.');
  await expect.poll(() => slow.inputValue()).toBe('0');

  // The room ends while he has no connection.
  await offline(seller);
  await person('ann', 'Remove ann');
  await expect.poll(() => panel(seller).getByRole('button', { name: 'Actions for ann' }).count()).toBe(0);
  await pages.chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CANCELLED' });
  await seller.page.context().setOffline(false);
  await heard('They were not removed. This room can only be read.');
  await seller.page.locator('.gongu-people').getByText('ann', { exact: true }).waitFor();
});

test('a report says that it waits for a connection, and is thanked for once it is there; one that is refused says so', async () => {
  const { roomId, others } = await inOrder('ann', 'bob');
  const [ann] = others as [Person];
  await pages.chat.fill(roomId, 'bob', 1, () => 'another one');
  await ann.sees('another one');
  const status = (text: string) => ann.page.locator('.gongu-said').filter({ hasText: text }).waitFor();
  const report = async (text: string) => {
    await choose(ann, text, 'Report');
    await ann.page.getByRole('dialog').getByRole('button', { name: 'Send the report' }).click();
  };
  // What asks is loaded with its first use.
  await choose(ann, 'from bob', 'Report');
  await ann.page.keyboard.press('Escape');
  await offline(ann);
  await report('from bob');
  await status('It is sent when there is one.');
  await report('another one');
  const { messages } = await pages.chat.call<{ messages: { seq: number; content: string }[] }>(
    'GET',
    `/api/chat/rooms/${roomId}/messages?limit=50`,
  );
  const { seq } = messages.find(({ content }) => content === 'another one')!;
  await pages.chat.call('DELETE', `/api/chat/rooms/${roomId}/messages/${seq}`);
  await ann.page.context().setOffline(false);
  await ann.page.locator('.gongu-failure', { hasText: 'Not reported. The message was deleted.' }).waitFor();
  const stored = async () =>
    (await pages.chat.call<{ items: { message: { content: string } }[] }>('GET', '/api/chat/reports')).items
      .map(({ message }) => message.content)
      .slice(0, 1);
  await expect.poll(stored).toEqual(['from bob']);
});

test('a member reports a message with a reason and a note; a notice goes from the panel', async () => {
  const { seller, others } = await inOrder('ann', 'bob');
  const [ann] = others as [Person];
  await choose(ann, 'from bob', 'Report');
  const dialog = ann.page.getByRole('dialog', { name: 'Report this message' });
  await dialog.getByLabel('Fraud').check();
  await dialog.locator('textarea').fill('asks for a transfer');
  await dialog.getByRole('button', { name: 'Send the report' }).click();
  await ann.page.getByRole('status').filter({ hasText: 'Reported. Thank you.' }).waitFor();
  const { items } = await pages.chat.call<{ items: object[] }>('GET', '/api/chat/reports');
  expect(items[0]).toMatchObject({
    reason: 'FRAUD',
    note: 'asks for a transfer',
    message: { content: 'from bob' },
  });
  await panel(seller).locator('textarea').fill('내일 보냅니다');
  await panel(seller).getByRole('button', { name: 'Send the notice' }).click();
  await ann.page.locator('.gongu-pinned', { hasText: '내일 보냅니다' }).waitFor();
  // It is the host's alone.
  await ann.page.locator('.gongu-show-people').click();
  await ann.page.locator('.gongu-people').waitFor();
  expect(await panel(ann).count()).toBe(0);
});

test.each(['ko', 'en'] as const)(
  'at 360 px axe finds nothing in the host’s panel and its dialogs: %s',
  async (locale) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const roomId = await pages.chat.room();
    await pages.chat.fill(roomId, 'ann', 1, () => 'from ann');
    await pages.chat.call('PUT', `/api/chat/rooms/${roomId}/restrictions/bob`, { kind: 'BAN', reason: 'spam' });
    const context = { viewport: { width: 360, height: 640 }, colorScheme: locale === 'ko' ? 'dark' : 'light' } as const;
    const seller = await pages.open('seller', roomId, { locale, context });
    const check = async () => {
      expect(await axeViolations(seller.page, axe)).toEqual([]);
      expect(await seller.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    };
    await seller.sees('from ann');
    await choose(seller, 'from ann', locale === 'ko' ? '신고' : 'Report');
    await seller.page.getByRole('dialog').waitFor();
    await check();
    await seller.page.keyboard.press('Escape');
    await seller.page.locator('.gongu-show-people').click();
    await panel(seller).locator('section').last().getByRole('listitem').waitFor();
    await panel(seller).locator('.gongu-people [aria-expanded]').click();
    await check();
    await panel(seller).locator('.gongu-person-actions button').first().click();
    await seller.page.getByRole('dialog').waitFor();
    await check();
  },
);
