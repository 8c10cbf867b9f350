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
  await expect.poll(() => ann.page.locator('#quiet').textContent(), { timeout: 10_000 }).toBe('true');
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
