import type { ChatMessage, RoomsSearchPage, SearchPage } from '@gongu/shared';
import { beforeAll, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on' });
});

let sent = 0;
async function talk(...texts: string[]) {
  const roomId = await chat.room();
  const path = `/api/chat/rooms/${roomId}`;
  await chat.call('POST', `${path}/participants`, { as: 'ann', body: {} });
  const messages: ChatMessage[] = [];
  for (const content of texts) {
    const body = { clientMessageId: `s-${++sent}`, content };
    messages.push((await chat.call<ChatMessage>('POST', `${path}/messages`, { as: 'ann', body })).body);
  }
  return { path, messages };
}

const query = (fields: Readonly<Record<string, string | number>>) =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
const search = (path: string, as: string, fields: Record<string, string | number>) =>
  chat.call<SearchPage>('GET', `${path}/search?${query(fields)}`, { as });

it('a member finds messages by any part of them, the newest first, page by page', async () => {
  const { path, messages } = await talk('제주 감귤 10kg', '언제 와요?', '감귤이 왔어요', 'GAMGYUL', '청귤 말고 감귤');
  const [first, , second, , third] = messages;
  const page = await search(path, 'ann', { q: '감귤', limit: 2 });
  expect(page.status).toBe(200);
  expect(page.body).toEqual({ messages: [third, second], hasMore: true });
  const rest = await search(path, 'ann', { q: '감귤', limit: 2, before: second!.seq });
  expect(rest.body).toEqual({ messages: [first], hasMore: false });
  expect((await search(path, SERVICE, { q: 'ｇａｍ' })).body.messages.map(({ content }) => content)).toEqual([
    'GAMGYUL',
  ]);
  expect((await search(path, 'ann', { q: '사과' })).body).toEqual({ messages: [], hasMore: false });
});

it('what was edited is found by what it says now, and what was deleted is not found', async () => {
  const { path, messages } = await talk('한라봉 주문', '한라봉 취소');
  const [edited, deleted] = messages;
  await chat.call('PATCH', `${path}/messages/${edited!.seq}`, { as: 'ann', body: { content: '천혜향 주문' } });
  await chat.call('DELETE', `${path}/messages/${deleted!.seq}`, { as: 'ann' });
  expect((await search(path, 'ann', { q: '한라봉' })).body.messages).toEqual([]);
  const { body } = await search(path, 'ann', { q: '천혜향' });
  expect(body.messages).toMatchObject([{ seq: edited!.seq, content: '천혜향 주문', editedAt: expect.any(String) }]);
});

it('all of one’s rooms are searched at once, and a cursor goes on', async () => {
  const one = await talk('단감 하나', '단감 둘');
  const two = await talk('단감 셋', '단감 넷');
  const asked = async (cursor: string | null, as = 'ann') => {
    const fields = query({ q: '단감', limit: 3, ...(cursor === null ? {} : { cursor }) });
    return (await chat.call<RoomsSearchPage>('GET', `/api/chat/search?${fields}`, { as })).body;
  };
  const first = await asked(null);
  expect(first.hasMore).toBe(true);
  const second = await asked(first.nextCursor);
  expect(second).toMatchObject({ hasMore: false, nextCursor: null });
  const found = [...first.messages, ...second.messages].map(({ messageId }) => messageId);
  expect(found).toEqual([...one.messages, ...two.messages].map(({ messageId }) => messageId).reverse());
  expect((await asked(null, 'eve')).messages).toEqual([]);
});

it('a cursor is good for the search that gave it: another text, another user and another list are refused, and say so', async () => {
  await talk('한라봉 하나', '한라봉 둘', '천혜향');
  const ask = async (q: string, cursor?: string | null, as = 'ann') =>
    chat.call<RoomsSearchPage>('GET', `/api/chat/search?${query({ q, limit: 1, ...(cursor ? { cursor } : {}) })}`, {
      as,
    });
  const { nextCursor } = (await ask('한라봉')).body;
  // What is looked for alike is the same search.
  expect((await ask('한라봉'.normalize('NFD'), nextCursor)).body.messages.map(({ content }) => content)).toEqual([
    '한라봉 하나',
  ]);
  const { body: rooms } = await chat.call<{ nextCursor: string }>('GET', '/api/chat/rooms?limit=1', { as: 'ann' });
  for (const answer of [
    await ask('천혜향', nextCursor),
    await ask('한라봉', nextCursor, 'eve'),
    await ask('한라봉', rooms.nextCursor),
  ]) {
    expect([answer.status, answer.body]).toMatchObject([
      400,
      {
        code: 'VALIDATION_FAILED',
        errors: [{ path: 'cursor', message: expect.stringContaining('asked in the same way') }],
      },
    ]);
  }
});

it('where a room was opened anew meanwhile, a cursor leaves out what is newer than its place', async () => {
  const { path, messages } = await talk('금귤 하나', '금귤 둘', '금귤 셋');
  const fields = (cursor?: string | null) => query({ q: '금귤', limit: 2, ...(cursor ? { cursor } : {}) });
  const first = await chat.call<RoomsSearchPage>('GET', `/api/chat/search?${fields()}`, { as: 'ann' });
  expect(first.body.messages.map(({ seq }) => seq)).toEqual([messages[2]!.seq, messages[1]!.seq]);
  await chat.call('DELETE', path, { as: SERVICE });
  await chat.room({ productId: path.split('/').at(-1)! });
  await chat.call('POST', `${path}/participants`, { as: 'ann', body: {} });
  const body = { clientMessageId: 'anew', content: '금귤 넷' };
  // At a place that was before the cursor's.
  const anew = await chat.call<ChatMessage>('POST', `${path}/messages`, { as: 'ann', body });
  expect(anew.body.seq).toBeLessThan(messages[1]!.seq);
  const next = await chat.call<RoomsSearchPage>('GET', `/api/chat/search?${fields(first.body.nextCursor)}`, {
    as: 'ann',
  });
  expect(next.body).toEqual({ messages: [], hasMore: false, nextCursor: null });
});

it('who is no member finds nothing, and a bad question is told its field and the rule', async () => {
  const { path } = await talk('비밀 감귤');
  expect((await search(path, 'eve', { q: '감귤' })).body).toMatchObject({ code: 'NOT_A_MEMBER' });
  expect((await search('/api/chat/rooms/nowhere', 'ann', { q: '감귤' })).body).toMatchObject({ code: 'NOT_FOUND' });
  for (const [fields, field] of [
    [{ q: '감' }, 'q'],
    [{ q: 'a'.repeat(65) }, 'q'],
    [{}, 'q'],
    [{ q: '감귤', limit: 101 }, 'limit'],
    [{ q: '감귤', before: 0 }, 'before'],
  ] as const) {
    const { status, body } = await search(path, 'ann', fields as Record<string, string>);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path: field }] });
  }
  const { status, body } = await chat.call('GET', `/api/chat/search?${query({ q: '감귤', cursor: 'WzFd' })}`, {
    as: 'ann',
  });
  expect([status, body]).toMatchObject([400, { errors: [{ path: 'cursor' }] }]);
});
