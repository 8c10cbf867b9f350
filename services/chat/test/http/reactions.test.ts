import type { ChatMessage, Message, Reaction } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on', RATE_MESSAGES_PER_SECOND: '0' });
});

const PEOPLE = ['ann', 'bob', 'cho', 'dan', 'eve'];
const EMOJIS = ['👍', '❤️', '😂', '😮', '😢', '🙏', '🎉', '🔥', '👀', '💯', '🍊', '📦', '🚚'];

/** A room of the seller with members; what ann says there. */
async function talk() {
  const roomId = await chat.room();
  const path = `/api/chat/rooms/${roomId}`;
  for (const as of PEOPLE) await chat.call('POST', `${path}/participants`, { as, body: {} });
  const send = { as: 'ann', body: { clientMessageId: 'c-1', content: 'words' } };
  const { seq } = (await chat.call<ChatMessage>('POST', `${path}/messages`, send)).body;
  const of = (emoji: string, at = seq) => `${path}/messages/${at}/reactions/${encodeURIComponent(emoji)}`;
  type Page = { messages: Message[]; you?: { reacted: Record<string, string[]> } };
  return {
    ...{ path, seq },
    react: (as: string, emoji: string, at?: number) =>
      chat.call<{ reactions: Reaction[] }>('PUT', of(emoji, at), { as }),
    unreact: (as: string, emoji: string) => chat.call<{ reactions: Reaction[] }>('DELETE', of(emoji), { as }),
    one: async () => (await chat.call<ChatMessage>('GET', `${path}/messages/${seq}`, { as: 'bob' })).body,
    page: async (as: string) => (await chat.call<Page>('GET', `${path}/messages`, { as })).body,
    list: async (query = '') =>
      (
        await chat.call<{ items: { emoji: string; user: { userId: string } }[]; nextCursor: string | null }>(
          'GET',
          `${path}/messages/${seq}/reactions${query}`,
          { as: 'bob' },
        )
      ).body,
    rows: async () => (await chat.call<{ lastSeq: number }>('GET', path, { as: 'ann' })).body.lastSeq,
  };
}

const user = (userId: string) => ({ userId, nickname: userId });

describe('a reaction', () => {
  it('is one row, which the message and its version show; the same again is none', async () => {
    const { seq, react, unreact, one, page, rows } = await talk();
    const first = await react('bob', '👍');
    const thumbs = { emoji: '👍', count: 1, users: [user('bob')] };
    expect([first.status, first.body]).toEqual([200, { reactions: [thumbs], version: expect.any(Number) }]);
    expect((await react('bob', '👍')).body).toEqual(first.body);
    expect(await rows()).toBe(seq + 1);
    await react('cho', '👍');
    await react('cho', '❤');
    const reactions = [
      { ...thumbs, count: 2, users: [user('bob'), user('cho')] },
      { emoji: '❤️', count: 1, users: [user('cho')] },
    ];
    expect(await one()).toMatchObject({ version: seq + 3, reactions });
    expect((await page('bob')).messages.slice(-3).map(({ content, data }) => [content, data])).toMatchObject([
      ['bob reacted to a message', { change: 'reacted', by: { userId: 'bob' }, seq, version: seq + 1 }],
      ['cho reacted to a message', { change: 'reacted', seq, version: seq + 2 }],
      ['cho reacted to a message', { change: 'reacted', seq, version: seq + 3, reactions }],
    ]);
    expect((await unreact('bob', '👍')).body.reactions[0]).toEqual({ emoji: '👍', count: 1, users: [user('cho')] });
    expect((await unreact('bob', '👍')).status).toBe(200);
    await unreact('cho', '👍');
    await unreact('cho', '❤️');
    expect(await one()).not.toHaveProperty('reactions');
    expect(await rows()).toBe(seq + 6);
  });

  it('is exactly one emoji, and the thirteenth kind of a message is refused', async () => {
    const { react } = await talk();
    const { status, body } = await react('bob', 'words');
    expect([status, body]).toMatchObject([400, { errors: [{ path: 'emoji', message: 'must be exactly one emoji' }] }]);
    for (const emoji of EMOJIS.slice(0, 12)) expect((await react('bob', emoji)).status).toBe(200);
    const more = await react('cho', EMOJIS[12]!);
    expect([more.status, more.body]).toMatchObject([409, { code: 'CONFLICT', detail: expect.stringContaining('12') }]);
    expect((await react('cho', EMOJIS[3]!)).status).toBe(200);
  });

  it('is of members, of what was said and is there', async () => {
    const { path, seq, react } = await talk();
    expect((await react('stranger', '👍')).body.code).toBe('NOT_A_MEMBER');
    expect((await react(SERVICE, '👍')).body.code).toBe('FORBIDDEN');
    expect((await react('bob', '👍', 1)).body.code).toBe('FORBIDDEN');
    expect((await react('bob', '👍', 999)).body.code).toBe('NOT_FOUND');
    await react('bob', '👍');
    await chat.call('DELETE', `${path}/messages/${seq}`, { as: 'ann' });
    expect((await react('cho', '👍')).body.code).toBe('MESSAGE_DELETED');
  });

  it('is not made or taken back in a room that was cancelled', async () => {
    const { path, react, unreact } = await talk();
    await react('bob', '👍');
    await chat.call('PATCH', path, { as: SERVICE, body: { status: 'CANCELLED' } });
    expect((await react('cho', '👍')).body.code).toBe('ROOM_READ_ONLY');
    expect((await unreact('bob', '👍')).body.code).toBe('ROOM_READ_ONLY');
  });

  it('is refused to who is muted or banned, as is taking it back, until that is lifted', async () => {
    const { path, seq, react, unreact } = await talk();
    const restrict = (kind: string) => chat.call('PUT', `${path}/restrictions/bob`, { as: 'seller', body: { kind } });
    await react('bob', '👍');
    expect((await restrict('MUTE')).status).toBe(200);
    expect((await react('bob', '❤️')).body).toMatchObject({ status: 403, code: 'MUTED' });
    expect((await unreact('bob', '👍')).body).toMatchObject({ status: 403, code: 'MUTED' });
    expect((await react('cho', '👍')).status).toBe(200);
    await chat.call('DELETE', `${path}/restrictions/bob`, { as: 'seller' });
    expect((await react('bob', '❤️')).status).toBe(200);
    expect((await restrict('BAN')).status).toBe(200);
    expect((await react('bob', '😂')).body).toMatchObject({ status: 403, code: 'BANNED' });
    const { body: answer } = await chat.call<ChatMessage>('GET', `${path}/messages/${seq}`, { as: 'cho' });
    expect(answer.reactions?.map(({ emoji, count }) => [emoji, count])).toEqual([
      ['👍', 2],
      ['❤️', 1],
    ]);
  });

  it('goes with its message', async () => {
    const { path, seq, react, one, page, list } = await talk();
    for (const as of PEOPLE) await react(as, '🍊');
    await chat.call('DELETE', `${path}/messages/${seq}`, { as: 'ann' });
    expect(await one()).not.toHaveProperty('reactions');
    expect((await list()).items).toEqual([]);
    expect(JSON.stringify(await page('bob'))).not.toContain('🍊');
  });

  it('makes no other text of a message: an edit of the version before it is taken', async () => {
    const { path, seq, react, one } = await talk();
    const edit = (content: string, ifVersion: number) =>
      chat.call('PATCH', `${path}/messages/${seq}`, { as: 'ann', body: { content, ifVersion } });
    await react('bob', '👍');
    expect((await edit('second', seq)).status).toBe(200);
    await react('cho', '👍');
    expect((await edit('third', seq)).body.code).toBe('PRECONDITION_FAILED');
    expect((await edit('third', seq + 9)).body.code).toBe('PRECONDITION_FAILED');
    expect((await edit('third', seq + 2)).status).toBe(200);
    expect(await one()).toMatchObject({ content: 'third', version: seq + 4, reactions: [{ count: 2 }] });
  });
});

describe('who reacted', () => {
  it('is a list, in the order in which they did, by one emoji or by all', async () => {
    const { react, list } = await talk();
    for (const as of PEOPLE) await react(as, '👍');
    await react('bob', '❤️');
    const who = ({ items }: Awaited<ReturnType<typeof list>>) => items.map(({ emoji, user }) => emoji + user.userId);
    const first = await list('?limit=4');
    expect(who(first)).toEqual(PEOPLE.slice(0, 4).map((name) => `👍${name}`));
    expect(who(await list(`?limit=4&cursor=${first.nextCursor}`))).toEqual(['👍eve', '❤️bob']);
    expect(who(await list(`?emoji=${encodeURIComponent('❤')}`))).toEqual(['❤️bob']);
  });

  it('is named with the message up to three; a page says whether one is oneself among more', async () => {
    const { seq, react, unreact, one, page } = await talk();
    for (const as of PEOPLE.slice(0, 3)) await react(as, '👍');
    expect(await page('cho')).not.toHaveProperty('you');
    for (const as of PEOPLE.slice(3)) await react(as, '👍');
    expect((await one()).reactions).toEqual([{ emoji: '👍', count: 5, users: PEOPLE.slice(0, 3).map(user) }]);
    expect((await page('eve')).you).toEqual({ reacted: { [seq]: ['👍'] } });
    expect(await page('seller')).not.toHaveProperty('you');
    await unreact('bob', '👍');
    expect((await one()).reactions?.[0]?.users).toEqual(['ann', 'cho', 'dan'].map(user));
  });
});
