import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { markedText } from '@gongu/client';
import { axeViolations, browserProgram } from '@gongu/testkit/browser';
import { expect, it, test } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

test.each([
  ['귤 두 상자', '두 상', '귤 [두 상]자'],
  // Decomposed, as some systems write it; and half of a syllable is none.
  ['귤 두 상자'.normalize('NFD'), '두 상', '귤 [두 상]자'],
  ['상자', '사', '상자'],
  ['ＡＢＣ 주스', 'abc', '[ＡＢＣ] 주스'],
  ['Straße', 'strasse', '[Straße]'],
  ['Straße', 'as', 'Str[aß]e'],
  ['ΟΔΟΣ οδος', 'οδος', '[ΟΔΟΣ] [οδος]'],
  ['aaa', 'aa', '[aa]a'],
  ['👨‍👩‍👧 가족', '👨‍👩‍👧', '[👨‍👩‍👧] 가족'],
  ['㈜귤', '(주)', '[㈜]귤'],
  ['가격 ５，０００원', '5,000', '가격 [５，０００]원'],
  // Letters that stand alone are a syllable to those who look for them.
  ['ㄱㅠ 상자', '규 상', '[ㄱㅠ 상]자'],
  ['ﾡﾢ ｱﾊﾟｰﾄ', 'アパート', 'ﾡﾢ [ｱﾊﾟｰﾄ]'],
  ['\u1100\u1172\u11af 두', '귤', '[귤] 두'],
  ['nothing', 'else', 'nothing'],
])('of %j what is found by %j is marked', (content, q, marked) => {
  const pieces = markedText(content, q).map(({ text, isHit }) => (isHit ? `[${text}]` : text));
  expect(pieces.join('').normalize('NFC')).toBe(marked);
});

test('an excerpt begins a little before the first hit', () => {
  const [before, hit] = markedText(`${'가'.repeat(500)}귤 상자`, '귤 상');
  expect([before, hit]).toEqual([
    { text: `…${'가'.repeat(40)}`, isHit: false },
    { text: '귤 상', isHit: true },
  ]);
});

const inBrowser = it.skipIf(!browserProgram());
const pages = chatPages();
const panel = ({ page }: Person) => page.locator('.gongu-search');
const hits = (person: Person) => panel(person).locator('.gongu-hit');
const saying = (person: Person, text: string) => panel(person).getByRole('status').filter({ hasText: text }).waitFor();
const DESK = { viewport: { width: 1_100, height: 700 } };

async function search(person: Person, q: string): Promise<void> {
  if (!(await panel(person).isVisible())) await person.page.locator('.gongu-find').click();
  await panel(person).locator('input[type=search]').fill(q);
}

inBrowser('hits are marked, more come by scrolling, and one leads far into the history', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 300, (n) => (n % 10 === 0 ? `귤 상자 ${n}.` : `message ${n}.`));
  const ann = await pages.open('ann', roomId, { context: DESK });
  await ann.sees('귤 상자 300.');
  await search(ann, '상');
  await saying(ann, 'Two characters or more');
  await search(ann, '귤　상자'.normalize('NFD'));
  await saying(ann, '20 and more found');
  expect(await hits(ann).first().locator('mark').allTextContents()).toEqual(['귤 상자']);
  // More of the same come, whatever stands in the field by then.
  await panel(ann)
    .locator('input[type=search]')
    .evaluate((field: HTMLInputElement) => field.setRangeText('nowhere'));
  await hits(ann).last().scrollIntoViewIfNeeded();
  await saying(ann, '30 found');
  await hits(ann).last().click();
  const row = ann.page.locator('.gongu-row', { hasText: '귤 상자 10.' });
  await row.waitFor();
  await expect.poll(() => row.evaluate((element) => element === document.activeElement)).toBe(true);
  await search(ann, 'nowhere');
  await saying(ann, 'Nothing found');
  // A syllable that is still being made is looked for as it is, and the field is left alone.
  const field = panel(ann).locator('input[type=search]');
  await field.fill('');
  await field.focus();
  const ime = await ann.page.context().newCDPSession(ann.page);
  for (const text of ['사', '상', '상ㅈ', '상자']) {
    await ime.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  }
  await saying(ann, '20 and more found');
  expect(await field.inputValue()).toBe('상자');
});

inBrowser(
  'what fails is said and tried again; with one’s other rooms, a hit names its room and is for the page to open',
  async () => {
    const [roomId, other] = [await pages.chat.room(), await pages.chat.room()];
    // Of these one page is not all.
    await pages.chat.fill(roomId, 'ann', 30, () => 'a fig');
    for (const id of [roomId, other]) await pages.chat.fill(id, 'ann', 1, () => `a quince of ${id}`);
    const ann = await pages.open('ann', roomId, { context: DESK, opens: true });
    await ann.sees('a quince of');
    await search(ann, 'a fig');
    await saying(ann, '20 and more found');
    await ann.page.route(/\/search\?/, (route) => route.abort());
    await search(ann, 'quince');
    await saying(ann, 'Could not be loaded');
    await ann.page.unroute(/\/search\?/);
    await panel(ann).getByRole('button', { name: 'Try again' }).click();
    await saying(ann, '1 found');
    await panel(ann).getByRole('checkbox', { name: 'In all my chats' }).check();
    await saying(ann, '2 found');
    await hits(ann).filter({ hasText: other }).click();
    await expect.poll(() => ann.page.evaluate('location.hash')).toMatch(new RegExp(`^#${other}:\\d+$`));
  },
);

inBrowser('a page can lead to a message when it opens a room', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 200, (n) => `message ${n}.`);
  const ann = await pages.open('ann', roomId, { showMessage: `${roomId}:20` });
  const row = ann.page.locator('.gongu-row[data-seq="20"]');
  await expect.poll(() => row.evaluate((element) => element === document.activeElement)).toBe(true);
});

inBrowser.each(['ko', 'en'] as const)(
  'at 360 px axe finds nothing in a search, and a hit is shown in its place: %s',
  async (locale) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const roomId = await pages.chat.room();
    await pages.chat.fill(roomId, 'bob', 3, (n) => `${'긴 이야기 '.repeat(30)}귤 ${n}`);
    const context = { viewport: { width: 360, height: 640 }, colorScheme: locale === 'ko' ? 'dark' : 'light' } as const;
    const ann = await pages.open('ann', roomId, { locale, context, opens: true });
    await ann.sees('귤 3');
    await search(ann, '귤 3');
    await hits(ann).first().waitFor();
    expect(await axeViolations(ann.page, axe)).toEqual([]);
    expect(await ann.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await hits(ann).first().click();
    await panel(ann).waitFor({ state: 'detached' });
    await expect.poll(() => ann.page.evaluate('document.activeElement.textContent')).toContain('귤 3');
  },
);
