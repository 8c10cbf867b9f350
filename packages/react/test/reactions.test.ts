import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();

/** What stands under the message: each emoji with its count, and whether it is one's own. */
const shown = ({ page }: Person) =>
  page
    .locator('.gongu-reactions button')
    .evaluateAll((chips) =>
      chips.map((chip) => `${chip.textContent}${chip.getAttribute('aria-pressed') === 'true' ? '*' : ''}`),
    );
const chip = ({ page }: Person, emoji: string) => page.locator('.gongu-reactions button', { hasText: emoji });
const becomes = (person: Person, ...chips: string[]) => expect.poll(() => shown(person)).toEqual(chips);

async function openMenu({ page }: Person, text: string): Promise<void> {
  const row = page.locator('.gongu-row', { hasText: text });
  await row.hover();
  await row.locator('.gongu-more').click();
  await page.getByRole('menu').waitFor();
}

async function another(person: Person, text: string, emoji: string): Promise<void> {
  await openMenu(person, text);
  await person.page.getByRole('menuitem', { name: 'Another emoji' }).click();
  const dialog = person.page.getByRole('dialog');
  await dialog.locator('input').fill(emoji);
  await dialog.getByRole('button', { name: 'React' }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** ann has said `words` in a room in which bob is too. */
async function talking() {
  const roomId = await pages.chat.room();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  await ann.say('words');
  await bob.sees('words');
  const row = bob.page.locator('.gongu-row[data-seq]', { hasText: 'words' });
  const seq = await row.getAttribute('data-seq');
  const path = `/api/chat/rooms/${roomId}/messages/${seq}/reactions`;
  const reacts = async (userId: string, emoji: string) => {
    await pages.chat.call('POST', `/api/chat/rooms/${roomId}/participants`, {}, pages.chat.token(userId));
    await pages.chat.call('PUT', `${path}/${encodeURIComponent(emoji)}`, undefined, pages.chat.token(userId));
  };
  return { ann, bob, reacts };
}

test('a reaction from the menu shows in both windows, each with its own part in it; a press adds to it or takes it back', async () => {
  const { ann, bob } = await talking();
  await openMenu(bob, 'words');
  await bob.page.getByRole('menuitemcheckbox', { name: '👍' }).click();
  await becomes(bob, '👍 1*');
  await becomes(ann, '👍 1');
  await chip(ann, '👍').click();
  await becomes(ann, '👍 2*');
  await becomes(bob, '👍 2*');
  // By keyboard: it is reached from its message.
  await ann.page.locator('.gongu-row', { hasText: 'words' }).focus();
  await ann.page.keyboard.press('Tab');
  await ann.page.keyboard.press('Tab');
  await ann.page.keyboard.press('Space');
  await becomes(ann, '👍 1');
  await becomes(bob, '👍 1*');
  await openMenu(bob, 'words');
  const own = bob.page.getByRole('menuitemcheckbox', { name: '👍' });
  expect(await own.getAttribute('aria-checked')).toBe('true');
  await own.click();
  for (const each of [ann, bob]) await becomes(each);
});

test('any emoji can be typed, and nothing else; a thirteenth kind is undone, and it is said why', async () => {
  const { ann, bob, reacts } = await talking();
  await openMenu(bob, 'words');
  await bob.page.getByRole('menuitem', { name: 'Another emoji' }).click();
  const dialog = bob.page.getByRole('dialog');
  for (const text of ['', 'x', '🍊🍊']) {
    await dialog.locator('input').fill(text);
    expect(await dialog.getByRole('button', { name: 'React' }).isDisabled(), text).toBe(true);
  }
  // As a keyboard may give it: without U+FE0F.
  await dialog.locator('input').fill('❤');
  await dialog.locator('input').press('Enter');
  for (const each of [ann, bob]) await expect.poll(async () => (await shown(each))[0]).toContain('❤️ 1');
  for (const emoji of ['👍', '😂', '😮', '😢', '🙏', '🎉', '🔥', '👀', '🥕', '🍎', '🍇']) await reacts('cho', emoji);
  await expect.poll(async () => (await shown(bob)).length).toBe(12);
  await another(bob, 'words', '🍊');
  await bob.page.getByRole('status').filter({ hasText: 'twelve kinds of reactions' }).waitFor();
  await expect.poll(async () => (await shown(bob)).length).toBe(12);
  expect(await chip(bob, '🍊').count()).toBe(0);
});

test('without a connection reactions show, and are there for all when one has come back', async () => {
  const { ann, bob } = await talking();
  const address = bob.page.url();
  // What is loaded with its first use.
  await another(bob, 'words', '🍋');
  await becomes(ann, '🍋 1');
  await bob.goOffline();
  await bob.page.locator('.gongu-state[data-shown=true]').waitFor();
  await another(bob, 'words', '🍊');
  await chip(bob, '🍋').click();
  await becomes(bob, '🍊 1*');
  await becomes(ann, '🍋 1');
  await bob.page.goto('about:blank');
  await bob.page.context().setOffline(false);
  await bob.page.goto(address);
  await becomes(ann, '🍊 1');
  await becomes(bob, '🍊 1*');
});

test('who reacted is listed, twenty at a time', async () => {
  const { bob, reacts } = await talking();
  const people = Array.from({ length: 21 }, (_, i) => `fan-${i}`);
  for (const userId of people) await reacts(userId, '🍊');
  await becomes(bob, '🍊 21');
  await openMenu(bob, 'words');
  await bob.page.getByRole('menuitem', { name: 'Who reacted' }).click();
  const dialog = bob.page.getByRole('dialog', { name: 'Who reacted' });
  await expect.poll(() => dialog.getByRole('listitem').count()).toBe(20);
  await dialog.getByRole('button', { name: 'Show more' }).click();
  await expect.poll(() => dialog.getByRole('listitem').count()).toBe(21);
  expect(await dialog.getByRole('listitem').last().textContent()).toBe('🍊 fan-20');
  await bob.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test.each(['ko', 'en'] as const)(
  'at 360 px axe finds nothing in reactions, their menu and their dialogs: %s',
  async (locale) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const roomId = await pages.chat.room();
    const phone = { viewport: { width: 360, height: 640 }, colorScheme: locale === 'ko' ? 'dark' : 'light' } as const;
    const ann = await pages.open('ann', roomId, { locale, context: phone });
    await ann.say('words');
    await ann.page.locator('.gongu-row[data-seq]', { hasText: 'words' }).waitFor();
    const check = async () => {
      expect(await axeViolations(ann.page, axe)).toEqual([]);
      expect(await ann.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    };
    for (let n = 0; n < 2; n++) {
      await openMenu(ann, 'words');
      if (n === 0) await check();
      await ann.page.getByRole('menuitemcheckbox').nth(n).click();
    }
    await check();
    for (const entry of [
      ann.page.locator('[role=menuitem][aria-haspopup]'),
      ann.page.locator('.gongu-menu > button', { hasText: /Who|사람/ }),
    ]) {
      await openMenu(ann, 'words');
      await entry.click();
      await ann.page.getByRole('dialog').waitFor();
      await check();
      await ann.page.keyboard.press('Escape');
    }
  },
);
