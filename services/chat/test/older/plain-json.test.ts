import { probe } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});
const open = (path: string) => probe(`${chat.url.replace('http', 'ws')}${path}`);

describe('/ws/chat?sessionId=', () => {
  it('talks in the room that the URL names, in its own shapes', async () => {
    const roomId = await chat.room();
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const ann = await open(`/ws/chat?sessionId=${roomId}&token=${tokenOf('ann')}`);
    await bob.event('message', (event) => event.kind === 'SYSTEM');
    const content = said('테스트 메시지');
    ann.send({ type: 'message', content });
    const heard = await bob.event('message', (event) => event.kind === 'CHAT');
    expect(await ann.next()).toEqual({
      type: 'message',
      roomId,
      seq: heard.seq,
      messageId: heard.messageId,
      kind: 'CHAT',
      senderId: 'ann',
      nickname: 'ann',
      content,
      createdAt: heard.createdAt,
    });
    ann.send({ type: 'message', content: '' });
    expect(await ann.next()).toMatchObject({ type: 'error', code: 'VALIDATION_FAILED' });
  });

  it('recovers by after and gives a first page by history', async () => {
    const roomId = await chat.room();
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const first = await bob.say(roomId);
    const second = await bob.say(roomId);
    const back = await open(`/ws/chat?sessionId=${roomId}&after=${first.seq}&token=${tokenOf('bob')}`);
    expect(await back.next()).toMatchObject({ seq: second.seq });
    const page = await open(`/ws/chat?sessionId=${roomId}&history=1&token=${tokenOf('bob')}`);
    expect(await page.next()).toMatchObject({ seq: second.seq });
    await page.none(100);
  });

  it('gives one without a token an anonymous identity, told first', async () => {
    const roomId = await chat.room();
    const guest = await open(`/ws/chat?sessionId=${roomId}`);
    const { type, token } = await guest.next();
    expect(type).toBe('identity');
    const kept = await chat.call('POST', '/api/chat/tokens/anonymous', { body: { token } });
    expect(kept.body).toMatchObject({ token, renewed: false });
    guest.send({ type: 'message', content: said('손님') });
    expect(await guest.next((frame) => frame.kind === 'CHAT')).toMatchObject({ nickname: expect.stringMatching(/ /) });
  });

  it('takes no id of a message for its own opening: a refused message ends nothing', async () => {
    const roomId = await chat.room();
    const ann = await open(`/chat/${roomId}?token=${tokenOf('ann')}`);
    ann.send({ content: said('da') });
    await ann.next((frame) => frame.type === 'CHAT'); // its join is over
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CANCELLED' } });
    await ann.next((frame) => frame.type === 'SYSTEM' && /cancel/i.test(frame.content));
    for (const clientMessageId of ['url', 'other']) {
      ann.send({ type: 'message', clientMessageId, content: said('zu spät') });
      await ann.none(100, (frame) => frame.type === 'CHAT');
      expect(ann.socket.readyState).toBe(ann.socket.OPEN);
    }
  });

  it('is closed with 4504 where there is no such room, and with 4503 when its user is removed', async () => {
    const stray = await open(`/ws/chat?sessionId=no-such-room&token=${tokenOf('ann')}`);
    expect(await stray.closed()).toMatchObject({ code: 4504 });
    const roomId = await chat.room();
    const ann = await open(`/ws/chat?sessionId=${roomId}&token=${tokenOf('ann')}`);
    ann.send({ type: 'message', content: said('hi') });
    await ann.next((frame) => frame.kind === 'CHAT');
    await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/ann`, { as: SERVICE });
    expect(await ann.closed()).toMatchObject({ code: 4503 });
  });
});

describe('/chat/{roomId}', () => {
  it('takes and gives messages only', async () => {
    const roomId = await chat.room();
    const ann = await open(`/chat/${roomId}?token=${tokenOf('ann')}`);
    const content = said('안녕');
    ann.send({ content, timestamp: 0 });
    const message = await ann.next();
    expect(message).toEqual({
      seq: expect.any(Number),
      type: 'CHAT',
      sender: 'ann',
      nickname: 'ann',
      content,
      timestamp: expect.any(Number),
    });
    expect(Math.abs(Date.now() - message.timestamp)).toBeLessThan(60_000);
    ann.send({ content: 5 });
    await ann.none(100);
  });

  it('tells an anonymous one nothing but messages', async () => {
    const roomId = await chat.room();
    const guest = await open(`/chat/${roomId}`);
    guest.send({ content: said('손님') });
    expect(await guest.next()).toMatchObject({ type: 'CHAT' });
  });
});

// It said true of a guest too: the identity that had been made for him was taken for one that he had brought.
describe('handshake.accepted', () => {
  it.each(['/ws/chat?sessionId=ROOM', '/chat/ROOM?', '/room?roomId=ROOM'])(
    'on %s says whether the client brought a token or a ticket',
    async (url) => {
      const { body } = await chat.call<{ ticket: string }>('POST', '/api/chat/tickets', { as: 'ann' });
      given.logs.secret(body.ticket);
      const before = given.logs.of('handshake.accepted').length;
      const roomId = await chat.room();
      for (const query of [`&token=${tokenOf('ann')}`, `&ticket=${body.ticket}`, '']) {
        await open(url.replace('ROOM', roomId) + query);
      }
      const lines = () => given.logs.of('handshake.accepted').slice(before);
      await expect.poll(() => lines().length).toBe(3);
      expect(lines()).toMatchObject([
        { userId: 'ann', tokenPresent: true },
        { userId: 'ann', tokenPresent: true },
        { userId: expect.stringMatching(/^anon-/), tokenPresent: false },
      ]);
    },
  );
});
