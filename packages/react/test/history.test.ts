import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type Person } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const pages = chatPages();

/** Messages of very different heights. */
const text = (n: number) => `message ${n}${' — 긴 이야기'.repeat((n * 7) % 23)}${n % 5 === 0 ? '\n한 줄\n두 줄' : ''}`;

/** A room with `count` messages by `ann`, in which `me` was when it was opened. */
async function filledRoom(count: number): Promise<string> {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'ann', count, text);
  return roomId;
}

const distanceFromEnd = ({ scroller }: Person) =>
  scroller.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);

/** Messages in sight: number and distance from the scroller's top, to the fraction of a pixel. */
function inSight({ scroller }: Person): Promise<{ seq: number; top: number }[]> {
  return scroller.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return [...element.querySelectorAll('[data-seq]')]
      .map((row) => ({ seq: Number((row as HTMLElement).dataset.seq), box: row.getBoundingClientRect() }))
      .filter(({ box }) => box.bottom > top && box.top < bottom)
      .map(({ seq, box }) => ({ seq, top: box.top - top }))
      .sort((a, b) => a.seq - b.seq);
  });
}

test('in a page that gives it no height the list is as high as the window, and loads no more than a reader needs', async () => {
  const roomId = await filledRoom(400);
  const bob = await pages.open('bob', roomId, { isUnbounded: true });
  await bob.sees('message 400');
  await expect.poll(() => distanceFromEnd(bob)).toBeLessThan(1);
  const box = await bob.page.locator('.gongu-room').boundingBox();
  expect(box!.height).toBeLessThanOrEqual(720);
  expect(await bob.field.isVisible()).toBe(true);
  expect(await bob.scroller.evaluate((element) => element.clientHeight)).toBeLessThan(720);
  // Everything would have come, had the list taken all of its rows to be in sight.
  expect((await bob.texts()).length).toBeLessThan(200);
});

test('1 000 older messages come above the reader page by page, and none of them moves what he sees by more than 1 px', async () => {
  const roomId = await filledRoom(1_050);
  const bob = await pages.open('bob', roomId);
  await bob.sees('message 1050');
  await expect.poll(() => distanceFromEnd(bob)).toBeLessThan(1);

  // Every frame of the way up is watched: between two scrolls of the reader no message in sight may move.
  const worst = await bob.scroller.evaluate(
    (element) =>
      new Promise<{ jumpPx: number; seqs: number[]; pagesCame: number }>((resolve) => {
        const places = () => {
          const { top, bottom } = element.getBoundingClientRect();
          const found = new Map<number, number>();
          for (const row of element.querySelectorAll<HTMLElement>('[data-seq]')) {
            const box = row.getBoundingClientRect();
            if (box.bottom > top && box.top < bottom) found.set(Number(row.dataset.seq), box.top);
          }
          return found;
        };
        const seqs = new Set<number>();
        let before = places();
        let jumpPx = 0;
        let pagesCame = 0;
        let heightPx = element.scrollHeight;
        let framesAtTop = 0;
        const step = () => {
          for (const [seq, place] of places()) {
            seqs.add(seq);
            jumpPx = Math.max(jumpPx, Math.abs(place - (before.get(seq) ?? place)));
          }
          if (element.scrollHeight > heightPx + 500) pagesCame++;
          heightPx = element.scrollHeight;
          element.scrollTop -= 300;
          // A person's scrolling is heard of in the frame in which it happens; that of a script one frame later.
          element.dispatchEvent(new Event('scroll'));
          framesAtTop = element.scrollTop <= 0 ? framesAtTop + 1 : 0;
          before = places();
          if (framesAtTop > 30 && seqs.has(1)) resolve({ jumpPx, seqs: [...seqs], pagesCame });
          else nextFrame();
        };
        // What is painted, and not what a frame begins with: sizes are corrected by resize observers, in the order in
        // which they were made, after all else that a frame does. This one is the last.
        const probe = document.body.appendChild(document.createElement('div'));
        probe.style.cssText = 'position: fixed; inset: 0 auto auto 0; height: 1px; width: 1px;';
        let frame = 0;
        const nextFrame = () =>
          requestAnimationFrame(() => {
            probe.style.width = `${1 + (++frame % 2)}px`;
          });
        new ResizeObserver(() => frame > 0 && step()).observe(probe);
        nextFrame();
      }),
  );
  expect(worst.jumpPx).toBeLessThanOrEqual(1);
  // Twenty; on a busy machine two may come within one frame.
  expect(worst.pagesCame).toBeGreaterThanOrEqual(15);
  // It was a way along every message, from the newest to the very first.
  expect(Math.min(...worst.seqs)).toBe(1);
  expect(worst.seqs.length).toBeGreaterThan(1_000);
  await bob.seesLine('The conversation begins here');
  // Of more than a thousand only those near are in the page.
  expect(await bob.page.locator('.gongu-row').count()).toBeLessThan(80);
});

test('a page that comes while the reader stands still moves nothing by more than 1 px', async () => {
  const roomId = await filledRoom(300);
  const held: (() => void)[] = [];
  const bob = await pages.open('bob', roomId, {
    // Pages of history come when the test says so.
    prepare: (page) =>
      page.routeWebSocket(/\/ws$/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((frame) => server.send(frame));
        server.onMessage((frame) => {
          if (String(frame).startsWith('{"type":"page"')) held.push(() => socket.send(frame));
          else socket.send(frame);
        });
      }),
  });
  await bob.sees('message 300');
  for (let round = 0; round < 5; round++) {
    await bob.scroller.evaluate((element) => element.scrollTo(0, 700));
    await expect.poll(() => held.length).toBe(1);
    const before = await inSight(bob);
    expect(before.length).toBeGreaterThan(2);
    const first = await bob.scroller.evaluate((element) => element.scrollHeight);
    held.pop()!();
    await expect.poll(() => bob.scroller.evaluate((element) => element.scrollHeight)).toBeGreaterThan(first + 500);
    // All that is measured afterwards, too.
    await bob.page.waitForTimeout(200);
    const after = new Map((await inSight(bob)).map(({ seq, top }) => [seq, top]));
    for (const { seq, top } of before) expect(Math.abs(after.get(seq)! - top)).toBeLessThanOrEqual(1);
  }
});

test('at the end it follows what comes; further up it stays, and says how many are new', async () => {
  const roomId = await filledRoom(80);
  const bob = await pages.open('bob', roomId);
  await bob.sees('message 80');
  await pages.chat.fill(roomId, 'ann', 5, (n) => `live ${n}${'\nline'.repeat(n)}`);
  await bob.sees('live 5');
  await expect.poll(() => distanceFromEnd(bob)).toBeLessThan(1);
  expect(await bob.page.locator('.gongu-pill').count()).toBe(0);

  await bob.scroller.evaluate((element) => element.scrollBy(0, -900));
  await bob.page.getByRole('button', { name: 'To the newest messages' }).waitFor();
  const before = await inSight(bob);
  await pages.chat.fill(roomId, 'cho', 3, (n) => `while away ${n}`);
  await bob.page.getByRole('button', { name: '3 new messages' }).waitFor();
  expect(await inSight(bob)).toEqual(before);
  await bob.page.getByRole('button', { name: '3 new messages' }).click();
  await expect.poll(() => distanceFromEnd(bob)).toBeLessThan(1);
  await expect.poll(() => bob.page.locator('.gongu-pill').count()).toBe(0);
});

test('at the end it stays there when its box changes: a telephone’s keyboard, a field that grows, an answer begun', async () => {
  const roomId = await filledRoom(80);
  const bob = await pages.open('bob', roomId, { context: { viewport: { width: 390, height: 844 } } });
  await bob.sees('message 80');
  const height = () => bob.scroller.evaluate((element) => element.clientHeight);
  const staysAtEnd = async (change: () => Promise<unknown>) => {
    await expect.poll(() => distanceFromEnd(bob)).toBeLessThan(1);
    const before = await height();
    await change();
    await expect.poll(height).not.toBe(before);
    await expect.poll(() => distanceFromEnd(bob)).toBeLessThan(1);
    await expect.poll(() => bob.page.locator('.gongu-pill').count()).toBe(0);
  };
  const resize = (width: number, height: number) => () => bob.page.setViewportSize({ width, height });
  await staysAtEnd(resize(390, 520));
  await staysAtEnd(resize(390, 844));
  // Turned, every message breaks into other lines.
  await staysAtEnd(resize(844, 390));
  await staysAtEnd(resize(390, 520));
  await staysAtEnd(() => bob.field.fill('one\ntwo\nthree\nfour\nfive\nsix'));
  await staysAtEnd(() => bob.field.fill(''));
  await staysAtEnd(async () => {
    await bob.page.getByRole('button', { name: 'Actions of ann’s message' }).last().click();
    await bob.page.getByRole('menuitem', { name: 'Reply' }).click();
  });
  // Hidden and shown again, as by a tab of the page around.
  const display = (value: string) => bob.page.locator('#root').evaluate((root, to) => (root.style.display = to), value);
  await display('none');
  await staysAtEnd(() => display(''));

  // Who reads further up stays where he is.
  await bob.scroller.evaluate((element) => element.scrollBy(0, -900));
  await bob.page.locator('.gongu-pill').waitFor();
  const first = (await inSight(bob))[0]!;
  await resize(390, 600)();
  await expect.poll(height).toBeGreaterThan(400);
  expect((await inSight(bob))[0]).toEqual(first);
});

test('what one writes oneself is shown, wherever one has been reading', async () => {
  const roomId = await filledRoom(80);
  const bob = await pages.open('bob', roomId);
  await bob.sees('message 80');
  await bob.scroller.evaluate((element) => element.scrollBy(0, -2_000));
  await bob.page.locator('.gongu-pill').waitFor();
  await bob.say('내 말');
  await bob.sees('내 말');
  await expect.poll(() => distanceFromEnd(bob)).toBeLessThan(1);
});

test('who comes back begins at what he has not read, under a divider, and has read it when he has seen it', async () => {
  const roomId = await pages.chat.room();
  const bob = await pages.open('bob', roomId);
  await bob.seesLine('bob joined');
  await pages.chat.fill(roomId, 'ann', 3, (n) => `read ${n}`);
  await bob.sees('read 3');
  await expect.poll(() => bob.sent('read').at(-1)?.seq).toBe(6);
  await bob.page.goto('about:blank');
  await pages.chat.fill(roomId, 'ann', 30, (n) => `unread ${n}`);
  await bob.page.goBack();
  const divider = bob.page.locator('.gongu-unread');
  await divider.waitFor();
  const places = await bob.page.evaluate(() => {
    const topOf = (element: Element | null | undefined) => element?.getBoundingClientRect().top ?? Number.NaN;
    const rows = [...document.querySelectorAll('.gongu-row')];
    return {
      scroller: topOf(document.querySelector('.gongu-scroller')),
      divider: topOf(document.querySelector('.gongu-unread')),
      first: topOf(rows.find((row) => row.textContent?.includes('unread 1'))),
    };
  });
  expect(Math.abs(places.divider - places.scroller)).toBeLessThan(10);
  expect(places.first).toBeGreaterThan(places.divider);
  await bob.scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await bob.sees('unread 30');
  await expect.poll(() => bob.sent('read').at(-1)?.seq).toBe(36);
  // Writing ends it.
  await bob.say('읽었어요');
  await expect.poll(() => divider.count()).toBe(0);
});

test.each([
  { unread: 48, by: 'bob' },
  { unread: 50, by: 'bob' },
  { unread: 60, by: 'bob' },
  { unread: 230, by: 'bob' },
  { unread: 70, by: 'bob', slowdown: 4 },
  // He has never been in his room.
  { unread: 130, by: 'seller' },
])(
  '$unread unread messages of $by’s begin at the first of them, under a divider, and none is skipped on the way down',
  async ({ unread, by, slowdown = 1 }) => {
    const roomId = await pages.chat.room();
    if (by !== 'seller') {
      await pages.chat.call('PUT', `/api/chat/rooms/${roomId}/participants/${by}`, { committed: true });
      await pages.chat.fill(roomId, by, 3, (n) => `read ${n}`);
    }
    await pages.chat.fill(roomId, 'ann', unread, (n) => `unread ${n}.`);
    const reader = await pages.open(by, roomId, {
      async prepare(page) {
        const devtools = await page.context().newCDPSession(page);
        await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
      },
    });
    await reader.page.locator('.gongu-unread').waitFor();
    const fromTop = async () => {
      const [list, divider] = await Promise.all([
        reader.scroller.boundingBox(),
        reader.page.locator('.gongu-unread').boundingBox(),
      ]);
      return divider!.y - list!.y;
    };
    await expect.poll(async () => Math.abs(await fromTop())).toBeLessThan(10);
    await reader.sees('unread 1.');
    const seen = new Set<string>();
    const down = async () => {
      for (const text of await reader.texts()) seen.add(text);
      await reader.scroller.evaluate((element) => element.scrollBy(0, 300));
      return seen.has(`unread ${unread}.`) && (await distanceFromEnd(reader)) < 1;
    };
    await expect.poll(down, { interval: 10 }).toBe(true);
    expect([...seen].filter((text) => text.startsWith('unread')).length).toBe(unread);
    await expect.poll(() => reader.page.locator('.gongu-pill').count()).toBe(0);
  },
);

test('by keyboard: the messages can be reached and scrolled, and End leads to the newest', async () => {
  const roomId = await filledRoom(80);
  const bob = await pages.open('bob', roomId);
  await bob.sees('message 80');
  await bob.scroller.focus();
  const start = await bob.scroller.evaluate((element) => element.scrollTop);
  await bob.page.keyboard.press('PageUp');
  await expect.poll(() => bob.scroller.evaluate((element) => element.scrollTop)).toBeLessThan(start);
  // A page that comes meanwhile ends the browser's own animation where it is: then one presses again.
  const pressEnd = async () => {
    await bob.page.keyboard.press('End');
    await expect.poll(() => distanceFromEnd(bob), { timeout: 2_000 }).toBeLessThan(1);
  };
  await pressEnd().catch(pressEnd);
});
