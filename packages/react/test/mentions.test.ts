import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { expect, it, test } from 'vitest';
import { hangulLetters } from '../src/components/hangul-letters.ts';
import { mentionAt, mentionsIn } from '../src/components/mentions.ts';
import { chatPages, type Person } from './fixture/chat-page.ts';

test.each([
  ['ㄱ', true],
  ['규', true],
  ['귤', true],
  // The letter that will begin the next syllable still ends this one.
  ['귨', true],
  ['귤ㅅ', true],
  ['귤사랑'.normalize('NFD'), true],
  ['귤살', true],
  ['귤손', false],
  ['ＧＹＵＬ', false],
  ['사', false],
])('%j begins 귤사랑, while it is being typed: %j', (typed, begins) => {
  expect(hangulLetters('귤사랑').startsWith(hangulLetters(typed))).toBe(begins);
});

test.each([
  ['@', '', 0],
  ['hello @an', 'an', 6],
  ['(@귤', '귤', 1],
  ['me@example', null, 0],
  ['@ann and', null, 0],
  ['@@', null, 0],
])('in %j a name is being written: %j', (text, query, from) => {
  expect(mentionAt(text, text.length)).toEqual(query === null ? null : { from, query });
});

test('whom a text mentions is read from it: whole names, the longest first, also before a particle', () => {
  const people = ['ann', 'ann lee', '귤사랑', 'bob'].map((nickname) => ({
    userId: `id ${nickname}`,
    nickname,
    tag: null,
  }));
  expect(mentionsIn('@ann lee, @귤사랑님 @all', people, null)).toEqual({
    mentions: ['id ann lee', 'id 귤사랑'],
    mentionsAll: false,
  });
  expect(mentionsIn('@all @bo', people, 'all')).toEqual({ mentions: [], mentionsAll: true });
});

test('an address of mail and a longer word mention nobody, nor all', () => {
  const people = ['ann', '귤', 'b.o'].map((nickname) => ({ userId: nickname, nickname, tag: null }));
  const read = (text: string) => mentionsIn(text, people, 'all');
  for (const text of ['me@ann.example', 'me@all.example', '@annabel', '@allison', '@ann_2 @all5', 'x@b.o', '@b.on']) {
    expect(read(text), text).toEqual({ mentions: [], mentionsAll: false });
  }
  expect(read('(@ann), @b.o. 여기@귤도 @all!')).toEqual({ mentions: ['ann', 'b.o', '귤'], mentionsAll: true });
  expect(read('@annabel @ann님, @allison @all에게')).toEqual({ mentions: ['ann'], mentionsAll: true });
});

test('of several of one name those are mentioned who were chosen, else each; who is not loaded stays so while there is an @', () => {
  const people = ['ann 1', 'ann 2', 'bob'].map((userId) => ({ userId, nickname: userId.split(' ')[0]!, tag: null }));
  const read = (text: string, ...chosen: string[]) => mentionsIn(text, people, null, chosen).mentions;
  expect(read('@ann')).toEqual(['ann 1', 'ann 2']);
  expect(read('@ann @bob', 'ann 2')).toEqual(['ann 2', 'bob']);
  expect(read('@ann @ann', 'ann 1', 'ann 2')).toEqual(['ann 1', 'ann 2']);
  expect(read('@bob', 'ann 2')).toEqual(['bob']);
  expect(read('@bob @cho', 'cho')).toEqual(['bob', 'cho']);
  expect(read('@bob', 'cho')).toEqual(['bob']);
});

const inBrowser = it.skipIf(!browserProgram());
const pages = chatPages();
const list = ({ page }: Person) => page.getByRole('listbox', { name: /Mention|멘션/ });
const offered = (person: Person) => list(person).getByRole('option').allTextContents();
const marked = ({ page }: Person) => page.locator('.gongu-mention').allTextContents();

async function together(...people: string[]): Promise<{ roomId: string; persons: Person[] }> {
  const roomId = await pages.chat.room();
  const persons: Person[] = [];
  for (const userId of people) persons.push(await pages.open(userId, roomId));
  for (const { page } of persons)
    await page.locator('.gongu-show-people', { hasText: String(people.length) }).waitFor();
  return { roomId, persons };
}

inBrowser(
  'names are offered after an @, by keys that stay in the field; both windows mark who is mentioned, and he is led there',
  async () => {
    const { roomId, persons } = await together('ann', 'bob', 'bea');
    const [ann, bob] = persons as [Person, Person];
    await ann.field.pressSequentially('hi @b');
    await expect.poll(() => offered(ann).then((names) => names.sort())).toEqual(['@bea', '@bob']);
    const active = () =>
      ann.page.evaluate<string>(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.textContent",
      );
    const first = await active();
    await ann.field.press('ArrowDown');
    await expect.poll(active).not.toBe(first);
    await ann.field.pressSequentially('o');
    await expect.poll(() => offered(ann)).toEqual(['@bob']);
    await expect.poll(active).toBe('@bob');
    await ann.field.press('Enter');
    expect(await ann.field.inputValue()).toBe('hi @bob ');
    expect(await list(ann).count()).toBe(0);
    // Escape closes the list, and the text stays.
    await ann.field.pressSequentially('@');
    await list(ann).waitFor();
    await ann.field.press('Escape');
    expect(await list(ann).count()).toBe(0);
    await ann.field.press('Backspace');
    await ann.field.press('Enter');
    for (const each of [ann, bob]) await expect.poll(() => marked(each)).toEqual(['@bob']);
    expect(ann.sent('send').at(-1)).toMatchObject({ content: 'hi @bob', mentions: ['bob'] });
    await bob.page.locator('.gongu-bubble[data-mentions-me=true]').waitFor();
    expect(await ann.page.locator('[data-mentions-me=true]').count()).toBe(0);

    // On its way it looks as it will when it is there, and nothing moves then.
    await bob.say('from bob');
    await ann.sees('from bob');
    await ann.goOffline();
    await ann.say('@bob see https://example.com/a');
    const own = ann.page.locator('.gongu-row', { hasText: 'see https' });
    await own.locator('.gongu-message[data-status]').waitFor();
    expect(await own.locator('.gongu-mention').textContent()).toBe('@bob');
    expect(await own.getByRole('link').getAttribute('href')).toBe('https://example.com/a');
    const height = async () => (await own.boundingBox())?.height;
    const onItsWay = await height();
    await ann.page.context().setOffline(false);
    await own.locator('.gongu-message:not([data-status])').waitFor();
    expect(await height()).toBe(onItsWay);

    // Who reads elsewhere is told, and led there.
    await pages.chat.fill(roomId, 'ann', 60, (n) => `message ${n}.`);
    await bob.sees('message 60.');
    await bob.scroller.evaluate((element) => element.scrollTo(0, 0));
    await bob.page.locator('.gongu-pill').waitFor();
    await ann.field.fill('@bob again');
    await ann.field.press('Enter');
    await bob.page.getByRole('button', { name: '@ 1: to what mentions you' }).click();
    const row = bob.page.locator('.gongu-row', { hasText: '@bob again' });
    await expect.poll(() => row.evaluate((element) => element === document.activeElement)).toBe(true);
    await bob.page.locator('.gongu-to-mention').waitFor({ state: 'detached' });
  },
);

inBrowser(
  'a Korean name is found while its syllables are being made, and chosen by Enter or a press; all are the host’s to mention',
  async () => {
    const { persons } = await together('ann', '귤사랑');
    const [ann] = persons as [Person];
    await ann.field.focus();
    const ime = await ann.page.context().newCDPSession(ann.page);
    await ime.send('Input.insertText', { text: '@' });
    for (const text of ['ㄱ', '규', '귤', '귨']) {
      await ime.send('Input.imeSetComposition', { text, selectionStart: 1, selectionEnd: 1 });
      await expect.poll(() => offered(ann), { message: text }).toEqual(['@귤사랑']);
    }
    await list(ann).getByRole('option').click();
    expect(await ann.field.inputValue()).toBe('@귤사랑 ');
    // Enter ends the syllable first, and only then chooses; nothing is sent by either.
    await ann.field.fill('');
    await ime.send('Input.insertText', { text: '@' });
    await ime.send('Input.imeSetComposition', { text: '귤', selectionStart: 1, selectionEnd: 1 });
    await expect.poll(() => offered(ann)).toEqual(['@귤사랑']);
    const process = { key: 'Process', code: 'Enter', windowsVirtualKeyCode: 229 };
    await ime.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...process });
    expect(await ann.field.inputValue()).toBe('@귤');
    await ime.send('Input.insertText', { text: '귤' });
    await ann.field.press('Enter');
    expect(await ann.field.inputValue()).toBe('@귤사랑 ');
    expect(ann.sent('send')).toEqual([]);
    await ann.field.pressSequentially('님 @al');
    expect(await list(ann).getByRole('option').count()).toBe(0);
    await ann.field.fill('@귤사랑님');
    await ann.field.press('Enter');
    await expect.poll(() => marked(ann)).toEqual(['@귤사랑']);
  },
);

inBrowser.each(['ko', 'en'] as const)('at 360 px axe finds nothing in the list of names: %s', async (locale) => {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'ann', 1, () => 'from ann');
  const context = { viewport: { width: 360, height: 640 }, colorScheme: locale === 'ko' ? 'dark' : 'light' } as const;
  const seller = await pages.open('seller', roomId, { locale, context });
  await seller.sees('from ann');
  await seller.field.pressSequentially('@');
  await expect.poll(() => offered(seller)).toEqual([locale === 'ko' ? '@모두' : '@all', '@ann']);
  expect(await axeViolations(seller.page, axe)).toEqual([]);
  await seller.field.press('Tab');
  await seller.field.press('Enter');
  await expect.poll(() => marked(seller)).toHaveLength(1);
  await seller.page.locator('.gongu-row[data-seq] .gongu-mention').waitFor();
  expect(await axeViolations(seller.page, axe)).toEqual([]);
  expect(await seller.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});

inBrowser('of two who bear one name it is he who was chosen that is mentioned, also after a reload', async () => {
  const roomId = await pages.chat.room();
  const path = `/api/chat/rooms/${roomId}/participants`;
  for (const userId of ['bob-1', 'bob-2']) {
    await pages.chat.call('POST', path, {}, pages.chat.token(userId, { nickname: 'bob' }));
  }
  const ann = await pages.open('ann', roomId);
  await ann.page.locator('.gongu-show-people', { hasText: '3' }).waitFor();
  await ann.field.pressSequentially('@bo');
  await expect.poll(() => offered(ann).then((all) => all.sort())).toEqual(['@bob bob-1', '@bob bob-2']);
  await list(ann).getByRole('option', { name: 'bob-2' }).click();
  await ann.page.reload();
  await expect.poll(() => ann.field.inputValue()).toBe('@bob ');
  await ann.page.locator('.gongu-show-people', { hasText: '3' }).waitFor();
  await ann.field.press('Enter');
  await expect.poll(() => ann.sent('send').at(-1)).toMatchObject({ content: '@bob', mentions: ['bob-2'] });
  await expect.poll(() => marked(ann)).toEqual(['@bob']);
  // What was chosen goes with its text.
  await ann.field.fill('@bob');
  await list(ann).waitFor();
  await ann.field.press('Escape');
  await ann.field.press('Enter');
  await expect.poll(() => ann.sent('send')).toHaveLength(2);
  expect(ann.sent('send').at(-1)).toMatchObject({ mentions: expect.arrayContaining(['bob-1', 'bob-2']) });
});

inBrowser('an edit keeps the mention of a member who is not loaded', async () => {
  const roomId = await pages.chat.room({ maxParticipants: 200 });
  const path = `/api/chat/rooms/${roomId}`;
  const join = (userId: string) => pages.chat.call('POST', `${path}/participants`, {}, pages.chat.token(userId));
  await join('ann');
  for (let n = 0; n < 105; n++) await join(`fan-${n}`);
  await join('zoe');
  const message = { clientMessageId: 'one', content: '@zoe hello', mentions: ['zoe'] };
  await pages.chat.call('POST', `${path}/messages`, message, pages.chat.token('ann'));
  const ann = await pages.open('ann', roomId);
  await ann.sees('hello');
  // Nor can they be.
  await ann.page.route('**/participants?*', (route) => route.abort());
  await ann.field.press('ArrowUp');
  await ann.field.press('End');
  await ann.field.pressSequentially(' again');
  await ann.field.press('Enter');
  await expect.poll(() => ann.sent('edit').at(-1)).toMatchObject({ content: '@zoe hello again', mentions: ['zoe'] });
});
