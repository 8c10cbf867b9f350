import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const pages = chatPages();

/** What pages say of everything that they have, by elements, a class and an id; and what texts inherit. */
const HOSTILE = `
  body { color: red; font: italic bold 31px/3 sans-serif; letter-spacing: 5px; text-align: center; text-transform: uppercase;
    white-space: nowrap; cursor: wait; word-spacing: 9px; text-indent: 20px; list-style: square; }
  * { box-sizing: content-box; }
  *::before { content: '!'; }
  button, input, textarea, select { all: unset; display: block; padding: 30px; width: 100%; min-height: 90px; float: left;
    border-radius: 0; text-transform: uppercase; box-shadow: 0 0 9px red; }
  ul, ol { margin: 2em; padding: 3em; border: 5px solid red; }
  li { display: inline-block; float: right; margin: 9px; }
  p, h2, section, header, form, span, strong, time, bdi, label, q { position: relative; top: 9px; margin: 9px; padding: 9px;
    border: 3px solid red; background: yellow; max-width: 50px; line-height: 4; opacity: 0.5; }
  img { max-width: 100%; }
  .prose p, .prose li, .prose button { font-size: 40px; color: lime; display: none; }
  #root div, #root .prose section, #root main * { display: inline; background: red; transform: rotate(2deg); }
`;

/** How every element of the room stands in it and looks. The font is the page's: `--gongu-font`. By text: the tests' own compiler knows no browser. */
const LOOKS = `[...document.querySelectorAll('.gongu-room, .gongu-room *')].map((element) => {
  const box = element.getBoundingClientRect();
  const room = document.querySelector('.gongu-room').getBoundingClientRect();
  // What has no box, as the options of a list that is closed, stands nowhere.
  const [x, y] = box.width + box.height === 0 ? [0, 0] : [box.x - room.x, box.y - room.y];
  const styles = [null, '::before', '::after'].map((part) => {
    const style = getComputedStyle(element, part);
    return [...style].filter((name) => !name.startsWith('--')).map((name) => name + ':' + style.getPropertyValue(name)).join(';');
  });
  return [element.tagName + '.' + element.className, x, y, box.width, box.height, ...styles].join('|');
})`;

/** The page's own sheet, as its policy lets in from scripts. */
const adopt = ({ page }: Person, css: string) =>
  page.evaluate(`(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(${JSON.stringify(css)});
    document.adoptedStyleSheets.push(sheet);
    document.querySelector('main').classList.add('prose');
  })()`);

async function roomWithAll(): Promise<Person> {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'buyer', 4, (n) => `message ${n}`);
  await pages.chat.call('POST', `/api/chat/rooms/${roomId}/messages`, { clientMessageId: 'notice', content: 'notice' });
  const seller = await pages.open('seller', roomId, { context: { viewport: { width: 900, height: 700 } } });
  await seller.sees('notice');
  await seller.page.getByRole('button', { name: 'Show participants' }).click();
  const people = seller.page.getByRole('region', { name: 'Participants' });
  await people.locator('[data-online=true]').waitFor();
  await people.getByText('1 online').waitFor();
  // What is loaded with its first use has come.
  await seller.page.getByRole('button', { name: 'Attach files' }).waitFor();
  await seller.page.waitForLoadState('networkidle');
  // Neither a caret nor a pointer that hovers.
  await seller.page.evaluate('document.activeElement?.blur()');
  await seller.page.mouse.move(0, 0);
  return seller;
}

test('what a page says of its own elements changes nothing of how a conversation stands and looks', async () => {
  const seller = await roomWithAll();
  const before = (await seller.page.evaluate(LOOKS)) as string[];
  expect(before.length).toBeGreaterThan(60);
  await adopt(seller, HOSTILE);
  await seller.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const after = (await seller.page.evaluate(LOOKS)) as string[];
  const differences = after.flatMap((look, i) => {
    if (look === before[i]) return [];
    const [was, is] = [before[i] ?? 'not there', look].map((text) => text.split(/[|;]/));
    return [`${was![0]}: ${is!.filter((part) => !was!.includes(part)).join(' ')}`];
  });
  expect(differences).toEqual([]);
});

test('nothing of the conversation goes out into the page: its sheet says nothing but variables of what is not its own', async () => {
  const seller = await roomWithAll();
  const outside = await seller.page.evaluate(`(() => {
    const found = [];
    const look = (rules) => {
      for (const rule of rules) {
        if (rule.selectorText === undefined) look(rule.cssRules ?? []);
        else if (!rule.selectorText.includes('gongu')) {
          const own = [...rule.style].filter((name) => !name.startsWith('--gongu-'));
          if (own.length > 0) found.push(rule.selectorText + ': ' + own.join(' '));
        }
      }
    };
    for (const sheet of document.styleSheets) look(sheet.cssRules);
    return found;
  })()`);
  // What the test's page says itself.
  const page = ['html, body, #root, main', 'main.unbounded', 'body', '#place', '.only-read'];
  const strange = (outside as string[]).filter((rule) => !page.some((own) => rule.startsWith(`${own}: `)));
  expect(strange).toEqual([]);
});

test('a page has parts of its own in messages, and its styles hold in them', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'buyer', 1, () => 'hello');
  const ann = await pages.open('ann', roomId, { hasParts: true });
  const like = ann.page.locator('.gongu-row .like').first();
  await like.waitFor();
  await ann.page.getByText('medal of buyer').waitFor();
  await ann.page.getByText('HELLO', { exact: true }).waitFor();
  await adopt(ann, 'button { padding: 7px 31px; border: 3px solid rgb(1, 2, 3); } .loud { color: rgb(9, 8, 7); }');
  const look = (selector: string, name: string) =>
    ann.page.evaluate(`getComputedStyle(document.querySelector('.gongu-row ${selector}')).getPropertyValue('${name}')`);
  expect([await look('.like', 'padding-left'), await look('.like', 'border-top-color')]).toEqual([
    '31px',
    'rgb(1, 2, 3)',
  ]);
  expect(await look('.loud', 'color')).toBe('rgb(9, 8, 7)');
});
