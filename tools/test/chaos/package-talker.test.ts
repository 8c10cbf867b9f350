import { createRandom } from '@gongu/sim';
import { type ChatService, startChatService, tcpProxy } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPackageTalker } from '../../chaos/package-talker.ts';

let chat: ChatService;
beforeAll(async () => {
  chat = await startChatService();
});
afterAll(() => chat?.close());

it('what was stored is answered also for a client that began anew after it', async () => {
  const roomId = await chat.room();
  const network = await tcpProxy({ target: Number(new URL(chat.url).port) });
  const talker = startPackageTalker({
    ...{ client: 'ann', userId: 'ann', roomId, url: `http://127.0.0.1:${network.port}`, random: createRandom(1) },
    token: () => chat.token('ann'),
    secret() {},
    intern: (text) => text,
    streams: false,
  });
  try {
    await expect.poll(() => talker.place).toBe('in');
    network.blackHole();
    talker.say(10);
    const [clientMessageId, { content }] = [...talker.record.pending][0]!;
    // It has arrived, and nobody told the client.
    const body = { clientMessageId, content };
    await chat.call('POST', `/api/chat/rooms/${roomId}/messages`, body, chat.token('ann'));
    await chat.fill(roomId, 'bob', 1_001);
    network.cut();
    await network.pass();
    await expect.poll(() => talker.record.pending.size).toBe(0);
    expect(talker.record.entries).toContainEqual(expect.objectContaining({ kind: 'restarted' }));
    expect(talker.record.entries).toContainEqual(expect.objectContaining({ kind: 'acked', id: clientMessageId }));
  } finally {
    talker.leave();
    await network.close();
  }
});
