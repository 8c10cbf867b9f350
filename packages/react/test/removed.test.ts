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
  const people = [
    {
      person: ann,
      userId: 'ann',
      removed: 'You were removed from this room.',
      told: /^You can enter again at \d+:\d\d:\d\d [AP]M\. Stay here/,
    },
    {
      person: bob,
      userId: 'bob',
      removed: '방에서 내보내졌습니다.',
      told: /^(오전|오후) \d+:\d\d:\d\d부터 들어갈 수 있습니다/,
    },
  ];
  await ann.seesLine('ann joined');
  await bob.seesLine('bob님이 들어왔습니다');
  for (const { person, userId, removed, told } of people) {
    const path = `/api/chat/rooms/${roomId}/participants/${userId}`;
    await short.call('DELETE', path, undefined, short.token('seller'));
    await person.page.getByText(removed).waitFor();
    // Whether he presses the button or comes again.
    if (userId === 'ann') await person.page.getByRole('button', { name: 'Enter again' }).click();
    else await person.page.reload();
    await person.page.locator('.gongu-state', { hasText: told }).waitFor();
    expect(await person.page.locator('.gongu-state button').count()).toBe(0);
    const before = person.sent('join').length;
    await expect
      .poll(() => person.page.locator('.gongu-state').getAttribute('data-shown'), { timeout: 40_000 })
      .toBe('false');
    expect(person.sent('join').length).toBe(before + 1);
    await person.say(`${userId} again`);
    await ann.sees(`${userId} again`);
  }
}, 150_000);
