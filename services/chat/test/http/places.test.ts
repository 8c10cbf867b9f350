import { probe } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});
const join = (roomId: string, as: string) => chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as });
const remove = (roomId: string, userId: string, as: string) =>
  chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/${userId}`, { as });
const commit = (roomId: string, userId: string, committed: boolean) =>
  chat.call<{ joinedAt: string | null; committed: boolean }>(
    'PUT',
    `/api/chat/rooms/${roomId}/participants/${userId}`,
    { as: SERVICE, body: { committed } },
  );

describe('one whom the host or the service removed', () => {
  it('waits before he joins again, on every protocol, unless he buys', async () => {
    for (const by of ['seller', SERVICE]) {
      const roomId = await chat.room();
      const ann = await chat.connect('ann');
      await ann.join(roomId);
      expect((await remove(roomId, 'ann', by)).status).toBe(204);
      const refused = await join(roomId, 'ann');
      expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
      const seconds = Number(refused.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(590);
      expect(seconds).toBeLessThanOrEqual(600);
      ann.send({ type: 'join', ref: 'again', roomId });
      const error = await ann.event('error', (one) => one.ref === 'again');
      expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
      const older = await probe(`${chat.url.replace('http', 'ws')}/chat/${roomId}?token=${tokenOf('ann')}`);
      expect(await older.closed()).toMatchObject({ code: 4029 });
      const stomp = await probe(`${chat.url.replace('http', 'ws')}/ws`, { protocols: ['v12.stomp'] });
      stomp.send(`CONNECT\naccept-version:1.2\npasscode:${tokenOf('ann')}\n\n\0`);
      stomp.send('SUBSCRIBE\nid:errors\ndestination:/user/queue/errors\n\n\0');
      stomp.send(`SUBSCRIBE\nid:room\ndestination:/topic/chat/${roomId}\n\n\0`);
      expect(String(await stomp.next((frame) => String(frame).startsWith('MESSAGE')))).toContain('RATE_LIMITED');
      stomp.socket.close();
      expect((await commit(roomId, 'ann', true)).status).toBe(200);
      expect((await join(roomId, 'ann')).status).toBe(200);
    }
  });

  it('joins at once where the pause is none; who left himself always does', async () => {
    const roomId = await chat.room();
    for (const user of ['ann', 'bob']) await join(roomId, user);
    await remove(roomId, 'bob', 'bob');
    expect((await join(roomId, 'bob')).status).toBe(201);
    const mild = await given.start({ REJOIN_PAUSE_S: '0' });
    const path = `/api/chat/rooms/${roomId}/participants`;
    expect((await mild.call('DELETE', `${path}/ann`, { as: 'seller' })).status).toBe(204);
    expect((await mild.call('POST', path, { as: 'ann' })).status).toBe(201);
    await mild.stop();
  });
});

describe('the answer about a buyer who left', () => {
  it('says since when he was there, and nothing is made up of one who never was', async () => {
    const roomId = await chat.room();
    const { joinedAt } = (await commit(roomId, 'ann', true)).body;
    const room = (await chat.call<{ createdAt: string }>('GET', `/api/chat/rooms/${roomId}`, { as: SERVICE })).body;
    expect(joinedAt).not.toBe(room.createdAt);
    expect((await remove(roomId, 'ann', 'ann')).status).toBe(204);
    expect((await commit(roomId, 'ann', true)).body).toMatchObject({ joinedAt, committed: true });
    expect((await commit(roomId, 'ann', false)).body).toMatchObject({ joinedAt, committed: false });
    expect((await commit(roomId, 'ann', false)).body).toMatchObject({ joinedAt: null, committed: false });
  });
});
