import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@gongu/shared';
import { type TcpProxy, tcpProxy } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';

const given = chatOfThisFile();
let proxy: TcpProxy;
let chat: Instance;
beforeAll(async () => {
  proxy = await tcpProxy({ target: given.databaseUrl });
  chat = await given.start({ DATABASE_URL: proxy.through(given.databaseUrl) });
});
afterAll(async () => {
  await proxy.pass();
  await chat.stop();
  await proxy.close();
});

describe('a database that goes away', () => {
  it('between its migration and the first that a start reads is asked again', async () => {
    const away = await tcpProxy({ target: given.databaseUrl });
    await away.refuse();
    const starting = given.start({ DATABASE_URL: away.through(given.databaseUrl), LOBBY_ROOM_ID: 'lobby' });
    setTimeout(() => void away.pass(), 500);
    const late = await starting;
    expect((await fetch(`${late.url}/readyz`)).status).toBe(200);
    await late.stop();
    await away.close();
  });

  it('costs no socket: commands are UNAVAILABLE, and work again when it is back', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    await proxy.refuse();
    proxy.cut();
    const send = { type: 'send', roomId, clientMessageId: 'while-away', content: said('들리나요') };
    ann.send({ ...send, ref: '1' });
    const refused = await ann.next((frame) => frame.ref === '1');
    expect(refused).toMatchObject({ type: 'error', retryAfterMs: expect.any(Number) });
    expect(['UNAVAILABLE', 'UNKNOWN_OUTCOME']).toContain(refused.code);
    bob.send({ type: 'history', ref: '2', roomId });
    expect(await bob.next((frame) => frame.ref === '2')).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await ann.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });

    await proxy.pass();
    await expect
      .poll(async () => {
        ann.send({ ...send, ref: 'again' });
        return (await ann.next((frame) => frame.ref === 'again')).type;
      })
      .toBe('ack');
    await bob.event('message', (message) => message.clientMessageId === 'while-away');
    const page = await bob.ask({ type: 'history', roomId }, 'page');
    expect(page.messages.map((message) => message.seq)).toEqual([1, 2, 3, 4]);
  });

  it('in the middle of many sends loses no acknowledged one and doubles none', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const pending = new Map(Array.from({ length: 120 }, (_, i) => [`m-${i}`, said(`${i}`)]));
    const acknowledged = new Map<string, number>();
    let rounds = 0;
    while (pending.size > 0 && rounds++ < 20) {
      for (const [clientMessageId, content] of pending) {
        ann.send({ type: 'send', ref: clientMessageId, roomId, clientMessageId, content });
      }
      const cutAfterMs = rounds <= 3 ? rounds * 3 : null;
      const cut = cutAfterMs === null ? null : sleep(cutAfterMs).then(() => proxy.cut());
      for (const clientMessageId of [...pending.keys()]) {
        const answer = await ann.next((frame) => frame.ref === clientMessageId);
        if (answer.type !== 'ack') continue;
        acknowledged.set(clientMessageId, answer.seq);
        pending.delete(clientMessageId);
      }
      await cut;
    }
    expect(pending.size).toBe(0);
    // What was cut last may be a connection that the next ones who ask are given.
    const pageAfter = (after: number) =>
      eventually(async () => {
        ann.send({ type: 'history', ref: 'ask', roomId, after, limit: 100 });
        const { type, messages } = await ann.next((frame) => frame.ref === 'ask');
        expect(type).toBe('page');
        return messages as Message[];
      });
    const stored = [...(await pageAfter(2)), ...(await pageAfter(102))];
    expect(stored).toHaveLength(120);
    for (const message of stored) expect(acknowledged.get(message.clientMessageId!)).toBe(message.seq);
    // The socket was told each of them once as well.
    await expect.poll(() => ann.waiting('message').length).toBe(120);
    expect(ann.waiting('message').map((message) => message.seq)).toEqual(stored.map((message) => message.seq));
  });
});
