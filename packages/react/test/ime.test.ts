import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { createEnterKey } from '../src/components/enter-key.ts';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const pages = chatPages();

/** One event as a browser fires it, in order. `value`: what the field holds from then on. */
type Step =
  | { type: 'keydown'; key: string; keyCode: number; isComposing?: boolean; shiftKey?: boolean }
  | { type: 'compositionstart' | 'compositionend' }
  | { type: 'beforeinput'; inputType: string; isComposing?: boolean }
  | { type: 'input'; value: string; isComposing?: boolean };

const enter = (fields: object = {}): Step => ({ type: 'keydown', key: 'Enter', keyCode: 13, ...fields });
const lineBreak: Step = { type: 'beforeinput', inputType: 'insertLineBreak' };

/** The last syllable of 한글, composed and left open. */
const composing: Step[] = [
  { type: 'keydown', key: 'Process', keyCode: 229 },
  { type: 'compositionstart' },
  { type: 'input', value: '한ㄱ', isComposing: true },
  { type: 'keydown', key: 'Process', keyCode: 229, isComposing: true },
  { type: 'input', value: '한글', isComposing: true },
];

/** One press of Enter at the end of 한글, as browsers with input methods are known to report it. */
const SEQUENCES: readonly { name: string; steps: Step[]; sends: number }[] = [
  {
    name: 'Korean, Chrome on macOS: a keydown of the input method, then a real one for the same press',
    steps: [...composing, enter({ keyCode: 229, isComposing: true }), { type: 'compositionend' }, enter()],
    sends: 1,
  },
  {
    name: 'Korean, Chrome on Windows: the composition ends within the keydown, a line break follows',
    steps: [...composing, enter({ keyCode: 229, isComposing: true }), { type: 'compositionend' }, lineBreak],
    sends: 1,
  },
  {
    name: 'Korean, Safari: the composition ends before the keydown, which is 229 all the same, and a line break follows',
    steps: [...composing, { type: 'compositionend' }, enter({ keyCode: 229 }), lineBreak],
    sends: 1,
  },
  {
    name: 'Korean, Safari, where a real keydown follows',
    steps: [...composing, { type: 'compositionend' }, enter({ keyCode: 229 }), enter(), lineBreak],
    sends: 1,
  },
  {
    name: 'Korean, Firefox: keydown while composing, end, then the line break',
    steps: [
      ...composing,
      enter({ key: 'Process', keyCode: 229, isComposing: true }),
      { type: 'compositionend' },
      lineBreak,
    ],
    sends: 1,
  },
  {
    name: 'Korean, the syllable already closed by a space: an ordinary Enter',
    steps: [...composing, { type: 'compositionend' }, { type: 'keydown', key: ' ', keyCode: 32 }, enter()],
    sends: 1,
  },
  {
    name: 'Japanese, Chrome: Enter picks the candidate, and only the next one sends',
    steps: [...composing, enter({ keyCode: 229, isComposing: true }), { type: 'compositionend' }],
    sends: 0,
  },
  {
    name: 'Japanese, Safari: Enter picks the candidate after the composition has ended',
    steps: [...composing, { type: 'compositionend' }, enter({ keyCode: 229 })],
    sends: 0,
  },
  {
    name: 'Japanese, Safari: picked, and then sent',
    steps: [...composing, { type: 'compositionend' }, enter({ keyCode: 229 }), enter()],
    sends: 1,
  },
  {
    name: 'Android: no key codes, only the line break',
    steps: [
      ...composing,
      { type: 'compositionend' },
      { type: 'keydown', key: 'Unidentified', keyCode: 229 },
      lineBreak,
    ],
    sends: 1,
  },
  {
    name: 'two presses of Enter in a row, as of an impatient finger',
    steps: [...composing, { type: 'compositionend' }, enter(), enter(), lineBreak],
    sends: 1,
  },
  {
    name: 'Shift and Enter begins a line',
    steps: [...composing, { type: 'compositionend' }, enter({ shiftKey: true }), lineBreak],
    sends: 0,
  },
];

/** Plays a sequence in the page. An Enter whose default was prevented inserts no line, so no `beforeinput` follows it. */
async function play({ field }: Person, steps: readonly Step[]): Promise<void> {
  await field.evaluate((element, played: readonly Step[]) => {
    const textarea = element as HTMLTextAreaElement;
    let isPrevented = false;
    for (const step of played) {
      if (step.type === 'keydown') {
        const event = new KeyboardEvent('keydown', { ...step, bubbles: true, cancelable: true });
        // Chrome takes no keyCode from a script.
        Object.defineProperty(event, 'keyCode', { value: step.keyCode });
        isPrevented = !textarea.dispatchEvent(event) || isPrevented;
      } else if (step.type === 'input') {
        textarea.value = step.value;
        textarea.dispatchEvent(new InputEvent('input', { bubbles: true, isComposing: step.isComposing ?? false }));
      } else if (step.type === 'beforeinput') {
        if (isPrevented) continue;
        const { inputType, isComposing = false } = step;
        const event = new InputEvent('beforeinput', { inputType, isComposing, bubbles: true, cancelable: true });
        if (textarea.dispatchEvent(event)) textarea.value += '\n';
      } else textarea.dispatchEvent(new CompositionEvent(step.type, { bubbles: true }));
    }
  }, steps);
}

test.each(SEQUENCES)('$name', async ({ steps, sends }) => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, { enterSends: true });
  await ann.seesLine('ann joined');
  await play(ann, steps);
  if (sends > 0) {
    await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
    expect(await ann.field.inputValue()).toBe('');
    await expect.poll(() => ann.texts()).toEqual(['한글']);
  } else {
    expect(await ann.field.inputValue()).toMatch(/^한글\n?$/);
    await ann.page.waitForTimeout(100);
  }
  expect(ann.sent('send')).toHaveLength(sends);
});

test('a real composition in Chromium is sent once, whole, and nothing of it stays in the field', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, { enterSends: true });
  await ann.seesLine('ann joined');
  await ann.field.focus();
  const input = await ann.page.context().newCDPSession(ann.page);
  const said: string[] = [];
  for (const text of ['안녕하세요', '감귤 있어요', 'ㅎㅎ']) {
    for (const character of text) {
      await input.send('Input.imeSetComposition', { text: character, selectionStart: 1, selectionEnd: 1 });
      await input.send('Input.insertText', { text: character });
    }
    await input.send('Input.dispatchKeyEvent', {
      type: 'keyDown',
      key: 'Enter',
      code: 'Enter',
      windowsVirtualKeyCode: 13,
      text: '\r',
    });
    await input.send('Input.dispatchKeyEvent', {
      type: 'keyUp',
      key: 'Enter',
      code: 'Enter',
      windowsVirtualKeyCode: 13,
    });
    said.push(text);
    await expect.poll(() => ann.page.locator('[data-seq] [data-mine=true]').count()).toBe(said.length);
    expect(await ann.field.inputValue()).toBe('');
  }
  await expect.poll(() => ann.texts()).toEqual(said);
  expect(ann.sent('send')).toHaveLength(3);
});

test('with Enter pressed in the middle of a real composition the syllable is kept and nothing is sent twice', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, { enterSends: true });
  await ann.seesLine('ann joined');
  await ann.field.focus();
  const input = await ann.page.context().newCDPSession(ann.page);
  await input.send('Input.imeSetComposition', { text: '글', selectionStart: 1, selectionEnd: 1 });
  await input.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Process',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  });
  expect(ann.sent('send')).toHaveLength(0);
  await input.send('Input.insertText', { text: '글' });
  await ann.field.press('Enter');
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
  await expect.poll(() => ann.texts()).toEqual(['글']);
  expect(ann.sent('send')).toHaveLength(1);
});

test('on a telephone Enter begins a line, and the button sends', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, {
    context: { hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } },
  });
  await ann.field.pressSequentially('one');
  await ann.field.press('Enter');
  await ann.field.pressSequentially('two');
  await ann.page.getByRole('button', { name: 'Send', exact: true }).tap();
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
  await expect.poll(() => ann.texts()).toEqual(['one\ntwo']);
});

test('white space alone is not sent', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, { enterSends: true });
  await ann.seesLine('ann joined');
  await ann.say('   ');
  expect(await ann.page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
  await ann.page.waitForTimeout(100);
  expect(ann.sent('send')).toHaveLength(0);
});

it('the numeric keypad’s Enter counts as Enter', () => {
  const key = createEnterKey();
  expect(key.keydown({ key: 'Enter', keyCode: 13, isComposing: false, shiftKey: false })).toBe(true);
  expect(key.keydown({ key: 'a', keyCode: 65, isComposing: false, shiftKey: false })).toBe(false);
});
