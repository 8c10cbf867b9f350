import type { Message, Participant, Room } from '@gongu/shared';
import { HOSTILE_SETTINGS, makeHostile } from '@gongu/testkit';
import { beforeAll, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  const times = { statement_timeout: '1', lock_timeout: '1', idle_in_transaction_session_timeout: '1' };
  await makeHostile(given.databaseUrl, { ...HOSTILE_SETTINGS, ...times, idle_session_timeout: '1' });
  chat = await given.start();
});

function isNow(time: string): void {
  expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
}

it('times are the moments that they are, over HTTP and over sockets', async () => {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const roomId = await chat.room({ expiresAt });
  const { body: room } = await chat.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: 'ann' });
  expect(room.expiresAt).toBe(expiresAt);
  isNow(room.createdAt);
  const ann = await chat.connect('ann');
  const joined = await ann.join(roomId);
  isNow(joined.you!.joinedAt);
  const content = said("it's a \\'quoted\\' text, NULL and \\n");
  const ack = await ann.ask({ type: 'send', roomId, clientMessageId: 'NULL', content }, 'ack');
  isNow(ack.createdAt);
  const page = await ann.ask({ type: 'history', roomId }, 'page');
  const { body } = await chat.call<{ messages: Message[] }>('GET', `/api/chat/rooms/${roomId}/messages`, { as: 'ann' });
  expect(body.messages).toEqual(page.messages);
  expect(body.messages.at(-1)).toMatchObject({ content, createdAt: ack.createdAt, clientMessageId: 'NULL' });
  const again = await ann.ask({ type: 'send', roomId, clientMessageId: 'NULL', content }, 'ack');
  expect([again.duplicate, again.seq, again.createdAt]).toEqual([true, ack.seq, ack.createdAt]);
  const { body: list } = await chat.call<{ items: Participant[] }>('GET', `/api/chat/rooms/${roomId}/participants`, {
    as: 'ann',
  });
  expect(list.items.map(({ userId, tag }) => [userId, tag])).toEqual([
    ['seller', null],
    ['ann', null],
  ]);
  const { body: rooms } = await chat.call<{ items: Room[] }>('GET', '/api/chat/rooms', { as: 'ann' });
  expect(rooms.items).toMatchObject([{ roomId, expiresAt, createdAt: room.createdAt }]);
  const ticket = await chat.call<{ expiresAt: string }>('POST', '/api/chat/tickets', { as: 'ann' });
  expect(ticket.status).toBe(201);
  isNow(ticket.body.expiresAt);
  ann.terminate();
});

it('of 60 who join at once 20 are let in, what they say has one order, and the room expires when it is time', async () => {
  const roomId = await chat.room({ maxParticipants: 20 });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: `u-${i}`, body: {} }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
  expect(new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(
    new Set(['ROOM_FULL']),
  );
  const sent = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      chat.call<Message>('POST', `/api/chat/rooms/${roomId}/messages`, {
        ...{ as: SERVICE, body: { clientMessageId: `m-${i}`, content: said(`${i}`) } },
      }),
    ),
  );
  expect(sent.map(({ body }) => body.seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 22));
  const dueId = await chat.room({ expiresAt: new Date(Date.now() + 200).toISOString() });
  await expect
    .poll(async () => (await chat.call<Room>('GET', `/api/chat/rooms/${dueId}`, { as: SERVICE })).body.status)
    .not.toBe('ACTIVE');
});
