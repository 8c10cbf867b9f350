import type { ChatMessage, Room } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import { beforeAll, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { eventOf } from '../fixture/messages.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on' });
});

const path = (roomId: string) => `/api/chat/rooms/${roomId}`;
const slow = (roomId: string, slowModeSeconds: unknown, as = 'seller') =>
  chat.call<Room>('PATCH', path(roomId), { as, body: { slowModeSeconds } });
let made = 0;
const send = (roomId: string, as: string, rest: object = {}) =>
  chat.call<ChatMessage>('POST', `${path(roomId)}/messages`, {
    as,
    body: { clientMessageId: `c-${++made}`, content: said('hello'), ...rest },
  });

it('the host sets it, everybody is told, and a second message is refused with the time to wait', async () => {
  const roomId = await chat.room();
  const ann = await chat.connect('ann');
  expect((await ann.join(roomId)).room.slowModeSeconds).toBe(0);
  expect((await slow(roomId, 30)).body.slowModeSeconds).toBe(30);
  const row = await ann.event('message', (message) => eventOf(message) === 'room.updated');
  expect(row).toMatchObject({ data: { room: { slowModeSeconds: 30 } } });
  const first = await send(roomId, 'ann');
  expect(first.status).toBe(201);
  const second = await send(roomId, 'ann');
  expect([second.status, second.body.code]).toEqual([429, 'SLOW_MODE']);
  expect(second.body.retryAfterMs).toBeGreaterThan(20_000);
  expect(second.body.retryAfterMs).toBeLessThanOrEqual(30_000);
  expect(Number(second.headers.get('retry-after'))).toBe(Math.ceil(second.body.retryAfterMs! / 1_000));
  // A retry is none, an edit neither; nor does the room's end let anything past.
  expect((await send(roomId, 'ann', { clientMessageId: first.body.clientMessageId })).status).toBe(200);
  const edit = { as: 'ann', body: { content: said('other') } };
  expect((await chat.call('PATCH', `${path(roomId)}/messages/${first.body.seq}`, edit)).status).toBe(200);
  expect((await send(roomId, 'ann')).body.code).toBe('SLOW_MODE');
  // Others have a time of their own; host and service have none.
  await (await chat.connect('bob')).join(roomId);
  expect((await send(roomId, 'bob')).status).toBe(201);
  for (const as of ['seller', 'seller', SERVICE, SERVICE]) expect((await send(roomId, as)).status).toBe(201);
  expect((await slow(roomId, 0)).body.slowModeSeconds).toBe(0);
  expect((await send(roomId, 'ann')).status).toBe(201);
});

it('counts from the last message, also one from before it was set, and ends by itself', async () => {
  const roomId = await chat.room();
  await (await chat.connect('ann')).join(roomId);
  await send(roomId, 'ann');
  await slow(roomId, 1);
  expect((await send(roomId, 'ann')).body.code).toBe('SLOW_MODE');
  await expect.poll(async () => (await send(roomId, 'ann')).status, { timeout: 20_000, interval: 100 }).toBe(201);
});

it('is told on gongu.v1, STOMP and the older URL', async () => {
  const roomId = await chat.room();
  await slow(roomId, 60);
  const ann = await chat.connect('ann');
  await ann.join(roomId);
  await ann.say(roomId);
  const refused = await ann.ask({ type: 'send', roomId, clientMessageId: 'x', content: said('x') }, 'error');
  expect(refused).toMatchObject({ code: 'SLOW_MODE', roomId, retryAfterMs: expect.any(Number) });
  const ws = chat.url.replace('http', 'ws');
  const stomp = await probe(`${ws}/ws`, { protocols: 'v12.stomp' });
  stomp.send(`CONNECT\naccept-version:1.2\nhost:x\npasscode:${tokenOf('ann')}\n\n\0`);
  await stomp.next((frame) => String(frame).startsWith('CONNECTED'));
  stomp.send('SUBSCRIBE\nid:e\ndestination:/user/queue/errors\n\n\0');
  stomp.send(`SEND\ndestination:/app/chat/${roomId}\n\n${JSON.stringify({ content: said('x') })}\0`);
  const told = String(await stomp.next((frame) => String(frame).includes('SLOW_MODE')));
  expect(JSON.parse(told.slice(told.indexOf('{'), told.lastIndexOf('}') + 1))).toMatchObject({
    ...{ status: 429, code: 'SLOW_MODE', retryAfterMs: expect.any(Number) },
  });
  const older = await probe(`${ws}/ws/chat?sessionId=${roomId}&token=${tokenOf('ann')}`);
  older.send({ type: 'message', content: said('x') });
  expect(await older.next((frame) => frame.type === 'error')).toMatchObject({ code: 'SLOW_MODE' });
});

it('is for the host, an admin and the service, from 0 to 3600, and not for the lobby', async () => {
  const roomId = await chat.room();
  expect((await slow(roomId, 5, 'ann')).status).toBe(403);
  expect((await slow(roomId, 5, SERVICE)).status).toBe(200);
  for (const value of [-1, 3_601, 1.5, '5']) {
    const answer = await slow(roomId, value);
    expect([answer.status, answer.body.errors[0]?.path]).toEqual([400, 'slowModeSeconds']);
  }
  expect((await slow(roomId, 3_600)).status).toBe(200);
  const lobby = await slow('lobby', 5, SERVICE);
  expect([lobby.status, lobby.body.code]).toEqual([409, 'CONFLICT']);
});
