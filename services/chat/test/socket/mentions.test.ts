import type { ChatMessage, EventOf } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLocalExchange } from '../../src/bus/local-bus.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let here: Instance;
let there: Instance;
beforeAll(async () => {
  const exchange = createLocalExchange();
  here = await given.start({ CHANGES: 'on' }, { exchange });
  there = await given.start({ CHANGES: 'on' }, { exchange });
});

const text = said('words');
let made = 0;

/** A room of the seller with members, who have read up to where it begins. */
async function talk(...names: string[]) {
  const roomId = await here.room();
  const path = `/api/chat/rooms/${roomId}`;
  for (const as of names) await here.call('POST', `${path}/participants`, { as, body: {} });
  const post = async (as: string, fields: object) =>
    (
      await here.call<ChatMessage>('POST', `${path}/messages`, {
        as,
        body: { content: text, clientMessageId: `c-${++made}`, ...fields },
      })
    ).body;
  return {
    ...{ roomId, path, post },
    edit: (seq: number, as: string, fields: object) =>
      here.call<ChatMessage>('PATCH', `${path}/messages/${seq}`, { as, body: { content: text, ...fields } }),
    /** What the list of one's rooms says of it, and what a join of each instance does. */
    async unread(as: string): Promise<number> {
      type Page = { items: { roomId: string; unreadMentions: number }[] };
      const { items } = (await here.call<Page>('GET', '/api/chat/rooms', { as })).body;
      const listed = items.find((item) => item.roomId === roomId)!.unreadMentions;
      for (const at of [here, there]) {
        const client = await at.connect(as);
        expect((await client.join(roomId)).you!.unreadMentions).toBe(listed);
        client.close();
      }
      return listed;
    },
  };
}

describe('whom a message mentions', () => {
  it('are members, each once, twenty at most; others are dropped, and where nobody is left nothing is said', async () => {
    const names = Array.from({ length: 22 }, (_, i) => `user-${i}`);
    const { post, path } = await talk('ann', ...names);
    const named = ['stranger', ...names, 'user-3'];
    const sent = await post('ann', { mentions: named });
    expect(sent.mentions).toEqual(names.slice(0, 20));
    const read = await here.call<ChatMessage>('GET', `${path}/messages/${sent.seq}`, { as: 'ann' });
    expect(read.body).toEqual(sent);
    const nobody = await post('ann', { mentions: ['stranger'] });
    expect(nobody).not.toHaveProperty('mentions');
    // The same message once more is the one that was stored.
    const again = await post('ann', { clientMessageId: sent.clientMessageId, mentions: [] });
    expect(again).toEqual(sent);
  });

  it('never refuse what is said: ids that nobody can have are dropped, and of very many the first hundred count', async () => {
    const { post, edit, roomId } = await talk('ann', 'bob', 'cho');
    const strangers = Array.from({ length: 98 }, (_, i) => `stranger-${i}`);
    const mentions = ['', 'x'.repeat(400), ...strangers.slice(2), 'bob', 'bob', ...strangers, 'cho'];
    const sent = await post('ann', { mentions });
    expect(sent.mentions).toEqual(['bob']);
    expect((await edit(sent.seq, 'ann', { mentions: ['..', 'cho', 'x'.repeat(256)] })).body.mentions).toEqual(['cho']);
    const ann = await there.connect('ann');
    await ann.join(roomId);
    await ann.say(roomId, text, { mentions });
    expect(await ann.event('message', ({ kind }) => kind === 'CHAT')).toMatchObject({ mentions: ['bob'] });
    // What can not be stored is told, as everywhere.
    expect(await post('ann', { mentions: ['a\u0000'] })).toMatchObject({ errors: [{ path: 'mentions.0' }] });
  });

  it('are all, where the host or the service says so, and nobody else', async () => {
    const { post, unread, edit } = await talk('ann', 'bob');
    expect(await post('ann', { mentionsAll: true })).toMatchObject({ code: 'FORBIDDEN' });
    const { seq } = await post('ann', {});
    expect((await edit(seq, 'ann', { mentionsAll: true })).body.code).toBe('FORBIDDEN');
    expect(await post('seller', { mentionsAll: true, mentions: ['bob'] })).toMatchObject({
      mentions: ['bob'],
      mentionsAll: true,
    });
    expect(await post(SERVICE, { mentionsAll: true })).toMatchObject({ kind: 'NOTIFICATION', mentionsAll: true });
    expect([await unread('ann'), await unread('bob')]).toEqual([2, 2]);
  });

  const ways: [string, (roomId: string) => Promise<unknown>][] = [
    [
      'gongu.v1',
      async (roomId) => {
        const ann = await there.connect('ann');
        await ann.join(roomId);
        const { seq } = await ann.say(roomId, text, { mentions: ['bob'] });
        await ann.ask({ type: 'edit', roomId, seq, content: text, mentions: ['bob', 'cho'] }, 'ok');
      },
    ],
    [
      'STOMP',
      async (roomId) => {
        const socket = await probe(here.socketUrl, { protocols: 'v12.stomp' });
        const answer = (command: string) => socket.next((frame: unknown) => String(frame).startsWith(command));
        const send = (to: string, body: object) =>
          socket.send(`SEND\ndestination:/app/chat/${roomId}${to}\nreceipt:${to}\n\n${JSON.stringify(body)}\0`);
        socket.send(`CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer ${tokenOf('ann')}\n\n\0`);
        await answer('CONNECTED');
        socket.send(`SUBSCRIBE\nid:0\ndestination:/topic/chat/${roomId}\n\n\0`);
        send('', { content: text, mentions: ['bob'] });
        await answer('RECEIPT');
        const last = (await here.call<{ lastSeq: number }>('GET', `/api/chat/rooms/${roomId}`, { as: 'ann' })).body
          .lastSeq;
        send('/edit', { messageId: `${roomId}:${last}`, content: text, mentions: ['bob', 'cho'] });
        await answer('RECEIPT');
        socket.close();
      },
    ],
  ];
  it.each(ways)('are named by %s, as it is sent and as it is edited', async (_, say) => {
    const { roomId, path, unread } = await talk('ann', 'bob', 'cho');
    await say(roomId);
    type Page = { messages: ChatMessage[] };
    const { messages } = (await here.call<Page>('GET', `${path}/messages`, { as: 'bob' })).body;
    const found = messages.filter(({ content }) => content === text);
    expect(found).toMatchObject([{ mentions: ['bob', 'cho'], editedAt: expect.any(String) }]);
    expect([await unread('bob'), await unread('cho')]).toEqual([1, 1]);
  });

  it('are others after an edit that says so, and the same after one that does not; the same edit again is no row', async () => {
    const { post, edit, unread } = await talk('ann', 'bob', 'cho');
    const { seq } = await post('ann', { mentions: ['bob'] });
    expect((await edit(seq, 'ann', { content: said('other') })).body.mentions).toEqual(['bob']);
    const edited = await edit(seq, 'ann', { mentions: ['cho', 'stranger'] });
    expect(edited.body).toMatchObject({ mentions: ['cho'], version: seq + 2 });
    const again = await edit(seq, 'ann', { mentions: ['cho', 'stranger'], ifVersion: seq + 1 });
    expect([again.status, again.body.version]).toEqual([200, seq + 2]);
    expect([await unread('bob'), await unread('cho')]).toEqual([0, 1]);
    expect((await edit(seq, 'ann', { mentions: [] })).body).not.toHaveProperty('mentions');
    expect(await unread('cho')).toBe(0);
  });
});

describe('unread mentions', () => {
  it('are those after the mark that are live: reading and deleting lower them', async () => {
    const { roomId, path, post, unread } = await talk('ann', 'bob');
    const first = await post('ann', { mentions: ['bob'] });
    const second = await post('ann', { mentions: ['bob'] });
    await post('ann', {});
    await post('bob', { mentions: ['ann'] });
    expect(await unread('bob')).toBe(0);
    expect(await unread('ann')).toBe(1);
    const third = await post('ann', { mentions: ['bob'] });
    await post('ann', { mentions: ['bob'] });
    expect(await unread('bob')).toBe(2);
    for (const { seq } of [first, second, third]) await here.call('DELETE', `${path}/messages/${seq}`, { as: 'ann' });
    expect(await unread('bob')).toBe(1);
    const bob = await here.connect('bob');
    const { lastSeq } = await bob.join(roomId);
    bob.send({ type: 'read', roomId, seq: lastSeq });
    await expect.poll(() => unread('bob')).toBe(0);
  });

  it('are told by the stream of all rooms as they come, are edited away and deleted, on every instance', async () => {
    const { roomId, path, post, edit } = await talk('ann', 'dee');
    const before = await post('ann', { mentions: ['dee'] });
    const stream = await openStream(`${there.url}/api/chat/events`, { authorization: `Bearer ${tokenOf('dee')}` });
    const { data } = await stream.next('rooms');
    expect(data.rooms).toMatchObject([{ roomId, unread: 1, unreadMentions: 1 }]);
    const told = (unreadMentions: number) => stream.next('head', ({ data }) => data.unreadMentions === unreadMentions);
    const { seq } = await post('ann', { mentions: ['dee'] });
    await told(2);
    await edit(seq, 'ann', { mentions: [] });
    await told(1);
    await edit(seq, 'ann', { mentions: ['dee'] });
    await told(2);
    await here.call('DELETE', `${path}/messages/${before.seq}`, { as: 'ann' });
    await told(1);
    const dee = await here.connect('dee');
    await dee.join(roomId);
    dee.send({ type: 'read', roomId, seq });
    await told(0);
  });

  it('of many that are sent at once are counted like those of one, whether or not something is wrong with another', async () => {
    const { roomId, post, unread } = await talk('ann', 'bob', 'cho');
    const clients: Client[] = await Promise.all(['ann', 'cho'].map((name) => here.connect(name)));
    for (const client of clients) await client.join(roomId);
    const acks = (some: Promise<EventOf<'ack'>>[]) => Promise.all(some);
    const [ann, cho] = clients as [Client, Client];
    await acks([
      ...[
        ann.say(roomId, text, { mentions: ['bob'] }),
        ann.say(roomId, text),
        ann.say(roomId, text, { mentions: ['bob', 'cho'] }),
      ],
      ...[cho.say(roomId, text, { mentions: ['bob'] }), cho.say(roomId, text, { mentions: ['ann'] })],
    ]);
    expect(await unread('bob')).toBe(3);
    const refused = post('cho', { mentionsAll: true });
    await acks([ann.say(roomId, text, { mentions: ['bob'] }), cho.say(roomId, text)]);
    expect(await refused).toMatchObject({ code: 'FORBIDDEN' });
    expect(await unread('bob')).toBe(4);
  });
});
