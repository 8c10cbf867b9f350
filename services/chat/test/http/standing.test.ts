import type { ChatMessage, Participant, Room, SearchPage } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

// Who may what: an admin what the host may, in every room; one who is banned nothing, and is told so.
const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on' });
});

const ROOT = tokenOf('root', { roles: ['admin'] });
const ADMIN = `Bearer ${ROOT}`;
const base = (roomId: string) => `/api/chat/rooms/${roomId}`;
let made = 0;
const send = (roomId: string, as: string, rest: object = {}) =>
  chat.call<ChatMessage>('POST', `${base(roomId)}/messages`, {
    as,
    body: { clientMessageId: `c-${++made}`, content: said('hello'), ...rest },
  });
const join = (roomId: string, as: string) => chat.call<Participant>('POST', `${base(roomId)}/participants`, { as });
const restrict = (roomId: string, userId: string, kind: string) =>
  chat.call('PUT', `${base(roomId)}/restrictions/${userId}`, { as: ADMIN, body: { kind } });
const close = (roomId: string) => chat.call<Room>('PATCH', base(roomId), { as: SERVICE, body: { status: 'CLOSED' } });

it('who is banned is answered BANNED, whatever he asks for, also in the lobby', async () => {
  const asked = (roomId: string, seq: number, as: string) =>
    [
      ['PATCH', `/messages/${seq}`, { content: said('x') }],
      ['DELETE', `/messages/1`],
      ['PUT', `/messages/${seq}/reactions/${encodeURIComponent('👍')}`],
      ['PUT', `/pins/${seq}`],
      ['POST', `/messages/${seq}/reports`, { reason: 'SPAM' }],
      ['GET', '/search?q=hello'],
      ['GET', '/messages'],
      ['GET', `/messages/${seq}`],
      ['GET', `/messages/${seq}/reactions`],
    ].map(async ([method, path, body]) => {
      const answer = await chat.call(method as string, `${base(roomId)}${path}`, { as, ...(body ? { body } : {}) });
      return [path, answer.status, answer.body.code];
    });
  const roomId = await chat.room();
  for (const room of [roomId, 'lobby']) {
    await join(room, 'bad');
    const { body } = await send(room, 'bad');
    expect((await restrict(room, 'bad', 'BAN')).status).toBe(200);
    const answers = await Promise.all(asked(room, body.seq, 'bad'));
    expect(answers).toEqual(answers.map(([path]) => [path, 403, 'BANNED']));
    // What he said he can take back.
    expect((await chat.call('DELETE', `${base(room)}/messages/${body.seq}`, { as: 'bad' })).status).toBe(204);
  }
  for (const [method, path, body] of [
    ['GET', '/participants'],
    ['PUT', '/read', { seq: 1 }],
  ] as const) {
    const answer = await chat.call(method, base(roomId) + path, { as: 'bad', body });
    expect([path, answer.status, answer.body.code]).toEqual([path, 403, 'BANNED']);
  }
  const bad = await chat.connect('bad');
  for (const frame of [
    { type: 'edit', seq: 1, content: said('x') },
    { type: 'react', seq: 1, emoji: '👍', on: true },
    { type: 'pin', seq: 1, on: true },
    { type: 'history' },
  ]) {
    expect(await bad.ask({ roomId, ...frame }, 'error')).toMatchObject({ code: 'BANNED' });
  }
  await chat.call('DELETE', `${base('lobby')}/restrictions/bad`, { as: ADMIN });
  expect((await chat.call('GET', `${base('lobby')}/search?q=hello`, { as: 'bad' })).status).toBe(200);
});

it('an admin waits for no slow mode, mentions all and sends notices, alone and among others, on every protocol', async () => {
  const roomId = await chat.room();
  await chat.call('PATCH', base(roomId), { as: ADMIN, body: { slowModeSeconds: 60 } });
  // A notice is an act of order, and needs no place; to talk does.
  const notice = await send(roomId, ADMIN, { kind: 'NOTIFICATION' });
  expect([notice.status, notice.body.kind, notice.body.sender?.userId]).toEqual([201, 'NOTIFICATION', 'root']);
  expect((await send(roomId, ADMIN)).body.code).toBe('NOT_A_MEMBER');
  expect((await send(roomId, ADMIN, { mentionsAll: true })).body.code).toBe('NOT_A_MEMBER');
  const { body: room } = await chat.call<Room>('GET', base(roomId), { as: SERVICE });
  expect(room.participantCount).toBe(0);
  for (const as of [ADMIN, 'ann', 'bob']) await join(roomId, as);
  // At once, so that they are stored by one statement.
  const some = await Promise.all([
    ...[ADMIN, ADMIN, 'ann', 'bob'].map((as) => send(roomId, as)),
    send(roomId, ADMIN, { kind: 'NOTIFICATION' }),
    send(roomId, ADMIN, { mentionsAll: true }),
    send(roomId, 'eve', { kind: 'NOTIFICATION' }),
  ]);
  expect(some.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201, 403]);
  expect((await send(roomId, ADMIN, { mentionsAll: true })).body.mentionsAll).toBe(true);
  for (const rest of [{ kind: 'NOTIFICATION' }, { mentionsAll: true }]) {
    expect((await send(roomId, 'ann', rest)).body.code).toBe('FORBIDDEN');
  }
  const socket = await chat.connect('root', { token: ROOT });
  await socket.join(roomId);
  await socket.say(roomId);
  await socket.say(roomId, said('all of you'), { mentionsAll: true });
  await socket.say(roomId, said('notice'), { kind: 'NOTIFICATION' });
  // One who looks stays one.
  const other = await chat.room();
  await socket.ask({ type: 'watch', roomId: other }, 'joined');
  await socket.say(other, said('notice'), { kind: 'NOTIFICATION' });
  expect((await chat.call<Room>('GET', base(other), { as: SERVICE })).body.participantCount).toBe(0);
  const stomp = await probe(`${chat.url.replace('http', 'ws')}/ws`, { protocols: 'v12.stomp' });
  stomp.send(`CONNECT\naccept-version:1.2\nhost:x\npasscode:${ROOT}\n\n\0`);
  await stomp.next((frame) => String(frame).startsWith('CONNECTED'));
  stomp.send(`SUBSCRIBE\nid:s\ndestination:/topic/chat/${roomId}\n\n\0`);
  for (let i = 0; i < 2; i++) {
    stomp.send(`SEND\ndestination:/app/chat/${roomId}\nreceipt:r-${i}\n\n${JSON.stringify({ content: said('x') })}\0`);
    await stomp.next((frame) => String(frame).includes(`receipt-id:r-${i}`));
  }
  // Whose token says it no more is none, though he was one.
  expect((await send(roomId, 'root', { kind: 'NOTIFICATION' })).body.code).toBe('FORBIDDEN');
});

it('an admin who is no member reads pages, participants and files of a room that is closed, and searches it', async () => {
  const roomId = await chat.room();
  await chat.call('PUT', `${base(roomId)}/participants/ann`, { as: SERVICE, body: { committed: true } });
  const { body: message } = await send(roomId, 'ann');
  await close(roomId);
  for (const path of ['', '/messages', `/messages/${message.seq}`, `/messages/${message.seq}/reactions`, '/notice']) {
    expect([path, (await chat.call('GET', base(roomId) + path, { as: ADMIN })).status]).toEqual([path, 200]);
    expect([path, (await chat.call('GET', base(roomId) + path, { as: 'eve' })).status]).toEqual([path, 403]);
  }
  const people = await chat.call<{ items: Participant[] }>('GET', `${base(roomId)}/participants`, { as: ADMIN });
  expect(people.body.items.map(({ userId }) => userId)).toContain('ann');
  const { body } = await chat.call<SearchPage>('GET', `${base(roomId)}/search?q=hello`, { as: ADMIN });
  expect(body.messages.map(({ seq }) => seq)).toEqual([message.seq]);
  expect((await chat.call('GET', `${base(roomId)}/attachments?ids=x`, { as: ADMIN })).status).toBe(200);
  const socket = await chat.connect('root', { token: ROOT });
  expect((await socket.ask({ type: 'history', roomId }, 'page')).messages.at(-1)).toMatchObject({ kind: 'SYSTEM' });
});

it('slow mode is a row of the audit, with who set it, and none where it is what it was or the room stays as it is', async () => {
  const roomId = await chat.room({ maxParticipants: 2 });
  for (const as of ['ann', 'bob']) await join(roomId, as);
  for (const [as, slowModeSeconds] of [
    ['seller', 30],
    ['seller', 30],
    [ADMIN, 10],
  ] as const) {
    await chat.call('PATCH', base(roomId), { as, body: { slowModeSeconds } });
  }
  // Somebody has to give way: the statement is made twice.
  const both = { slowModeSeconds: 0, maxParticipants: 1 };
  expect((await chat.call('PATCH', base(roomId), { as: SERVICE, body: both })).status).toBe(200);
  await chat.call('PATCH', base(roomId), { as: 'seller', body: { title: 'other' } });
  const database = new pg.Client(given.databaseUrl);
  await database.connect();
  const { rows } = await database.query(
    "SELECT user_id, by_user_id, detail FROM chat.moderations WHERE room_id = $1 AND act = 'room.slow_mode' ORDER BY id",
    [roomId],
  );
  await database.end();
  expect(rows).toEqual([
    { user_id: null, by_user_id: 'seller', detail: { slowModeSeconds: 30 } },
    { user_id: null, by_user_id: 'root', detail: { slowModeSeconds: 10 } },
    { user_id: null, by_user_id: null, detail: { slowModeSeconds: 0 } },
  ]);
});

it('who reacted is not told to one who looks without an account; a member without one sees it', async () => {
  const roomId = await chat.room();
  await join(roomId, 'ann');
  const { body: message } = await send(roomId, 'ann');
  const path = `${base(roomId)}/messages/${message.seq}/reactions`;
  await chat.call('PUT', `${path}/${encodeURIComponent('👍')}`, { as: 'ann' });
  const { body } = await chat.call<{ token: string }>('POST', '/api/chat/tokens/anonymous', { body: {} });
  const nobody = `Bearer ${body.token}`;
  expect((await chat.call('GET', `${base(roomId)}/messages/${message.seq}`, { as: nobody })).status).toBe(200);
  const refused = await chat.call('GET', path, { as: nobody });
  expect([refused.status, refused.body.code]).toEqual([403, 'NOT_A_MEMBER']);
  expect((await chat.call('GET', path, { as: 'eve' })).status).toBe(200);
  await join(roomId, nobody);
  expect((await chat.call('GET', path, { as: nobody })).status).toBe(200);
});
