import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const pages = chatPages('packages/react/test/page/renders.tsx');

test('who is typing is shown without rendering the room, and a component renders for what it selects', async () => {
  const roomId = await pages.chat.room();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  const renders = () => ann.page.evaluate('({ ...renders })') as Promise<{ room: number; unread: number }>;
  await bob.say('here');
  await ann.sees('here');
  // Bob's read mark and both presences follow the message.
  await expect.poll(() => ann.page.locator('#quiet').textContent()).toBe('true');
  const settled = await renders();

  const typing = ann.page.locator('.gongu-typing');
  for (let n = 0; n < 3; n++) {
    await bob.field.fill('writing');
    await typing.getByText('bob').waitFor();
    await bob.field.fill('');
    await expect.poll(() => typing.textContent()).toBe('');
  }
  expect(await renders()).toEqual(settled);

  await bob.say('a message');
  await ann.sees('a message');
  const after = await renders();
  expect(after.room).toBeGreaterThan(settled.room);
  expect(after.unread).toBe(settled.unread + 1);
});

test('a new message renders what is new by it, and no other message', async () => {
  const roomId = await pages.chat.room();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  for (let n = 0; n < 12; n++) await bob.say(`message ${n}.`);
  await ann.sees('message 11.');
  await expect.poll(() => ann.page.locator('#quiet').textContent()).toBe('true');
  const renders = () => ann.page.evaluate<number>('renders.messages');
  const before = await renders();
  await bob.say('one more');
  await ann.sees('one more');
  await expect.poll(() => ann.page.locator('#quiet').textContent()).toBe('true');
  // Itself, and the one before it, which is no longer the last of its group nor the list's tab stop.
  expect((await renders()) - before).toBeLessThanOrEqual(4);
});
