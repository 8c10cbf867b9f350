import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();

const DESK = { context: { viewport: { width: 1_100, height: 800 } } };
const panel = ({ page }: Person) => page.locator('.gongu-host');
const field = ({ page }: Person) => page.locator('.gongu-field textarea');

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

test('a member reports a message with a reason and a note; a notice goes from the panel', async () => {
  const { seller, others } = await inOrder('ann', 'bob');
  const [ann] = others as [Person];
  await choose(ann, 'from bob', 'Report');
  const dialog = ann.page.getByRole('dialog', { name: 'Report this message' });
  await dialog.getByLabel('Fraud').check();
  await dialog.locator('textarea').fill('asks for a transfer');
  await dialog.getByRole('button', { name: 'Send the report' }).click();
  await ann.page.getByRole('status').filter({ hasText: 'Reported. Thank you.' }).waitFor();
  // The client thanks for what it has taken, and sends it then.
  const newest = async () => (await pages.chat.call<{ items: object[] }>('GET', '/api/chat/reports')).items[0];
  await expect.poll(newest).toMatchObject({
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
      await seller.page.evaluate(axe);
      expect(await seller.page.evaluate('axe.run().then((found) => found.violations)')).toEqual([]);
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
