import { startChatService } from '@gongu/testkit';
import { browserProgram } from '@gongu/testkit/browser';
import { expect, it, onTestFinished } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();

const more = ({ page }: Person, text: string) => page.locator('.gongu-row', { hasText: text }).locator('.gongu-more');
const menu = ({ page }: Person) => page.getByRole('menu');
const entries = (person: Person) => menu(person).locator('> [role=menuitem]').allTextContents();
const focused = ({ page }: Person) => page.evaluate<string>('document.activeElement.textContent');

/** Opens the menu of the message with that text, with the mouse. */
async function openMenu(person: Person, text: string): Promise<void> {
  const row = person.page.locator('.gongu-row', { hasText: text }).first();
  await row.hover();
  await row.locator('.gongu-more').click();
  await menu(person).waitFor();
}

async function choose(person: Person, text: string, entry: string): Promise<void> {
  await openMenu(person, text);
  await menu(person).getByRole('menuitem', { name: entry, exact: true }).click();
}

async function roomWith(...texts: string[]): Promise<string> {
  const roomId = await pages.chat.room();
  for (const [i, content] of texts.entries()) {
    const message = { clientMessageId: `bob-${i}`, content };
    await pages.chat.call('POST', `/api/chat/rooms/${roomId}/participants`, {}, pages.chat.token('bob'));
    await pages.chat.call('POST', `/api/chat/rooms/${roomId}/messages`, message, pages.chat.token('bob'));
  }
  return roomId;
}

test('the menu offers what one may do: with one’s own, with somebody else’s, and as the host', async () => {
  const roomId = await roomWith('from bob');
  const ann = await pages.open('ann', roomId);
  await ann.sees('from bob');
  await ann.say('from ann');
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
  await openMenu(ann, 'from ann');
  expect(await entries(ann)).toEqual(['Reply', 'Copy', 'Edit', 'Delete']);
  expect(await menu(ann).getAttribute('aria-label')).toBe('Actions of ann’s message');
  // A press elsewhere closes it.
  await ann.page.locator('.gongu-header').click({ position: { x: 2, y: 2 } });
  expect(await menu(ann).count()).toBe(0);
  await openMenu(ann, 'from bob');
  expect(await entries(ann)).toEqual(['Reply', 'Copy', 'Ignore bob', 'Report']);
  const seller = await pages.open('seller', roomId);
  await seller.sees('from ann');
  await openMenu(seller, 'from ann');
  expect(await entries(seller)).toEqual(['Reply', 'Copy', 'Ignore ann', 'Pin', 'Report', 'Mute ann', 'Delete']);
});

test('by keyboard: Shift+F10 opens it, arrows, Home, End and letters lead through it, Escape leads back', async () => {
  const roomId = await roomWith('from bob');
  const seller = await pages.open('seller', roomId);
  await seller.sees('from bob');
  const { keyboard } = seller.page;
  const row = seller.page.locator('.gongu-row', { hasText: 'from bob' });
  await row.focus();
  await keyboard.press('Shift+F10');
  await expect.poll(() => focused(seller)).toBe('Reply');
  const after = async (key: string) => {
    await keyboard.press(key);
    return focused(seller);
  };
  // The reactions are one line above the entries.
  expect(await after('ArrowUp')).toBe('👍');
  expect(await after('ArrowRight')).toBe('❤️');
  expect(await after('ArrowLeft')).toBe('👍');
  expect(await after('ArrowLeft')).toBe('+');
  expect(await after('ArrowUp')).toBe('Delete');
  expect(await after('ArrowDown')).toBe('👍');
  expect(await after('ArrowDown')).toBe('Reply');
  expect(await after('End')).toBe('Delete');
  expect(await after('Home')).toBe('👍');
  expect(await after('c')).toBe('Copy');
  await keyboard.press('Escape');
  expect(await menu(seller).count()).toBe(0);
  expect(await row.evaluate((element) => element === document.activeElement)).toBe(true);
  await keyboard.press('ContextMenu');
  await menu(seller).waitFor();
  await keyboard.press('Tab');
  expect(await menu(seller).count()).toBe(0);
  // The button says what it opens, and whether it is open.
  await more(seller, 'from bob').focus();
  expect(await more(seller, 'from bob').getAttribute('aria-expanded')).toBe('false');
  await keyboard.press('Enter');
  await menu(seller).waitFor();
  expect(await more(seller, 'from bob').getAttribute('aria-expanded')).toBe('true');
  await keyboard.press('Escape');
  expect(await seller.page.evaluate('document.activeElement.className')).toBe('gongu-more');
});

/** A person at a telephone, whose time passes only as `rests` says: a busy machine has no finger rest that moves. */
async function atTelephone(roomId: string, newest: string) {
  const context = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
  const ann = await pages.open('ann', roomId, { context, prepare: ({ clock }) => clock.install() });
  await ann.sees(newest);
  await ann.page.clock.pauseAt(await ann.page.evaluate<number>('Date.now() + 1_000'));
  const session = await ann.page.context().newCDPSession(ann.page);
  return {
    ann,
    rests: () => ann.page.clock.runFor(700),
    touch: (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: { x: number; y: number }[]) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints }),
    at: async (text: string) => {
      const box = (await ann.page.locator('.gongu-text', { hasText: text }).boundingBox())!;
      return { x: box.x + 5, y: box.y + box.height / 2 };
    },
  };
}

test('a finger that rests opens it, one that scrolls does not, and a link keeps what the browser does', async () => {
  const roomId = await roomWith(
    ...Array.from({ length: 30 }, (_, i) => `line ${i}.`),
    'https://example.com/a is a link',
  );
  const { ann, rests, touch, at } = await atTelephone(roomId, 'is a link');
  await touch('touchStart', await at('line 28.'));
  await rests();
  await menu(ann).waitFor();
  await touch('touchEnd');
  // It stays when the finger is lifted.
  expect(await entries(ann)).toEqual(['Reply', 'Copy', 'Ignore bob', 'Report']);
  await ann.page.keyboard.press('Escape');
  await expect.poll(() => menu(ann).count()).toBe(0);

  const from = await at('line 27.');
  await touch('touchStart', from);
  for (let i = 1; i <= 10; i++) await touch('touchMove', { x: from.x, y: from.y + i * 12 });
  await rests();
  expect(await menu(ann).count()).toBe(0);
  // A finger that is lifted in motion leaves the list in motion: what is pressed next must stand still.
  await ann.scroller.evaluate((list) => {
    const still = new Promise((resolve) => list.addEventListener('scrollend', resolve, { once: true }));
    Object.assign(globalThis, { still });
  });
  await touch('touchEnd');
  await ann.page.evaluate('still');

  await ann.scroller.evaluate((list) => list.scrollTo(0, list.scrollHeight));
  const link = (await ann.page.locator('.gongu-text a').boundingBox())!;
  await touch('touchStart', { x: link.x + 5, y: link.y + link.height / 2 });
  await rests();
  expect(await menu(ann).count()).toBe(0);
  await touch('touchEnd');
  // Beside the link it is the message's.
  await touch('touchStart', { x: link.x + link.width + 20, y: link.y + link.height / 2 });
  await rests();
  await menu(ann).waitFor();
  await touch('touchEnd');
});

test('a message that comes while a finger rests moves the list, and the menu is that of the message below the finger before', async () => {
  const roomId = await roomWith(...Array.from({ length: 30 }, (_, i) => `line ${i}.`));
  const { ann, rests, touch, at } = await atTelephone(roomId, 'line 29.');
  const before = await at('line 28.');
  await touch('touchStart', before);
  const message = { clientMessageId: 'new', content: 'new' };
  await pages.chat.call('POST', `/api/chat/rooms/${roomId}/messages`, message, pages.chat.token('bob'));
  await expect.poll(async () => (await at('line 28.')).y).toBeLessThan(before.y);
  await rests();
  await menu(ann).waitFor();
  expect(
    await ann.page.locator('.gongu-row', { hasText: 'line 28.' }).locator('.gongu-more').getAttribute('aria-expanded'),
  ).toBe('true');
  await touch('touchEnd');
});

test('in a window as low as a telephone’s above its keyboard every entry can be reached', async () => {
  const roomId = await roomWith('from bob');
  const seller = await pages.open('seller', roomId, { context: { viewport: { width: 360, height: 260 } } });
  await more(seller, 'from bob').focus();
  await seller.page.keyboard.press('Enter');
  for (const item of await menu(seller).getByRole('menuitem').all()) {
    await seller.page.keyboard.press('ArrowDown');
    const inSight = await seller.page.evaluate<boolean>(`(() => {
      const { top, bottom, left, right } = document.activeElement.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth;
    })()`);
    expect(inSight, (await item.textContent()) ?? '').toBe(true);
  }
});

test('copy takes the text as it was written, and says so', async () => {
  const roomId = await roomWith('  <b>안녕</b>\n줄 바꿈');
  const permissions = ['clipboard-read', 'clipboard-write'];
  const ann = await pages.open('ann', roomId, { context: { permissions }, locale: 'ko' });
  await ann.sees('안녕');
  await choose(ann, '안녕', '복사');
  await ann.page.getByRole('status').filter({ hasText: '복사했습니다' }).waitFor();
  expect(await ann.page.evaluate('navigator.clipboard.readText()')).toBe('  <b>안녕</b>\n줄 바꿈');
});

test('an edit takes the place of the field’s text, which comes back; both windows see it', async () => {
  const roomId = await roomWith();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  await ann.say('teh text');
  await bob.sees('teh text');
  await ann.field.fill('half a thought');
  await choose(ann, 'teh text', 'Edit');
  await expect.poll(() => ann.field.inputValue()).toBe('teh text');
  expect(await ann.field.getAttribute('aria-label')).toBe('Edit the message');
  expect(await ann.field.evaluate((field) => field === document.activeElement)).toBe(true);
  await ann.field.press('Escape');
  await expect.poll(() => ann.field.inputValue()).toBe('half a thought');
  await choose(ann, 'teh text', 'Edit');
  await ann.field.fill('the text');
  // What is being edited is there again after a reload.
  await ann.page.reload();
  await expect.poll(() => ann.field.inputValue()).toBe('the text');
  await ann.field.press('Enter');
  await bob.sees('the text');
  await bob.page.locator('.gongu-meta', { hasText: 'edited' }).waitFor();
  await expect.poll(() => ann.field.inputValue()).toBe('half a thought');
  await expect.poll(() => ann.texts()).toContain('the text');
});

test('the arrow upwards in an empty field edits the own last message; the same text again asks nobody', async () => {
  const roomId = await roomWith();
  const ann = await pages.open('ann', roomId);
  await ann.say('first');
  await ann.say('second');
  await ann.page.locator('[data-seq] [data-mine=true]', { hasText: 'second' }).waitFor();
  await ann.field.press('ArrowUp');
  await expect.poll(() => ann.field.inputValue()).toBe('second');
  await ann.field.press('Enter');
  await expect.poll(() => ann.field.inputValue()).toBe('');
  expect(ann.sent('edit')).toEqual([]);
  // In a field with a text the arrow moves within it.
  await ann.field.fill('x');
  await ann.field.press('ArrowUp');
  expect(await ann.field.inputValue()).toBe('x');
});

test('where a message was changed elsewhere meanwhile, both texts are shown, and it can be edited again', async () => {
  const roomId = await roomWith();
  const ann = await pages.open('ann', roomId);
  await ann.say('first');
  const row = ann.page.locator('.gongu-row[data-seq]', { hasText: 'first' });
  await row.waitFor();
  const seq = await row.getAttribute('data-seq');
  await choose(ann, 'first', 'Edit');
  await ann.field.fill('mine');
  const theirs = { content: 'from my telephone' };
  await pages.chat.call('PATCH', `/api/chat/rooms/${roomId}/messages/${seq}`, theirs, pages.chat.token('ann'));
  await ann.sees('from my telephone');
  await ann.field.press('Enter');
  const failure = ann.page.locator('.gongu-failure');
  await failure.waitFor();
  expect(await failure.textContent()).toContain('The message was changed meanwhile.');
  expect(await failure.locator('q').textContent()).toBe('mine');
  await expect.poll(() => ann.texts()).toContain('from my telephone');
  await failure.getByRole('button', { name: 'Edit again' }).click();
  await expect.poll(() => ann.field.inputValue()).toBe('mine');
  await ann.field.press('Enter');
  await ann.sees('mine');
  await failure.waitFor({ state: 'detached' });
});

test('a deletion asks first, and leaves a line that says so in both windows', async () => {
  const roomId = await roomWith();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  await ann.say('a mistake');
  await bob.sees('a mistake');
  await choose(ann, 'a mistake', 'Delete');
  const ask = ann.page.getByRole('alertdialog');
  await ask.waitFor();
  expect(await focused(ann)).toBe('Keep it');
  await ann.page.keyboard.press('Escape');
  await ask.waitFor({ state: 'detached' });
  await expect.poll(() => ann.texts()).toContain('a mistake');
  await choose(ann, 'a mistake', 'Delete');
  await ask.getByRole('button', { name: 'Delete' }).click();
  for (const each of [ann, bob]) {
    await each.page.locator('.gongu-deleted').waitFor();
    expect(await each.page.locator('body').textContent()).not.toContain('a mistake');
    expect(await each.page.locator('.gongu-deleted').textContent()).toBe('This message was deleted');
  }
  // Nothing can be done with what is not there.
  expect(
    await ann.page
      .locator('.gongu-row', { has: ann.page.locator('.gongu-deleted') })
      .locator('.gongu-more')
      .count(),
  ).toBe(0);
});

test('a deletion that is refused is undone, and it is said why below the message', async () => {
  const roomId = await roomWith();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  await ann.say('mine');
  await bob.sees('mine');
  // What can be done with a message is loaded with its first use.
  await openMenu(ann, 'mine');
  await ann.page.keyboard.press('Escape');
  await ann.goOffline();
  await ann.page.locator('.gongu-state[data-shown=true]').waitFor();
  await choose(ann, 'mine', 'Delete');
  await ann.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect.poll(() => ann.texts()).toEqual(['This message was deleted']);
  await pages.chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CANCELLED' });
  await ann.page.context().setOffline(false);
  const failure = ann.page.locator('.gongu-failure');
  await failure.filter({ hasText: 'Not deleted. This room can only be read.' }).waitFor();
  for (const each of [ann, bob]) await expect.poll(() => each.texts()).toEqual(['mine']);
  await failure.getByRole('button', { name: 'Leave it' }).click();
  await failure.waitFor({ state: 'detached' });
});

test('of two tabs of one person that edit the same message, one has its text and the other keeps what it wrote', async () => {
  const roomId = await roomWith();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  await ann.say('first');
  await bob.sees('first');
  const context = ann.page.context();
  const page = await context.newPage();
  await page.goto(ann.page.url());
  const tab: Person = { ...ann, page, field: page.locator('textarea') };
  await page.locator('.gongu-row[data-seq]', { hasText: 'first' }).waitFor();
  const edit = async (person: Person, text: string) => {
    await choose(person, 'first', 'Edit');
    await person.field.fill(text);
    await person.field.press('Enter');
    await person.page.locator('.gongu-text', { hasText: text }).waitFor();
  };
  for (const each of [ann, tab]) {
    await openMenu(each, 'first');
    await each.page.keyboard.press('Escape');
  }
  await ann.goOffline();
  for (const each of [ann, tab]) await each.page.locator('.gongu-state[data-shown=true]').waitFor();
  await edit(ann, 'of one tab');
  await edit(tab, 'of the other');
  await context.setOffline(false);
  const failures = () => Promise.all([ann, tab].map((each) => each.page.locator('.gongu-failure').count()));
  await expect.poll(async () => (await failures()).join()).toMatch(/^(?:1,0|0,1)$/);
  const [refused, taken] = (await failures())[0] === 1 ? [ann, tab] : [tab, ann];
  const [theirs, kept] = refused === ann ? ['of the other', 'of one tab'] : ['of one tab', 'of the other'];
  for (const { page: window } of [refused, taken, bob]) {
    await expect.poll(() => window.locator('.gongu-row .gongu-text').allTextContents()).toEqual([theirs]);
  }
  expect(await refused.page.locator('.gongu-failure q').textContent()).toBe(kept);
  await refused.page.locator('.gongu-failure').getByRole('button', { name: 'Edit again' }).click();
  await expect.poll(() => refused.field.inputValue()).toBe(kept);
  await refused.field.press('Enter');
  await bob.sees(kept);
  await expect.poll(async () => (await failures()).join()).toBe('0,0');
});

test('what the filter masks is masked for its writer, too, as soon as it is there: sent, edited, and in quotes', async () => {
  const chat = await startChatService({ CHANGES: 'on', CONTENT_FILTER: 'mask' });
  onTestFinished(() => chat.close());
  const roomId = await chat.room();
  const enter = (userId: string) => pages.open(userId, roomId, { url: chat.url, token: chat.token(userId) });
  const [ann, bob] = [await enter('ann'), await enter('bob')];
  await ann.say('hello');
  await bob.sees('hello');
  await choose(bob, 'hello', 'Reply');
  await bob.say('an answer');
  const quotes = ({ page }: Person) => page.locator('.gongu-quote').allTextContents();
  for (const each of [ann, bob]) await expect.poll(() => quotes(each)).toEqual(['ann: hello']);
  await ann.say('call 010-1234-5678');
  const masked = async (person: Person) => (await person.texts()).at(-1);
  await expect.poll(() => masked(bob)).toMatch(/^call [^0-9]+$/);
  const text = await masked(bob);
  await expect.poll(() => masked(ann)).toBe(text);

  // As he has written it, until it is there.
  const number = 'or 010-8765-4321';
  await choose(ann, 'hello', 'Edit');
  await ann.goOffline();
  await ann.page.locator('.gongu-state[data-shown=true]').waitFor();
  await ann.field.fill(number);
  await ann.field.press('Enter');
  await expect.poll(() => quotes(ann)).toEqual([`ann: ${number}`]);
  await ann.page.context().setOffline(false);
  await expect.poll(() => quotes(bob)).toEqual([expect.stringMatching(/^ann: or [^0-9]+$/)]);
  const shown = await bob.texts();
  for (const each of [ann, bob]) {
    await expect.poll(() => each.texts()).toEqual(shown);
    await expect.poll(() => quotes(each)).toEqual([`ann: ${shown[0]}`]);
  }
  // What comes to the same once it is masked is no change, and is not shown as one that waits.
  await choose(ann, 'or ', 'Edit');
  await ann.field.fill(number);
  await ann.field.press('Enter');
  await ann.page.locator('.gongu-saving').waitFor({ state: 'detached' });
  await expect.poll(() => ann.texts()).toEqual(shown);
  expect(await ann.page.locator('.gongu-failure').count()).toBe(0);
});

test('without a connection edits and deletions show and wait, also over a reload; what was deleted elsewhere stays so', async () => {
  const roomId = await roomWith();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  for (const text of ['one', 'two', 'three']) await ann.say(text);
  await bob.sees('three');
  const seqOf = (text: string) => bob.page.locator('.gongu-row[data-seq]', { hasText: text }).getAttribute('data-seq');
  const three = await seqOf('three');
  const address = ann.page.url();
  await ann.goOffline();
  await ann.page
    .locator('.gongu-state', { hasText: 'not connected' })
    .or(ann.page.locator('.gongu-state[data-shown=true]'))
    .waitFor();
  await choose(ann, 'one', 'Edit');
  await ann.field.fill('one, edited');
  await ann.field.press('Enter');
  await choose(ann, 'two', 'Delete');
  await ann.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await choose(ann, 'three', 'Edit');
  await ann.field.fill('three, edited');
  await ann.field.press('Enter');
  await expect.poll(() => ann.texts()).toEqual(['one, edited', 'This message was deleted', 'three, edited']);
  await expect.poll(() => bob.texts()).toEqual(['one', 'two', 'three']);
  await ann.page.goto('about:blank');
  await pages.chat.call('DELETE', `/api/chat/rooms/${roomId}/messages/${three}`, undefined, pages.chat.token('seller'));
  await ann.page.context().setOffline(false);
  await ann.page.goto(address);
  for (const each of [ann, bob]) {
    await each.sees('one, edited');
    await expect
      .poll(() => each.texts())
      .toEqual(['one, edited', 'This message was deleted', 'This message was deleted']);
  }
  const failure = ann.page.locator('.gongu-failure');
  await failure.waitFor();
  expect(await failure.textContent()).toContain('The message was deleted.');
  await failure.getByRole('button', { name: 'Leave it' }).click();
  await failure.waitFor({ state: 'detached' });
});

test('where the server takes no changes nothing of the kind is offered', async () => {
  const chat = await startChatService();
  onTestFinished(() => chat.close());
  const roomId = await chat.room();
  const ann = await pages.open('ann', roomId, { url: chat.url, token: chat.token('ann') });
  await ann.say('from ann');
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
  await openMenu(ann, 'from ann');
  expect(await entries(ann)).toEqual(['Reply', 'Copy']);
  await menu(ann).press('Escape');
  await ann.field.press('ArrowUp');
  expect(await ann.field.inputValue()).toBe('');
});
