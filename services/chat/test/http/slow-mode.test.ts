import type { ChatMessage, Room } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { eventOf } from '../fixture/messages.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let database: pg.Client;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on' });
  database = new pg.Client(given.databaseUrl);
  await database.connect();
});
afterAll(() => database?.end());

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
  await expect.poll(async () => (await send(roomId, 'ann')).status, { interval: 100 }).toBe(201);
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

describe('it is not over for who comes back, however his membership ended:', () => {
  const participant = (roomId: string, who: string) => `${path(roomId)}/participants/${who}`;
  const bob = (roomId: string) => participant(roomId, 'bob');
  const join = (roomId: string) => chat.call('POST', `${path(roomId)}/participants`, { as: 'bob' });
  const buy = (roomId: string, committed = true, who = 'bob') =>
    chat.call('PUT', participant(roomId, who), { as: SERVICE, body: { committed } });
  const restriction = (roomId: string) => `${path(roomId)}/restrictions/bob`;
  interface Way {
    end(roomId: string): Promise<unknown>;
    back?(roomId: string): Promise<unknown>;
  }
  const ways: Record<string, Way> = {
    'he left': { end: (roomId) => chat.call('DELETE', bob(roomId), { as: 'bob' }) },
    'he left, and buys': { end: (roomId) => chat.call('DELETE', bob(roomId), { as: 'bob' }), back: buy },
    'he left as a buyer, and withdrew': {
      async end(roomId) {
        await buy(roomId);
        await chat.call('DELETE', bob(roomId), { as: 'bob' });
        await buy(roomId, false);
      },
    },
    'the host removed him, and he buys': {
      end: (roomId) => chat.call('DELETE', bob(roomId), { as: 'seller' }),
      back: buy,
    },
    'he was banned until now': {
      end: (roomId) => chat.call('PUT', restriction(roomId), { as: 'seller', body: { kind: 'BAN' } }),
      async back(roomId) {
        await chat.call('DELETE', restriction(roomId), { as: 'seller' });
        await join(roomId);
      },
    },
    'he was not seen for long': {
      async end(roomId) {
        await database.query("UPDATE chat.members SET seen_at = 'epoch' WHERE room_id = $1 AND user_id = 'bob'", [
          roomId,
        ]);
        await database.query('SELECT chat.end_visitors($1, 60, 10)', [roomId]);
      },
    },
    'he gave way to a buyer': {
      async end(roomId) {
        await database.query('UPDATE chat.rooms SET max_participants = 1 WHERE room_id = $1', [roomId]);
        await buy(roomId, true, 'ann');
      },
      async back(roomId) {
        await buy(roomId, false, 'ann');
        await chat.call('DELETE', participant(roomId, 'ann'), { as: 'ann' });
        await join(roomId);
      },
    },
    'he withdrew where it had closed by itself, and buys again': {
      async end(roomId) {
        await buy(roomId);
        await database.query(
          `UPDATE chat.rooms SET status = 'CLOSED', provisional = true, closed_at = clock_timestamp() WHERE room_id = $1`,
          [roomId],
        );
        await buy(roomId, false);
      },
      back: buy,
    },
  };
  it.each(Object.keys(ways))('%s', async (way) => {
    const { end, back = join } = ways[way]!;
    const roomId = await chat.room();
    await slow(roomId, 3_600);
    await join(roomId);
    expect((await send(roomId, 'bob')).status).toBe(201);
    await end(roomId);
    const member = "SELECT FROM chat.members WHERE room_id = $1 AND user_id = 'bob'";
    expect((await database.query(member, [roomId])).rowCount).toBe(0);
    // Nor when what is said of who left goes, less than an hour later.
    await database.query(
      "UPDATE chat.departures SET expires_at = expires_at - interval '59 minutes' WHERE room_id = $1",
      [roomId],
    );
    await database.query('SELECT chat.forget_departures(1000)');
    await back(roomId);
    const { status, body } = await send(roomId, 'bob');
    expect([status, body.code]).toEqual([429, 'SLOW_MODE']);
    expect(body.retryAfterMs).toBeGreaterThan(3_000_000);
  });
});
