import { randomUUID } from 'node:crypto';
import type { Message } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const path = (roomId: string) => `/api/chat/rooms/${roomId}/messages`;
const post = (roomId: string, as: string, fields: object) => {
  const body = { clientMessageId: randomUUID(), content: said('안녕'), ...fields };
  return chat.call<Message>('POST', path(roomId), { as, body });
};
const page = async (roomId: string, query = '', as = 'ann') =>
  (await chat.call<{ messages: Message[]; hasMore: boolean }>('GET', `${path(roomId)}${query}`, { as })).body;
const refusal = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];
async function roomOf(...users: string[]): Promise<string> {
  const roomId = await chat.room();
  for (const as of users) await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as, body: {} });
  return roomId;
}

describe('POST …/messages', () => {
  it('takes a text as long as MAX_CONTENT_CHARS says, also when that is more than by default', async () => {
    const roomy = await given.start({ MAX_CONTENT_CHARS: '100000' });
    const roomId = await roomy.room();
    await roomy.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: 'ann', body: {} });
    const body = { clientMessageId: 'long', content: said('가'.repeat(99_000)) };
    expect(await roomy.call('POST', path(roomId), { as: 'ann', body })).toMatchObject({ status: 201, body });
  });

  it('stores a message and tells the sockets: 201, a retry 200, both with the first one', async () => {
    const roomId = await roomOf('ann');
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const body = { clientMessageId: 'c-1', content: said('HTTP로'), replyTo: `${roomId}:1` };
    const first = await post(roomId, 'ann', body);
    const message = {
      ...{ roomId, seq: 4, version: 4, messageId: `${roomId}:4`, kind: 'CHAT', content: body.content },
      ...{ sender: { userId: 'ann', nickname: 'ann', tag: null }, replyTo: `${roomId}:1`, createdAt: TIME },
      clientMessageId: 'c-1',
    };
    expect([first.status, first.body]).toEqual([201, message]);
    expect(await bob.event('message')).toEqual({ type: 'message', ...first.body });
    const again = await post(roomId, 'ann', { ...body, content: said('다른 말'), replyTo: null });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await page(roomId)).messages.at(-1)).toEqual(first.body);
  });

  it('is one message for twenty retries at once', async () => {
    const roomId = await roomOf('ann');
    const retry = () => post(roomId, 'ann', { clientMessageId: 'once' });
    const answers = await Promise.all(Array.from({ length: 20 }, retry));
    expect(answers.map((answer) => answer.status).sort()).toEqual([...Array(19).fill(200), 201]);
    expect(new Set(answers.map((answer) => answer.body.seq)).size).toBe(1);
  });

  it('is a NOTIFICATION without sender from the service', async () => {
    const roomId = await roomOf('ann');
    const { status, body } = await post(roomId, SERVICE, { clientMessageId: 'deadline-1h' });
    expect([status, body.kind, body.sender]).toEqual([201, 'NOTIFICATION', null]);
    expect((await post(roomId, SERVICE, { clientMessageId: 'deadline-1h' })).status).toBe(200);
    expect((await post(roomId, 'seller', { kind: 'NOTIFICATION' })).status).toBe(201);
    expect(refusal(await post(roomId, 'ann', { kind: 'NOTIFICATION' }))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await post(roomId, 'ann', { kind: 'SYSTEM' }))).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('is refused to strangers, in rooms that are over, and with what can not be a message', async () => {
    const roomId = await roomOf('ann');
    expect(refusal(await post(roomId, 'stranger', {}))).toEqual([403, 'NOT_A_MEMBER']);
    expect(refusal(await post('nowhere', 'ann', {}))).toEqual([404, 'NOT_FOUND']);
    const bad: Record<string, unknown[]> = {
      content: ['', 'x'.repeat(4_001), 7, null, ['a'], '\u0000', '\ud800'],
      clientMessageId: ['', 'x'.repeat(65), 'a\nb', 7, null],
      replyTo: ['x', `${roomId}:99`, `other:1`, 7],
    };
    for (const [field, values] of Object.entries(bad)) {
      for (const value of values) {
        const answer = await post(roomId, 'ann', { [field]: value });
        const found = [...refusal(answer), answer.body.errors?.[0]?.path];
        expect(found, JSON.stringify(value).slice(0, 60)).toEqual([400, 'VALIDATION_FAILED', field]);
      }
    }
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CANCELLED' } });
    expect(refusal(await post(roomId, 'ann', {}))).toEqual([409, 'ROOM_READ_ONLY']);
  });
});

describe('GET …/messages', () => {
  it('gives the newest first, older before, newer after, and any by offset from the newest', async () => {
    const roomId = await roomOf('ann');
    for (let i = 3; i <= 10; i++) await post(roomId, 'ann', {});
    const seqs = async (query: string) => {
      const { messages, hasMore } = await page(roomId, query);
      return [...messages.map((message) => message.seq), hasMore];
    };
    expect(await seqs('')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, false]);
    expect(await seqs('?limit=3')).toEqual([8, 9, 10, true]);
    expect(await seqs('?before=8&limit=3')).toEqual([5, 6, 7, true]);
    expect(await seqs('?before=4&limit=3')).toEqual([1, 2, 3, false]);
    expect(await seqs('?before=1')).toEqual([false]);
    expect(await seqs('?after=7')).toEqual([8, 9, 10, false]);
    expect(await seqs('?after=7&limit=2')).toEqual([8, 9, true]);
    expect(await seqs('?after=0&limit=2')).toEqual([1, 2, true]);
    expect(await seqs('?after=10')).toEqual([false]);
    expect(await seqs('?offset=0&limit=3')).toEqual([8, 9, 10, true]);
    expect(await seqs('?offset=3&limit=3')).toEqual([5, 6, 7, true]);
    expect(await seqs('?offset=9&limit=3')).toEqual([1, false]);
    expect(await seqs('?offset=999999999')).toEqual([false]);
    expect(await seqs(`?before=${Number.MAX_SAFE_INTEGER}&limit=1`)).toEqual([10, true]);
    expect(await seqs(`?after=${Number.MAX_SAFE_INTEGER}`)).toEqual([false]);
  });

  it('is for everybody signed in while the room is ACTIVE, then for members and the service', async () => {
    const roomId = await roomOf('ann');
    expect((await page(roomId, '', 'stranger')).messages).toHaveLength(2);
    expect(refusal(await chat.call('GET', path(roomId)))).toEqual([401, 'UNAUTHENTICATED']);
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CANCELLED' } });
    expect(refusal(await chat.call('GET', path(roomId), { as: 'stranger' }))).toEqual([403, 'NOT_A_MEMBER']);
    expect((await page(roomId, '', SERVICE)).messages).toHaveLength(3);
    expect((await page(roomId, '', 'ann')).messages).toHaveLength(3);
  });

  it('refuses what is no position', async () => {
    const roomId = await roomOf('ann');
    const bad = [
      ...['before=0', 'before=-1', 'before=x', 'before=1.5', 'before=1e30', 'before=', 'after=-1', 'after=x'],
      ...['limit=0', 'limit=101', 'limit=', 'offset=-1', 'offset=1000000001', 'before=5&after=1', 'after=1&offset=1'],
      ...['before=9007199254740993', 'after=NaN', 'after=Infinity', 'before=1&before=2'],
    ];
    for (const query of bad) {
      const answer = await chat.call('GET', `${path(roomId)}?${query}`, { as: 'ann' });
      expect([query, ...refusal(answer)]).toEqual([query, 400, 'VALIDATION_FAILED']);
    }
  });
});

describe('GET …/notice', () => {
  const ask = (on: Instance, roomId: string, as?: string) =>
    on.call<{ message: Message | null }>('GET', `/api/chat/rooms/${roomId}/notice`, { as });

  it('is the newest notice, however much was said since; null where there is none', async () => {
    const roomId = await roomOf('ann');
    expect(await ask(chat, roomId, 'ann')).toMatchObject({ status: 200, body: { message: null } });
    await post(roomId, SERVICE, { content: said('첫 공지') });
    const { body: notice } = await post(roomId, SERVICE, { content: said('둘째 공지') });
    for (let n = 0; n < 60; n++) await post(roomId, 'ann', {});
    expect((await page(roomId)).messages.map(({ kind }) => kind)).not.toContain('NOTIFICATION');
    for (const as of ['ann', 'who only looks', SERVICE]) {
      expect(await ask(chat, roomId, as)).toMatchObject({ status: 200, body: { message: notice } });
    }
    expect(refusal((await ask(chat, 'nowhere', 'ann')) as never)).toEqual([404, 'NOT_FOUND']);
  });

  it('is none that the service says for programs, which it may say in a cancelled room too, once for each reference', async () => {
    const roomId = await roomOf('ann');
    const { body: notice } = await post(roomId, SERVICE, { content: said('내일 보내요') });
    const data = { event: 'notice.hour', deadline: '2026-12-01T09:00:00.000Z' };
    const told = { clientMessageId: 'notice.hour', content: 'Less than an hour is left', data };
    expect(await post(roomId, SERVICE, told)).toMatchObject({ status: 201, body: { kind: 'NOTIFICATION', data } });
    expect(await post(roomId, SERVICE, told)).toMatchObject({ status: 200, body: { data } });
    // Of people it is ignored.
    expect((await post(roomId, 'ann', { data })).body).not.toHaveProperty('data');
    expect((await ask(chat, roomId, 'ann')).body).toEqual({ message: notice });
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CANCELLED' } });
    const ended = { ...told, clientMessageId: 'notice.ended' };
    expect((await post(roomId, SERVICE, ended)).status).toBe(201);
    expect(refusal(await post(roomId, 'ann', {}))).toEqual([409, 'ROOM_READ_ONLY']);
  });

  it('needs no token where people without an account may look; after the end it is for those who were in it', async () => {
    const strict = await given.start({ ANONYMOUS_ACCESS: 'false' });
    const shut = await given.start({ ROOM_WATCH: 'false' });
    const roomId = await roomOf('ann');
    const { body: notice } = await post(roomId, SERVICE, { content: said('화요일에 보내요') });
    expect((await ask(chat, roomId)).body).toEqual({ message: notice });
    for (const instance of [strict, shut]) {
      expect(await ask(instance, roomId)).toMatchObject({ status: 200, body: { message: null } });
      expect((await ask(instance, roomId, 'ann')).body).toEqual({ message: notice });
    }
    expect(refusal((await ask(shut, roomId, 'bob')) as never)).toEqual([403, 'NOT_A_MEMBER']);
    expect(refusal((await ask(chat, roomId, 'Bearer rubbish')) as never)).toEqual([401, 'UNAUTHENTICATED']);

    await chat.call('PUT', `/api/chat/rooms/${roomId}/participants/ann`, { as: SERVICE, body: { committed: true } });
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CLOSED', reason: 'FULL' } });
    expect((await ask(chat, roomId)).body).toEqual({ message: null });
    expect((await ask(chat, roomId, 'ann')).body).toEqual({ message: notice });
    expect(refusal((await ask(chat, roomId, 'bob')) as never)).toEqual([403, 'NOT_A_MEMBER']);
  });
});
