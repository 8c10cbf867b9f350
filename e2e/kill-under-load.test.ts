import { afterAll, beforeAll, it } from 'vitest';
import { type Pair, startPair } from './fixture/pair.ts';
import { startTalk } from './fixture/room-talk.ts';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair({
    chats: 2,
    trade: false,
    chatEnv: { RATE_MESSAGES_PER_SECOND: '0', RATE_FRAMES_PER_SECOND: '0' },
  });
});
afterAll(async () => {
  await pair?.stop();
});

it('loses, doubles and reorders nothing for 20 clients when chat is killed twice while they talk', async () => {
  const talk = await startTalk(pair, 'killed');
  for (let i = 0; i < 20; i++) talk.enter(`user-${i}`, [pair.chat.ws]);
  talk.begin(50);
  for (let round = 0; round < 2; round++) {
    await talk.acknowledged((round + 1) * 10);
    await pair.chat.kill();
    await pair.chat.start();
  }
  await talk.acknowledged(30);
  await talk.agree();
});

it('gives the clients of two instances on one database one order, also when one of them is killed', async () => {
  const talk = await startTalk(pair, 'two-instances');
  const urls = pair.chats.map((chat) => chat.ws);
  for (let i = 0; i < 12; i++) talk.enter(`pair-${i}`, i % 2 === 0 ? urls : [...urls].reverse());
  talk.begin(100);
  await talk.acknowledged(5);
  await pair.chats[1]!.kill();
  await talk.acknowledged(15);
  await talk.agree();
  await pair.chats[1]!.start();
});
