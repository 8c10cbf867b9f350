import { randomUUID } from 'node:crypto';
import {
  type ChatService,
  hasOpenssl,
  startChatService,
  startPushService,
  type TestDevice,
  type TestPushService,
} from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PUSH_KEY = 'Zm91cnR5LXRocmVlIGNoYXJhY3RlcnMgb2YgYmFzZTY';

let pushing: TestPushService;
let chat: ChatService;
beforeAll(async () => {
  pushing = await startPushService();
  chat = await startChatService({
    ...{ PUSH_KEY, PUSH_CONTACT: 'mailto:shop@shop.example', WEBHOOK_ALLOW_PRIVATE: 'true', ABSENT_AFTER_S: '1' },
    ...{ NODE_EXTRA_CA_CERTS: pushing.ca, CHANGES: 'on' },
  });
});
afterAll(async () => {
  await chat?.close();
  await pushing?.close();
});

const base = (roomId: string) => `/api/chat/rooms/${roomId}`;
const join = (roomId: string, userId: string) =>
  chat.call('POST', `${base(roomId)}/participants`, undefined, chat.token(userId));
const say = (roomId: string, userId: string, content: string) =>
  chat.call<{ seq: number }>(
    ...(['POST', `${base(roomId)}/messages`, { clientMessageId: randomUUID(), content }, chat.token(userId)] as const),
  );
const read = (roomId: string, userId: string, seq: number) =>
  chat.call('PUT', `${base(roomId)}/read`, { seq }, chat.token(userId));
/** A device of a member who wants to hear of the room. */
async function deviceOf(roomId: string, userId: string): Promise<TestDevice> {
  const device = pushing.device();
  const { endpoint, keys } = device;
  await join(roomId, userId);
  await chat.call('PUT', '/api/chat/push-subscriptions', { roomId, endpoint, keys }, chat.token(userId));
  return device;
}
const told = (device: TestDevice) => device.pushes.map(({ text }) => JSON.parse(text) as unknown);

describe.runIf(hasOpenssl())('a member who has not read for a while', () => {
  it('is told once on each of his devices, without a text, and again after he has read', async () => {
    const roomId = await chat.room();
    const [phone, laptop] = [await deviceOf(roomId, 'ann'), await deviceOf(roomId, 'ann')];
    await join(roomId, 'bob');
    await say(roomId, 'bob', 'first');
    const push = { type: 'unread', roomId, title: '제주 감귤 10kg', unread: 1 };
    await expect.poll(() => [told(phone), told(laptop)]).toEqual([[push], [push]]);
    const { seq } = await say(roomId, 'bob', 'second');
    // Somebody else, who is told of it: ann would have been by then.
    const other = await chat.room();
    const carl = await deviceOf(other, 'carl');
    await join(other, 'bob');
    await say(other, 'bob', 'third');
    await expect.poll(() => told(carl).length).toBe(1);
    expect([phone.requests, laptop.requests]).toEqual([1, 1]);
    await read(roomId, 'ann', seq);
    await say(roomId, 'bob', 'fourth');
    await expect.poll(() => told(phone)).toEqual([push, push]);
  });

  it('is told nothing of what he has read, has said himself, of a room that he has left, or while he is blocked', async () => {
    const roomId = await chat.room();
    const [ann, bob, carl, dora, eve] = [
      await deviceOf(roomId, 'ann'),
      await deviceOf(roomId, 'bob'),
      await deviceOf(roomId, 'carl'),
      await deviceOf(roomId, 'dora'),
      await deviceOf(roomId, 'eve'),
    ];
    await chat.call('PUT', '/api/chat/users/eve/block', {});
    const { seq } = await say(roomId, 'bob', 'all of you');
    await read(roomId, 'carl', seq);
    await chat.call('DELETE', `${base(roomId)}/participants/dora`, undefined, chat.token('dora'));
    await expect.poll(() => told(ann).length).toBe(1);
    expect([bob.requests, carl.requests, dora.requests, eve.requests]).toEqual([0, 0, 0, 0]);
    await chat.call('DELETE', '/api/chat/users/eve/block');
  });

  it('is told after a restart of what was stored before a crash', async () => {
    const roomId = await chat.room();
    const ann = await deviceOf(roomId, 'ann');
    await join(roomId, 'bob');
    await say(roomId, 'bob', 'before');
    await chat.end('SIGKILL');
    await chat.start();
    await expect.poll(() => told(ann).length).toBe(1);
  });

  it('whose device is gone is not tried again: it has no subscription any more', async () => {
    const roomId = await chat.room();
    const ann = await deviceOf(roomId, 'ann');
    ann.answers = [{ status: 410 }];
    await join(roomId, 'bob');
    await say(roomId, 'bob', 'is anybody there?');
    const mine = () =>
      chat.call<{ items: unknown[] }>('GET', '/api/chat/push-subscriptions', undefined, chat.token('ann'));
    await expect
      .poll(async () => (await mine()).items.filter((one) => (one as { roomId: string }).roomId === roomId))
      .toEqual([]);
    expect(ann.requests).toBe(1);
  });

  it('leaves no endpoint in a log', () => {
    expect(chat.process.lines.some((line) => JSON.stringify(line).includes('/push/'))).toBe(false);
  });
});
