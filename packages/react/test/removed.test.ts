import { startChatService } from '@gongu/testkit';
import { browserProgram } from '@gongu/testkit/browser';
import { expect, it, onTestFinished } from 'vitest';
import { chatPages } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const pages = chatPages();

test('who was removed by the seller is told until when he has to wait, in his language, and is let in then by itself', async () => {
  const short = await startChatService({ REJOIN_PAUSE_S: '20' });
  onTestFinished(() => short.close());
  const roomId = await short.room();
  const ann = await pages.open('ann', roomId, { url: short.url, token: short.token('ann') });
  const bob = await pages.open('bob', roomId, { url: short.url, token: short.token('bob'), locale: 'ko' });
  await ann.seesLine('ann joined');
  await bob.seesLine('bob님이 들어왔습니다');
  const remove = (userId: string) =>
    short.call('DELETE', `/api/chat/rooms/${roomId}/participants/${userId}`, undefined, short.token('seller'));
  await remove('ann');
  await ann.page.getByText('You were removed from this room.').waitFor();
  await ann.page.getByRole('button', { name: 'Enter again' }).click();
  const told = /^You can enter again at \d+:\d\d:\d\d [AP]M\. Stay here/;
  await ann.page.locator('.gongu-state', { hasText: told }).waitFor();
  expect(await ann.page.locator('.gongu-state button').count()).toBe(0);
  const before = ann.sent('join').length;
  const isShown = () => ann.page.locator('.gongu-state').getAttribute('data-shown');
  await expect.poll(isShown).toBe('false');
  expect(ann.sent('join').length).toBe(before + 1);
  await ann.say('ann again');
  await bob.sees('ann again');

  await remove('bob');
  await bob.page.getByText('방에서 내보내졌습니다.').waitFor();
  // Who comes again looks on, and is told when he wants to write.
  await bob.page.reload();
  await bob.page.getByText('지금은 보기만 하고 있습니다').waitFor();
  await bob.say('나도');
  await bob.page.getByText(/^\d+초 뒤에 다시 쓸 수 있습니다\./).waitFor();
  await expect
    .poll(
      async () => {
        const again = bob.page.getByRole('button', { name: '다시 보내기' });
        if (await again.isVisible()) await again.click();
        return (await ann.texts()).includes('나도');
      },
      { interval: 1_000 },
    )
    .toBe(true);
});
