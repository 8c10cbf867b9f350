import { type ManualClock, manualClock, probe, UpgradeRefused } from '@gongu/testkit';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';

const DAY_MS = 86_400_000;

const given = chatOfThisFile();
let chat: Instance;
let clock: ManualClock;
beforeAll(async () => {
  clock = manualClock(Date.now());
  chat = await given.start({}, { clock });
});
beforeEach(() => clock.set(Date.now()));

interface Identity {
  token: string;
  user: { userId: string; nickname: string; tag: string };
  renewed: boolean;
}
const identityOf = async (token?: string) =>
  (await chat.call<Identity>('POST', '/api/chat/tokens/anonymous', { body: { token } })).body;

describe('an anonymous client whose token ended while it was away', () => {
  it('renews it, and finds its own messages to be its own on gongu.v1', async () => {
    const roomId = await chat.room();
    const { token, user } = await identityOf();
    const before = await chat.connect(user.userId, { token });
    await before.join(roomId);
    const { seq } = await before.say(roomId);
    await clock.advance(31 * DAY_MS);
    expect(await before.closed()).toMatchObject({ code: 4101 });
    await expect(chat.open({ query: `?token=${token}` })).rejects.toMatchObject({ status: 401 });

    const { token: renewed } = await identityOf(token);
    expect(renewed).not.toBe(token);
    const after = await chat.open({ query: `?token=${renewed}` });
    const ready = await after.event('ready');
    expect(ready.user).toEqual(user);
    const { messages, you } = await after.join(roomId, seq - 1);
    expect(you!.userId).toBe(ready.user.userId);
    expect(messages.find((message) => message.seq === seq)?.sender).toEqual(ready.user);
    const again = await after.say(roomId);
    const heard = await after.event('message', (message) => message.seq === again.seq);
    expect(heard.sender?.userId).toBe(ready.user.userId);
  });

  it('does so with the identity that an older URL made for it', async () => {
    const url = `${chat.url.replace('http', 'ws')}/ws/chat?sessionId=${await chat.room()}`;
    const before = await probe(url);
    const { token } = await before.next((frame) => frame.type === 'identity');
    before.send({ type: 'message', content: said('내 말') });
    const own = await before.next((frame) => frame.kind === 'CHAT');
    await clock.advance(31 * DAY_MS);
    expect(await before.closed()).toMatchObject({ code: 4101 });
    await expect(probe(`${url}&token=${token}`)).rejects.toThrow(UpgradeRefused);

    const { token: renewed, user } = await identityOf(token);
    const after = await probe(`${url}&token=${renewed}&after=${own.seq - 1}`);
    const kept = await after.next((frame) => frame.seq === own.seq);
    expect(kept).toEqual(own);
    expect(kept.senderId).toBe(user.userId);
    after.send({ type: 'message', content: said('또 내 말') });
    const more = await after.next((frame) => frame.kind === 'CHAT');
    expect(more).toMatchObject({ senderId: user.userId, nickname: own.nickname });
    expect(after.queue.filter((frame) => frame.type === 'identity')).toEqual([]);
  });
});
