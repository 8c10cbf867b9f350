import { inRepository } from '@gongu/testkit';
import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const installed = (name: string) => inRepository('packages/react/node_modules', name);
const pages = chatPages('packages/react/test/page/chat.tsx', {
  react: installed('react-18'),
  'react-dom': installed('react-dom-18'),
});

test('with React 18 two people talk, and the list follows', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.fill(roomId, 'ann', 60, (n) => `line ${n}`);
  const ann = await pages.open('ann', roomId);
  const bob = await pages.open('bob', roomId);
  await bob.sees('line 60');
  await ann.say('hello from 18');
  await bob.sees('hello from 18');
  await bob.say('and back');
  await ann.sees('and back');
  const fromEnd = () =>
    ann.scroller.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await expect.poll(fromEnd).toBeLessThan(1);
});
