import { signToken } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { tokenOf, tradeToken, USER_SECRET } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ FIRST_FRAME_MS: '400' });
});
afterAll(() => chat.stop());

describe('the deadline of the first frame', () => {
  it('ends a socket that says nothing with 4002, and not before', async () => {
    const began = performance.now();
    const client = await chat.open();
    expect(await client.closed()).toMatchObject({ code: 4002 });
    expect(performance.now() - began).toBeGreaterThan(390);
    expect(client.queue).toEqual([]);
  });

  it('ends one without subprotocol alike', async () => {
    expect(await (await chat.open({ protocols: [] })).closed()).toMatchObject({ code: 4002 });
  });

  it('is not pushed back by pings, by empty frames or by frames that nobody can read', async () => {
    const client = await chat.open();
    const noise = setInterval(() => client.socket.ping(), 50);
    client.send('');
    client.send('garbage');
    const { code } = await client.closed();
    clearInterval(noise);
    expect(code).toBe(4002);
  });

  it('is over once the client is known', async () => {
    const client = await chat.connect('ann');
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await client.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });
  });
});

describe('a first frame', () => {
  it('of no protocol is answered by a readable error and 4500', async () => {
    for (const frame of ['hello', Buffer.from([0, 1, 2]), '[]']) {
      const client = await chat.open({ protocols: [] });
      client.send(frame);
      expect(await client.next()).toMatchObject({ type: 'error', code: 'BAD_FRAME' });
      expect(await client.closed()).toMatchObject({ code: 4500 });
    }
  });

  it('that is a command is refused: error UNAUTHENTICATED, then 4501', async () => {
    for (const frame of [
      { type: 'join', ref: 'j', roomId: 'r' },
      { type: 'ping', ref: 'j' },
    ]) {
      const client = await chat.open();
      client.send(frame);
      expect(await client.next()).toMatchObject({ type: 'error', ref: 'j', code: 'UNAUTHENTICATED' });
      expect(await client.closed()).toMatchObject({ code: 4501 });
    }
  });

  it('that asks in vain for anything, or is auth without a token: error UNAUTHENTICATED, then 4501', async () => {
    for (const frame of [
      { type: 'auth', ref: 'a' },
      { type: 'auth', ref: 'a', token: 5 },
      { type: 'auth', ref: 'a', token: '' },
      { type: 'join', ref: 'a' },
    ]) {
      const client = await chat.open();
      client.send(frame);
      expect(await client.next()).toMatchObject({ type: 'error', ref: 'a', code: 'UNAUTHENTICATED' });
      expect(await client.closed()).toMatchObject({ code: 4501 });
    }
  });

  it('with a bad token: error UNAUTHENTICATED, then 4501', async () => {
    const bad = [
      'garbage',
      'a.b.c',
      tradeToken(),
      tokenOf('ann', { secret: 'x'.repeat(40) }),
      signToken({ sub: 'ann' }, USER_SECRET),
    ];
    for (const token of bad) {
      const client = await chat.open();
      client.send({ type: 'auth', ref: 'a', token });
      expect(await client.next(), token.slice(0, 9)).toMatchObject({
        type: 'error',
        ref: 'a',
        code: 'UNAUTHENTICATED',
      });
      expect(await client.closed()).toMatchObject({ code: 4501 });
    }
  });

  it('with a token that has ended: error TOKEN_EXPIRED, then 4101, which means refresh and come back', async () => {
    const client = await chat.open();
    client.send({ type: 'auth', token: tokenOf('ann', { expiresInSeconds: -60 }) });
    expect(await client.next()).toMatchObject({ type: 'error', code: 'TOKEN_EXPIRED' });
    expect(await client.closed()).toMatchObject({ code: 4101 });
  });

  it('of a type that is not known is said to be that, and the socket may try again until the deadline', async () => {
    const client = await chat.open();
    client.send({ type: 'nonsense', ref: '1' });
    expect(await client.next()).toMatchObject({ type: 'error', ref: '1', code: 'UNKNOWN_TYPE' });
    client.send({ type: 'auth', token: tokenOf('ann') });
    expect(await client.next()).toMatchObject({ type: 'ready' });
    client.send({ type: 'auth', ref: '2', token: 7 });
    expect(await client.next()).toMatchObject({ type: 'error', ref: '2', code: 'VALIDATION_FAILED' });
    expect(await client.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });
  });

  it('may be followed by others without waiting: they are done in order once the client is known', async () => {
    const roomId = await chat.room();
    const client = await chat.open();
    client.send({ type: 'auth', token: tokenOf('ann') });
    client.send({ type: 'join', ref: '1', roomId });
    client.send({ type: 'send', ref: '2', roomId, clientMessageId: 'c', content: '말씀' });
    client.send({ type: 'ping', ref: '3' });
    expect(await client.next()).toMatchObject({ type: 'ready' });
    expect(await client.event('joined')).toMatchObject({ ref: '1' });
    expect(await client.event('ack')).toMatchObject({ ref: '2', seq: 3 });
    expect(await client.event('pong')).toMatchObject({ ref: '3' });
  });

  it('that fails takes what followed it along: nothing of that is done', async () => {
    const roomId = await chat.room();
    const client = await chat.open();
    client.send({ type: 'auth', token: 'garbage' });
    client.send({ type: 'join', ref: '1', roomId });
    expect(await client.closed()).toMatchObject({ code: 4501 });
    expect(client.queue.map((frame) => frame.code)).toEqual(['UNAUTHENTICATED']);
    const { body } = await chat.call<{ participantCount: number }>('GET', `/api/chat/rooms/${roomId}`, { as: 'bob' });
    expect(body.participantCount).toBe(0);
  });
});
