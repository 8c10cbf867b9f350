import type { ChatMessage, Message, Room } from '@gongu/shared';
import { beforeAll, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on' });
});

const admin = () => `Bearer ${tokenOf('boss', { roles: ['admin'] })}`;

/** A room of the seller with member ann; what is pinned there. */
async function talk() {
  const roomId = await chat.room();
  const path = `/api/chat/rooms/${roomId}`;
  await chat.call('POST', `${path}/participants`, { as: 'ann', body: {} });
  let said = 0;
  return {
    path,
    say: async () => {
      const body = { clientMessageId: `c-${++said}`, content: 'words' };
      return (await chat.call<ChatMessage>('POST', `${path}/messages`, { as: 'ann', body })).body.seq;
    },
    pin: (as: string, seq: number) => chat.call('PUT', `${path}/pins/${seq}`, { as }),
    unpin: (as: string, seq: number) => chat.call('DELETE', `${path}/pins/${seq}`, { as }),
    room: async () => (await chat.call<Room>('GET', path, { as: 'ann' })).body,
    ids: (...seqs: number[]) => seqs.map((seq) => `${roomId}:${seq}`),
    newest: async () =>
      (await chat.call<{ messages: Message[] }>('GET', `${path}/messages`, { as: 'ann' })).body.messages.at(-1)!,
  };
}

it('what is pinned stands in the room, newest first; each change is one row, and the same again is none', async () => {
  const { say, pin, unpin, room, ids, newest } = await talk();
  const [one, two] = [await say(), await say()];
  expect((await room()).pinnedMessageIds).toEqual([]);
  for (const seq of [one, two, one]) expect((await pin('seller', seq)).status).toBe(204);
  expect(await room()).toMatchObject({ pinnedMessageIds: ids(two, one), lastSeq: two + 2 });
  const by = { userId: 'seller', nickname: 'seller', tag: null };
  expect(await newest()).toMatchObject({
    content: 'seller pinned a message',
    data: { event: 'message.changed', change: 'pinned', by, seq: two, pinnedMessageIds: ids(two, one) },
  });
  for (const seq of [two, two]) expect((await unpin('seller', seq)).status).toBe(204);
  expect(await room()).toMatchObject({ pinnedMessageIds: ids(one), lastSeq: two + 3 });
  expect(await newest()).toMatchObject({
    content: 'seller unpinned a message',
    data: { change: 'unpinned', seq: two, pinnedMessageIds: ids(one) },
  });
});

it('the sixth is refused, and says that one must go first', async () => {
  const { say, pin, unpin, room, ids } = await talk();
  const seqs: number[] = [];
  for (let i = 0; i < 6; i++) seqs.push(await say());
  for (const seq of seqs.slice(0, 5)) await pin(SERVICE, seq);
  const { status, body } = await pin(SERVICE, seqs[5]!);
  expect([status, body.code, body.detail]).toEqual([409, 'CONFLICT', expect.stringContaining('5 messages are pinned')]);
  await unpin(SERVICE, seqs[0]!);
  expect((await pin(SERVICE, seqs[5]!)).status).toBe(204);
  expect((await room()).pinnedMessageIds).toEqual(ids(...[5, 4, 3, 2, 1].map((i) => seqs[i]!)));
});

it('the host, an admin and the service pin; nobody pins a row of the service, or what is not there', async () => {
  const { say, pin, unpin } = await talk();
  const seq = await say();
  expect((await pin('ann', seq)).body).toMatchObject({ code: 'FORBIDDEN', detail: expect.stringContaining('host') });
  expect((await pin('stranger', seq)).body.code).toBe('NOT_A_MEMBER');
  for (const as of [admin(), SERVICE, 'seller']) {
    expect((await pin(as, seq)).status).toBe(204);
    expect((await unpin('ann', seq)).body.code).toBe('FORBIDDEN');
    expect((await unpin(as, seq)).status).toBe(204);
  }
  expect((await pin('seller', 1)).body.code).toBe('FORBIDDEN');
  expect((await pin('seller', 999)).body).toMatchObject({
    code: 'NOT_FOUND',
    detail: expect.stringContaining('message'),
  });
  expect((await chat.call('PUT', '/api/chat/rooms/no-room/pins/1', { as: SERVICE })).body).toMatchObject({
    ...{ code: 'NOT_FOUND', detail: expect.stringContaining('room') },
  });
  expect((await pin('seller', 0)).body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path: 'seq' }] });
});

it('what is deleted is pinned no longer, by the one row of the deletion, and can not be pinned', async () => {
  const { path, say, pin, room, ids, newest } = await talk();
  const [one, two] = [await say(), await say()];
  for (const seq of [one, two]) await pin('seller', seq);
  expect((await chat.call('DELETE', `${path}/messages/${two}`, { as: 'ann' })).status).toBe(204);
  expect(await room()).toMatchObject({ pinnedMessageIds: ids(one), lastSeq: two + 3 });
  const { data } = await newest();
  expect(data).toMatchObject({ change: 'deleted', message: { seq: two, content: '' }, pinnedMessageIds: ids(one) });
  const { status, body } = await pin('seller', two);
  expect([status, body.code]).toEqual([409, 'MESSAGE_DELETED']);
});

it('an edit of what is pinned leaves it so, and both rows tell what they are about', async () => {
  const { path, say, pin, room, ids } = await talk();
  const seq = await say();
  const edit = (content: string) => chat.call('PATCH', `${path}/messages/${seq}`, { as: 'ann', body: { content } });
  await edit('second');
  await pin('seller', seq);
  expect((await room()).pinnedMessageIds).toEqual(ids(seq));
  const { messages } = (await chat.call<{ messages: Message[] }>('GET', `${path}/messages`, { as: 'ann' })).body;
  // The newest row about the message itself writes it out, whatever was pinned after it.
  expect(messages.slice(-2).map(({ data }) => data)).toMatchObject([
    { change: 'edited', message: { content: 'second', version: seq + 1 } },
    { change: 'pinned', seq, pinnedMessageIds: ids(seq) },
  ]);
  expect(messages.at(-1)!.data).not.toHaveProperty('version');
});

it('nothing is pinned in a room that was cancelled', async () => {
  const { path, say, pin, unpin } = await talk();
  const [one, two] = [await say(), await say()];
  await pin('seller', one);
  await chat.call('PATCH', path, { as: SERVICE, body: { status: 'CANCELLED' } });
  expect((await pin('seller', two)).body.code).toBe('ROOM_READ_ONLY');
  expect((await unpin('seller', one)).body.code).toBe('ROOM_READ_ONLY');
});

it('nothing is pinned where CHANGES is off', async () => {
  const off = await given.start();
  const { path, say } = await talk();
  const { status, body } = await off.call('PUT', `${path}/pins/${await say()}`, { as: 'seller' });
  expect([status, body.code, body.detail]).toEqual([403, 'FORBIDDEN', expect.stringContaining('CHANGES')]);
});
