import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const pages = chatPages();

/** What has broken chats elsewhere: markup, scripts in every disguise, addresses, directions, and too much of everything. */
const CORPUS: readonly string[] = [
  '<script>window.pwned = 1</script>',
  '"><script>window.pwned = 1</script>',
  "'-window.pwned=1-'",
  '<img src=x onerror="window.pwned = 1">',
  '<svg onload=window.pwned=1>',
  '<svg><script>window.pwned=1</script></svg>',
  '<iframe srcdoc="<script>parent.pwned = 1</script>"></iframe>',
  '<a href="javascript:window.pwned=1">click</a>',
  'javascript:window.pwned=1',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.pwned=1>',
  '<div style="position:fixed;inset:0;z-index:9999">over all</div>',
  '<style>* { display: none }</style>',
  '<base href="http://127.0.0.1:1/">',
  '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:1/">',
  '<form action="http://127.0.0.1:1/"><input name=token></form>',
  '&lt;script&gt;window.pwned=1&lt;/script&gt;',
  '&#60;script&#62;window.pwned=1&#60;/script&#62;',
  '\\u003cscript\\u003ewindow.pwned=1\\u003c/script\\u003e',
  '{{constructor.constructor("window.pwned=1")()}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant to stay one
  '${window.pwned = 1}',
  '%3Cscript%3Ewindow.pwned=1%3C/script%3E',
  '<!--',
  '-->',
  ']]>',
  '</textarea><script>window.pwned=1</script>',
  '</title><script>window.pwned=1</script>',
  '{"__html":"<img src=x onerror=window.pwned=1>"}',
  '[object Object]',
  'null',
  'undefined',
  'NaN',
  '__proto__',
  'constructor',
  '\u202eright to left override \u202c',
  '\u200b\u200e\u2066isolated\u2069',
  'e\u0301\u0302\u0303\u0304\u0305\u0306'.repeat(20),
  '🏳️‍🌈👨‍👩‍👧‍👦🇰🇷',
  '한'.repeat(2_000),
  'W'.repeat(2_000),
  '\t tab and   spaces \n\n\n lines',
];

test('every text of the corpus is shown as the text it is: in the list, in the announcements and in a quotation', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId);
  await ann.seesLine('ann joined');
  await pages.chat.fill(roomId, 'mallory', CORPUS.length, (n) => CORPUS[n - 1]!);
  await ann.sees('lines');
  await ann.page.reload();
  await ann.sees('lines');
  await expect.poll(() => ann.texts()).toEqual(CORPUS);
  const quoted = CORPUS[3]!;
  await ann.page
    .locator('.gongu-row', { hasText: 'onerror="window.pwned' })
    .getByRole('button', { name: 'Actions of mallory’s message' })
    .focus();
  await ann.page.keyboard.press('Enter');
  await ann.page.getByRole('menuitem', { name: 'Reply' }).press('Enter');
  expect(await ann.page.locator('.gongu-replying q').textContent()).toBe(quoted);
  await ann.say('answered');
  await ann.page.locator('.gongu-quote').waitFor();
  expect(await ann.page.locator('.gongu-quote').textContent()).toBe(`mallory: ${quoted}`);
  expect(await ann.page.evaluate('window.pwned')).toBeUndefined();
  // Nothing that anybody wrote became an element, and the page is no wider for it.
  const strange = await ann.page.evaluate(
    () =>
      document.querySelectorAll('#root :is(script, img, svg, iframe, a, style, form form, base, meta, table)').length,
  );
  expect(strange).toBe(0);
  expect(await ann.scroller.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
});

test('titles, nicknames and tags are texts too', async () => {
  const bad = '<img src=x onerror=window.pwned=1>';
  const roomId = await pages.chat.room({ title: bad, hostNickname: '<b>host</b>' });
  const ann = await pages.open('ann', roomId, {
    token: pages.chat.token('ann', { nickname: '<i>ann</i>', tag: '<u>1</u>' }),
  });
  await ann.seesLine('<i>ann</i>#<u>1</u> joined');
  expect(await ann.page.getByRole('heading', { level: 2 }).textContent()).toBe(bad);
  await ann.page.getByRole('button', { name: 'Show participants' }).click();
  await ann.page.getByText('<b>host</b>').waitFor();
  const bob = await pages.open('bob', roomId);
  // Who types before he has entered is not told of.
  await bob.seesLine('bob joined');
  await bob.field.pressSequentially('typing');
  await ann.page.getByText('bob is writing').waitFor();
  await bob.say('x');
  await ann.say('y');
  await bob.page.locator('.gongu-name', { hasText: '<i>ann</i>#<u>1</u>' }).waitFor();
  expect(await ann.page.evaluate('window.pwned')).toBeUndefined();
  expect(await bob.page.evaluate('window.pwned')).toBeUndefined();
});
