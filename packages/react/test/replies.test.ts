import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages, type OpenOptions } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());
const pages = chatPages();

/** A room whose newest message answers one that is pages away; the answered one's number. */
async function withFarAnswer() {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 300, (n) => `message ${n}.`);
  const path = `/api/chat/rooms/${roomId}/messages`;
  const bob = pages.chat.token('bob');
  const { messages } = await pages.chat.call<{ messages: { seq: number; content: string }[] }>(
    'GET',
    `${path}?after=0&limit=20`,
    undefined,
    bob,
  );
  const { seq } = messages.find(({ content }) => content === 'message 5.')!;
  const answer = { clientMessageId: 'answer', content: 'the answer', replyTo: `${roomId}:${seq}` };
  await pages.chat.call('POST', path, answer, bob);
  return { roomId, seq, path };
}

test.each<[string, OpenOptions]>([
  ['is marked for a moment', { context: { reducedMotion: 'no-preference' } }],
  ['does not move for who wants less motion', { context: { reducedMotion: 'reduce' } }],
])('a quote of a message pages away is there, and leads to it; it %s', async (_, options) => {
  const { roomId } = await withFarAnswer();
  const ann = await pages.open('ann', roomId, options);
  const quote = ann.page.locator('.gongu-quote');
  await quote.filter({ hasText: 'bob: message 5.' }).waitFor();
  await quote.click();
  const original = ann.page.locator('.gongu-row', { hasText: 'message 5.' });
  await original.waitFor();
  await expect.poll(() => original.evaluate((row) => row === document.activeElement)).toBe(true);
  const isInSight = () =>
    original.evaluate((row) => {
      const [{ top, bottom }, list] = [
        row.getBoundingClientRect(),
        row.closest('.gongu-scroller')!.getBoundingClientRect(),
      ];
      return top >= list.top && bottom <= list.bottom;
    });
  await expect.poll(isInSight).toBe(true);
  const moves = options.context?.reducedMotion === 'no-preference';
  const animation = () =>
    original.locator('.gongu-bubble').evaluate((bubble) => getComputedStyle(bubble).animationName);
  expect(await animation()).toBe(moves ? 'gongu-found' : 'none');
  await expect.poll(animation).toBe('none');
});

test('an answer that waits for a connection has its quote, and leads to it', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 3, (n) => `message ${n}.`);
  const ann = await pages.open('ann', roomId);
  const row = ann.page.locator('.gongu-row', { hasText: 'message 2.' });
  await row.hover();
  await row.locator('.gongu-more').click();
  await ann.page.getByRole('menuitem', { name: 'Reply' }).click();
  await ann.goOffline();
  await ann.page.getByText('You are offline.').waitFor();
  await ann.page.keyboard.type('the answer');
  await ann.page.keyboard.press('Enter');
  const own = ann.page.locator('.gongu-row', { hasText: 'the answer' });
  await own.locator('[data-status]').waitFor();
  const quote = own.locator('.gongu-quote');
  await quote.filter({ hasText: 'bob: message 2.' }).click();
  await expect.poll(() => row.first().evaluate((one) => one === document.activeElement)).toBe(true);
  const bubble = own.locator('.gongu-bubble');
  const { height } = (await bubble.boundingBox())!;
  await ann.page.context().setOffline(false);
  await own.locator('[data-status]').waitFor({ state: 'detached' });
  await quote.filter({ hasText: 'bob: message 2.' }).waitFor();
  expect((await bubble.boundingBox())!.height).toBe(height);
});

test('an answered message that is edited or deleted later is so in its quotes, also where it is not loaded', async () => {
  const { roomId, seq, path } = await withFarAnswer();
  const ann = await pages.open('ann', roomId);
  const quote = ann.page.locator('.gongu-quote');
  await quote.filter({ hasText: 'message 5.' }).waitFor();
  await pages.chat.call('PATCH', `${path}/${seq}`, { content: 'better' }, pages.chat.token('bob'));
  await quote.filter({ hasText: 'bob: better' }).waitFor();
  await pages.chat.call('DELETE', `${path}/${seq}`, undefined, pages.chat.token('seller'));
  await quote.filter({ hasText: 'This message was deleted' }).waitFor();
  expect(await ann.page.content()).not.toContain('better');
});

test('an answer under way is there again after a reload, quotes what it answers, and Escape ends it', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'bob', 3, (n) => `message ${n}.`);
  const ann = await pages.open('ann', roomId);
  await ann.sees('message 3.');
  const begin = async () => {
    await ann.page.locator('.gongu-row', { hasText: 'message 2.' }).locator('.gongu-more').focus();
    await ann.page.keyboard.press('Enter');
    await ann.page.getByRole('menuitem', { name: 'Reply' }).press('Enter');
  };
  await begin();
  await ann.field.pressSequentially('half');
  await ann.page.reload();
  const above = ann.page.locator('.gongu-replying');
  await above.filter({ hasText: 'message 2.' }).waitFor();
  await expect.poll(() => ann.field.inputValue()).toBe('half');
  await ann.field.press('Escape');
  await above.waitFor({ state: 'detached' });
  expect(await ann.field.inputValue()).toBe('half');
  await begin();
  await ann.field.press('Enter');
  await ann.page.locator('[data-seq] [data-mine=true] .gongu-quote', { hasText: 'bob: message 2.' }).waitFor();
  await above.waitFor({ state: 'detached' });
});

test('a notice is answered from its menu', async () => {
  const roomId = await pages.chat.room();
  const notice = { clientMessageId: 'n', content: 'sent on Monday', kind: 'NOTIFICATION' };
  await pages.chat.call('POST', `/api/chat/rooms/${roomId}/messages`, notice, pages.chat.token('seller'));
  const ann = await pages.open('ann', roomId);
  await ann.page.locator('.gongu-notice .gongu-more').focus();
  await ann.page.keyboard.press('Enter');
  await ann.page.getByRole('menuitem', { name: 'Reply' }).press('Enter');
  await ann.page.locator('.gongu-replying', { hasText: 'sent on Monday' }).waitFor();
  await ann.say('thank you');
  await ann.page.locator('[data-seq] .gongu-quote', { hasText: 'seller: sent on Monday' }).waitFor();
});
