import type { ChatMessage, Message } from '@gongu/shared';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on' });
});

const admin = () => `Bearer ${tokenOf('boss', { roles: ['admin'] })}`;
const pathOf = (roomId: string, seq: number) => `/api/chat/rooms/${roomId}/messages/${seq}`;

/** A room of the seller with members ann and bob; what they say. */
async function talk() {
  const roomId = await chat.room();
  for (const as of ['ann', 'bob']) {
    await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as, body: {} });
  }
  let said = 0;
  return {
    roomId,
    say: async (as: string, content = 'first words', rest = {}): Promise<ChatMessage> => {
      const body = { clientMessageId: `c-${++said}`, content, ...rest };
      return (await chat.call<ChatMessage>('POST', `/api/chat/rooms/${roomId}/messages`, { as, body })).body;
    },
    edit: (as: string, seq: number, content: string, ifVersion?: number) =>
      chat.call<ChatMessage>('PATCH', pathOf(roomId, seq), { as, body: { content, ifVersion } }),
    remove: (as: string, seq: number) => chat.call('DELETE', pathOf(roomId, seq), { as }),
    one: async (as: string, seq: number) => (await chat.call<Message>('GET', pathOf(roomId, seq), { as })).body,
    page: async (query = '') =>
      (
        await chat.call<{ messages: Message[]; hasMore: boolean }>(
          'GET',
          `/api/chat/rooms/${roomId}/messages${query}`,
          {
            as: 'bob',
          },
        )
      ).body,
    rows: async () =>
      (await chat.call<{ lastSeq: number }>('GET', `/api/chat/rooms/${roomId}`, { as: 'ann' })).body.lastSeq,
  };
}

it('the newest notice is the newest that is not deleted, as it is now', async () => {
  const { roomId, say, edit, remove } = await talk();
  const newest = async () =>
    (await chat.call<{ message: ChatMessage | null }>('GET', `/api/chat/rooms/${roomId}/notice`)).body.message;
  const first = await say('seller', 'sent on Tuesday', { kind: 'NOTIFICATION' });
  const second = await say('seller', 'sent on Monday', { kind: 'NOTIFICATION' });
  await say('ann');
  const { body: edited } = await edit('seller', second.seq, 'sent on Sunday');
  expect(edited).toMatchObject({ content: 'sent on Sunday', version: second.seq + 2 });
  expect(await newest()).toEqual(edited);
  await edit('seller', first.seq, 'sent on Wednesday');
  expect(await newest()).toEqual(edited);
  await remove('seller', second.seq);
  expect(await newest()).toMatchObject({ seq: first.seq, content: 'sent on Wednesday' });
  await remove('seller', first.seq);
  expect(await newest()).toBeNull();
  const third = await say('seller', 'sent', { kind: 'NOTIFICATION' });
  expect(await newest()).toEqual(third);
});

describe('an edit', () => {
  it('gives a message another text, a version and one row that tells of it', async () => {
    const { roomId, say, edit, page, one } = await talk();
    const first = await say('ann');
    expect(first.version).toBe(first.seq);
    const { status, body } = await edit('ann', first.seq, 'second words', first.version);
    expect(status).toBe(200);
    const row = first.seq + 1;
    expect(body).toEqual({ ...first, content: 'second words', version: row, editedAt: expect.any(String) });
    expect(await one('bob', first.seq)).toEqual(body);
    const { messages } = await page();
    expect(messages.at(-2)).toEqual(body);
    expect(messages.at(-1)).toMatchObject({
      ...{ roomId, seq: row, version: row, kind: 'SYSTEM', sender: null, content: 'ann edited a message' },
      data: { event: 'message.changed', change: 'edited', by: { userId: 'ann', nickname: 'ann' }, message: body },
    });
    expect(await one('bob', row)).toEqual(messages.at(-1));
  });

  it('with the same text makes no row; of another version is refused', async () => {
    const { say, edit, rows } = await talk();
    const { seq } = await say('ann');
    const edited = await edit('ann', seq, 'second words', seq);
    const again = await edit('ann', seq, 'second words', seq);
    expect([again.status, again.body]).toEqual([200, edited.body]);
    const stale = await edit('ann', seq, 'third words', seq);
    expect([stale.status, stale.body.code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect(await rows()).toBe(seq + 1);
    expect((await edit('ann', seq, 'third words', seq + 1)).body.version).toBe(seq + 2);
  });

  it('is for its sender, as long as he is a member and the message is there', async () => {
    const { roomId, say, edit, remove } = await talk();
    const { seq } = await say('ann');
    const answers = async (...who: string[]) =>
      Promise.all(who.map(async (as) => (await edit(as, seq, 'mine')).body.code));
    expect(await answers('bob', 'seller', SERVICE, admin())).toEqual([
      ...['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
      'NOT_A_MEMBER',
    ]);
    expect(await answers('stranger')).toEqual(['NOT_A_MEMBER']);
    expect((await edit('ann', 1, 'mine')).body.code).toBe('FORBIDDEN');
    expect((await edit('ann', 999, 'mine')).body).toMatchObject({ code: 'NOT_FOUND', detail: expect.any(String) });
    await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/ann`, { as: 'ann' });
    expect(await answers('ann')).toEqual(['NOT_A_MEMBER']);
    await remove('ann', seq);
    await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: 'ann', body: {} });
    expect((await edit('ann', seq, 'mine')).body).toMatchObject({ code: 'MESSAGE_DELETED' });
  });

  it('of a notice of the service is for the service', async () => {
    const { say, edit } = await talk();
    const { seq } = await say(SERVICE, 'notice');
    expect((await edit(SERVICE, seq, 'better notice')).body).toMatchObject({
      kind: 'NOTIFICATION',
      content: 'better notice',
    });
    expect((await edit('seller', seq, 'mine')).body.code).toBe('FORBIDDEN');
  });

  it('needs a text, as a message does', async () => {
    const { say, edit } = await talk();
    const { seq } = await say('ann');
    for (const content of ['', 'x'.repeat(4_001), 'a\u0000b']) {
      const { status, body } = await edit('ann', seq, content);
      expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'VALIDATION_FAILED', 'content']);
    }
    const { body } = await chat.call('PATCH', pathOf('any', 0), { as: 'ann', body: { content: 'x' } });
    expect(body.code).toBe('VALIDATION_FAILED');
  });

  it('comes too late when its time is over', async () => {
    const never = await given.start({ CHANGES: 'on', EDIT_WINDOW_S: '0' });
    const { roomId, say } = await talk();
    const { seq } = await say('ann');
    const { status, body } = await never.call('PATCH', pathOf(roomId, seq), { as: 'ann', body: { content: 'late' } });
    expect([status, body.code]).toEqual([409, 'EDIT_WINDOW_PASSED']);
    // A retry of one that is stored already is none.
    const same = await never.call('PATCH', pathOf(roomId, seq), { as: 'ann', body: { content: 'first words' } });
    expect(same.status).toBe(200);
  });
});

describe('a deletion', () => {
  it('leaves nothing but the place, once', async () => {
    const { say, remove, one, page, rows } = await talk();
    const first = await say('ann', 'a secret');
    expect((await remove('ann', first.seq)).status).toBe(204);
    expect((await remove('ann', first.seq)).status).toBe(204);
    const row = first.seq + 1;
    expect(await rows()).toBe(row);
    const gone = { ...first, content: '', version: row, deletedAt: expect.any(String) };
    expect(await one('bob', first.seq)).toEqual(gone);
    const { messages } = await page();
    expect(messages.at(-1)).toMatchObject({ data: { change: 'deleted', message: gone } });
    expect(JSON.stringify(messages)).not.toContain('a secret');
    const again = await say('ann', 'a retry');
    expect(again.seq).toBe(row + 1);
  });

  it('is for its sender, also after leaving, the host, an admin and the service; never of a row of the service', async () => {
    const { roomId, say, remove } = await talk();
    for (const as of ['seller', admin(), SERVICE]) {
      expect((await remove(as, (await say('ann')).seq)).status).toBe(204);
    }
    const { seq } = await say('ann');
    expect((await remove('bob', seq)).body.code).toBe('FORBIDDEN');
    expect((await remove('stranger', seq)).body.code).toBe('NOT_A_MEMBER');
    expect((await remove(SERVICE, 1)).body.code).toBe('FORBIDDEN');
    await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/ann`, { as: 'ann' });
    expect((await remove('ann', seq)).status).toBe(204);
  });

  it('counts as unread as it did before, and is the last message of its room', async () => {
    const { roomId, say, remove } = await talk();
    const { seq } = await say('ann', 'a secret');
    await remove('ann', seq);
    const { items } = (
      await chat.call<{ items: { roomId: string; unread: number; lastMessage: Message }[] }>('GET', '/api/chat/rooms', {
        as: 'bob',
      })
    ).body;
    const room = items.find((each) => each.roomId === roomId)!;
    expect(room).toMatchObject({ unread: 1, lastMessage: { seq, content: '', deletedAt: expect.any(String) } });
  });

  it('is all that can be done in a room that was cancelled, by who presides', async () => {
    const { roomId, say, edit, remove } = await talk();
    const [one, two] = [await say('ann'), await say('ann')];
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CANCELLED' } });
    expect((await edit('ann', one.seq, 'x')).body.code).toBe('ROOM_READ_ONLY');
    expect((await remove('ann', one.seq)).body.code).toBe('ROOM_READ_ONLY');
    expect((await remove('seller', one.seq)).status).toBe(204);
    expect((await remove('ann', one.seq)).status).toBe(204);
    expect((await remove(admin(), two.seq)).status).toBe(204);
  });

  it('and an edit go on among the members of a room that was closed', async () => {
    const { roomId, say, edit, remove } = await talk();
    await chat.call('PUT', `/api/chat/rooms/${roomId}/participants/ann`, { as: SERVICE, body: { committed: true } });
    const [ofAnn, ofBob] = [await say('ann'), await say('bob')];
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CLOSED' } });
    expect((await edit('ann', ofAnn.seq, 'x')).status).toBe(200);
    expect((await edit('bob', ofBob.seq, 'x')).body.code).toBe('NOT_A_MEMBER');
    expect((await remove('bob', ofBob.seq)).status).toBe(204);
  });
});

describe('pages', () => {
  it('count what was said, and bring the rows of change among it, each message written out in the newest of them', async () => {
    const { say, edit, page } = await talk();
    const said: ChatMessage[] = [];
    for (let i = 0; i < 6; i++) said.push(await say('ann', `words ${i}`));
    const [first, second] = said;
    for (let i = 0; i < 8; i++) await edit('ann', first!.seq, `edit ${i}`);
    await edit('ann', second!.seq, 'edit of the second');
    const last = await say('ann', 'the end');
    const newest = await page('?limit=3');
    expect(newest.hasMore).toBe(true);
    expect(newest.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, i) => said[4]!.seq + i));
    const rows = newest.messages.filter(({ kind }) => kind === 'SYSTEM');
    const names = rows.map(({ data }) => data as Record<string, unknown>);
    expect(names.map(({ message }) => (message as ChatMessage)?.content)).toEqual([
      ...Array(7).fill(undefined),
      ...['edit 7', 'edit of the second'],
    ]);
    expect(names[0]).toMatchObject({ seq: first!.seq, version: rows[0]!.seq });
    const older = await page(`?limit=3&before=${newest.messages[0]!.seq}`);
    expect(older.messages.map(({ seq }) => seq)).toEqual([2, 3, 4].map((i) => i - 2 + said[1]!.seq));
    expect(older.messages[0]).toMatchObject({ content: 'edit of the second' });
    const forward = await page(`?limit=2&after=${said[4]!.seq}`);
    expect(forward.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 11 }, (_, i) => said[5]!.seq + i));
    expect(forward.hasMore).toBe(false);
    expect(forward.messages.at(-1)!.seq).toBe(last.seq);
  });

  it('hold as many rows of change as have room, and the next ones the rest', async () => {
    const { roomId, say, page } = await talk();
    const { seq } = await say('ann');
    await say('ann');
    const client = new pg.Client({ connectionString: given.databaseUrl });
    await client.connect();
    await client.query(
      `SELECT chat.change_message($1, $2, 'edited', 'ann', 'ann', NULL, false, 'edit ' || n, NULL, 60)
      FROM generate_series(1, 1100) n`,
      [roomId, seq],
    );
    await client.end();
    const back: number[] = [];
    for (let before = ''; ; before = `&before=${back[0]}`) {
      const { messages, hasMore } = await page(`?limit=5${before}`);
      expect(Buffer.byteLength(JSON.stringify({ messages, hasMore }))).toBeLessThanOrEqual(262_144);
      expect(messages.filter(({ data }) => data && 'message' in (data as object))).toHaveLength(1);
      back.unshift(...messages.map((message) => message.seq));
      if (!hasMore) break;
      expect(messages.length).toBeGreaterThan(400);
      if (back[0]! <= seq + 2) break;
    }
    const forward: number[] = [];
    for (let hasMore = true; hasMore; ) {
      const next = await page(`?limit=5&after=${forward.at(-1) ?? seq}`);
      forward.push(...next.messages.map((message) => message.seq));
      hasMore = next.hasMore;
    }
    expect(forward).toEqual(Array.from({ length: 1_101 }, (_, i) => seq + 1 + i));
    expect(back).toEqual(Array.from({ length: back.length }, (_, i) => seq + 1_101 - back.length + 1 + i));
  });
});

it('nothing is changed where CHANGES is off', async () => {
  const off = await given.start();
  const { roomId, say } = await talk();
  const { seq } = await say('ann');
  for (const method of ['PATCH', 'DELETE']) {
    const body = method === 'PATCH' ? { content: 'x' } : undefined;
    const answer = await off.call(method, pathOf(roomId, seq), { as: 'ann', body });
    expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
    expect(answer.body.detail).toContain('CHANGES');
  }
});
