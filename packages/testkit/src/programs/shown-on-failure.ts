import type { BrowserContext, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Of what a page shows; the whole of it would push all else out of the end of a log. */
const CHARACTERS = 600;
/** Of a conversation, whose newest messages are at its end. */
const ROOM_CHARACTERS = 400;
/** For a page to answer. One that hangs has shown what there is to see. */
const ANSWER_MS = 10_000;

/**
 * Has the error of the test that runs now say in its second lines what each page of that browser shows when it fails: of
 * most failures in CI nothing is kept but the end of a log. To be called after what closes the context.
 *
 * @param who whose browser it is
 */
export function showOnFailure(context: BrowserContext, who: () => string): void {
  onTestFinished(async ({ task }) => {
    const error = task.result?.state === 'fail' ? task.result.errors?.[0] : undefined;
    if (!error) return;
    const shown = await Promise.all(context.pages().map(async (page) => `  ${who()} saw ${await shownBy(page)}`));
    const [first = ''] = error.message.split('\n');
    const told = [first, ...shown].join('\n');
    // As a function: what a page shows may have a "$".
    error.message = error.message.replace(first, () => told);
    error.stack = error.stack?.replace(first, () => told);
  });
}

async function shownBy(page: Page): Promise<string> {
  const { pathname } = new URL(page.url(), 'http://page');
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it did not answer')), ANSWER_MS);
  });
  try {
    const [all, room] = (await Promise.race([page.evaluate(TEXTS), tooLate])) as [string, string];
    const inRoom = shortened(room, ROOM_CHARACTERS);
    const around = shortened(all, CHARACTERS - inRoom.length);
    return `${pathname}: ${around}${inRoom && ` | room: ${inRoom}`}`;
  } catch (error) {
    return `${pathname}, and what is not known: ${String(error).split('\n')[0]}`;
  } finally {
    clearTimeout(timer);
  }
}

/** The text of the page without its conversation, and that of the conversation. Of the shop's head only its news. */
const TEXTS = `(() => {
  const inside = document.querySelector('.gongu-room')?.innerText ?? '';
  const main = document.querySelectorAll('.told, main');
  const all = [...(main.length > 0 ? main : [document.body])].map(({ innerText }) => innerText).join(' ');
  return [all.replace(inside, () => ''), inside];
})()`;

/** In one line, without tokens; a text that is too long loses its middle. */
function shortened(text: string, most: number): string {
  const line = text
    .replaceAll(/\beyJ[\w-]*\.[\w.-]*/g, '(token)')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (line.length <= most) return line;
  const end = Math.floor(most / 2);
  return `${line.slice(0, most - end - 3)} … ${line.slice(-end)}`;
}
