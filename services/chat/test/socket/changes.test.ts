import type { ChatMessage, EventOf, Message } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalExchange } from '../../src/bus/local-bus.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let here: Instance;
let there: Instance;
beforeAll(async () => {
  const exchange = createLocalExchange();
  here = await given.start({ CHANGES: 'on' }, { exchange });
  there = await given.start({ CHANGES: 'on' }, { exchange });
});
afterAll(() => Promise.all([here?.stop(), there?.stop()]));

const changed = (seq: number) => (frame: EventOf<'message'>) =>
  frame.kind === 'SYSTEM' && frame.data.event === 'message.changed' && frame.data.message?.seq === seq;

describe('gongu.v1', () => {
  it('an edit and a deletion are told to all sockets of the room, on every instance, and kept by recoveries', async () => {
    const roomId = await here.room();
    const [ann, bob] = [await here.connect('ann'), await there.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    const { seq } = await ann.say(roomId, said('first'));
    await bob.event('message', (frame) => frame.seq === seq);
    await ann.ask({ type: 'edit', roomId, seq, content: said('second'), ifVersion: seq }, 'ok');
    for (const client of [ann, bob]) {
      const row = await client.event('message', changed(seq));
      expect(row).toMatchObject({
        seq: seq + 1,
        data: { change: 'edited', by: { userId: 'ann' }, message: { content: said('second'), version: seq + 1 } },
      });
    }
    // Whoever joins is shown what is there now.
    const late = await there.connect('late');
    const joined = await late.join(roomId);
    expect(joined.messages.find((message) => message.seq === seq)).toMatchObject({ content: said('second') });
    await ann.ask({ type: 'delete', roomId, seq }, 'ok');
    const row = await bob.event('message', changed(seq));
    expect(row).toMatchObject({ seq: row.seq, data: { change: 'deleted', message: { content: '' } } });
    // The rows before the deletion have no text either, and name the message that the last one writes out.
    const again = await there.connect('again');
    const { messages, recovered } = await again.join(roomId, seq);
    expect(recovered).toBe(true);
    const rows = messages.filter((message) => message.kind === 'SYSTEM' && message.data.event === 'message.changed');
    expect(rows.map(({ data }) => data)).toMatchObject([{ seq, version: seq + 1 }, { message: { seq, content: '' } }]);
    expect(JSON.stringify(messages)).not.toContain(said('second'));
  });

  it('what is refused says why, and of which frame', async () => {
    const roomId = await here.room();
    const ann = await here.connect('ann');
    await ann.join(roomId);
    const { seq } = await ann.say(roomId);
    const bob = await here.connect('bob');
    const refused = async (frame: object) => await bob.ask({ roomId, ...frame }, 'error');
    expect(await refused({ type: 'delete', seq })).toMatchObject({ code: 'NOT_A_MEMBER', roomId });
    await bob.join(roomId);
    expect(await refused({ type: 'edit', seq, content: said('x') })).toMatchObject({ code: 'FORBIDDEN' });
    expect(await refused({ type: 'edit', seq })).toMatchObject({
      ...{ code: 'VALIDATION_FAILED', errors: [{ path: 'content' }] },
    });
    expect(await refused({ type: 'delete', seq: 0 })).toMatchObject({
      errors: [{ path: 'seq', message: 'must be a whole number from 1 on' }],
    });
  });

  it('a frame has each message once, however often it was changed', async () => {
    const roomId = await here.room();
    const ann = await here.connect('ann');
    await ann.join(roomId);
    const { seq } = await ann.say(roomId, said('first'));
    for (let i = 0; i < 5; i++) await ann.ask({ type: 'edit', roomId, seq, content: said(`edit ${i}`) }, 'ok');
    const bob = await there.connect('bob');
    const contents = (messages: readonly Message[]) =>
      messages.flatMap((message) =>
        message.kind === 'SYSTEM' && message.data.event === 'message.changed' ? [message.data.message?.content] : [],
      );
    const expected = [undefined, undefined, undefined, undefined, said('edit 4')];
    expect(contents((await bob.join(roomId)).messages)).toEqual(expected);
    expect(contents((await bob.join(roomId, seq)).messages)).toEqual(expected);
    const page = await bob.ask({ type: 'history', roomId, after: seq }, 'page');
    expect(contents(page.messages)).toEqual(expected);
    const part = await bob.ask({ type: 'history', roomId, before: seq + 4 }, 'page');
    expect(contents(part.messages)).toEqual([undefined, undefined, said('edit 4')]);
  });
});

describe('a reaction', () => {
  it("is told to all sockets of the room on every instance, and what is one's own among many is said on joining", async () => {
    const roomId = await here.room();
    const names = ['ann', 'bob', 'cho', 'dan', 'eve'];
    const people = await Promise.all(names.map((name, i) => (i % 2 === 0 ? here : there).connect(name)));
    for (const each of people) await each.join(roomId);
    const [ann, bob] = people as [(typeof people)[0], (typeof people)[0]];
    const { seq } = await ann.say(roomId);
    await ann.ask({ type: 'edit', roomId, seq, content: said('second') }, 'ok');
    for (const each of people) await each.ask({ type: 'react', roomId, seq, emoji: '❤', on: true }, 'ok');
    const reactions = [
      { emoji: '❤️', count: 5, users: names.slice(0, 3).map((userId) => ({ userId, nickname: userId })) },
    ];
    const last = await bob.event('message', (frame) => frame.seq === seq + 6);
    expect(last.data).toMatchObject({ change: 'reacted', by: { userId: 'eve' }, emoji: '❤️', on: true, reactions });
    for (const instance of [here, there]) {
      const eve = await instance.connect('eve');
      for (const after of [undefined, seq - 1, seq + 2]) {
        const { you, messages } = await eve.join(roomId, after);
        expect(you).toMatchObject({ reacted: { [seq]: ['❤️'] } });
        const target = messages.find((message) => message.seq === seq);
        if (after !== seq + 2) expect(target).toMatchObject({ version: seq + 6, content: said('second'), reactions });
        // The text stands in the row of the edit, and the reactions in the newest of theirs.
        const written = messages.filter(({ data }) => data && 'reactions' in (data as object));
        expect(written.map((row) => row.seq)).toEqual([seq + 6]);
      }
      expect(await eve.ask({ type: 'history', roomId }, 'page')).toMatchObject({ you: { reacted: { [seq]: ['❤️'] } } });
      const fay = await instance.connect('fay');
      expect((await fay.join(roomId)).you).not.toHaveProperty('reacted');
    }
    await bob.ask({ type: 'react', roomId, seq, emoji: '❤️', on: false }, 'ok');
    const back = await ann.event(
      'message',
      (frame) => frame.kind === 'SYSTEM' && frame.data.event === 'message.changed' && frame.data.on === false,
    );
    expect(back.data).toMatchObject({ by: { userId: 'bob' }, emoji: '❤️', reactions: [{ count: 4 }] });
    expect(await bob.ask({ type: 'react', roomId, seq, emoji: 'x', on: true }, 'error')).toMatchObject({
      errors: [{ path: 'emoji' }],
    });
    const looks = await here.connect('looks');
    await looks.ask({ type: 'watch', roomId }, 'joined');
    expect(await looks.ask({ type: 'react', roomId, seq, emoji: '❤️', on: true }, 'error')).toMatchObject({
      code: 'NOT_A_MEMBER',
    });
  });

  it('is made by STOMP, too', async () => {
    const roomId = await here.room();
    const { seq } = await (await here.connect('seller')).say(roomId);
    const stomp = await probe(here.socketUrl, { protocols: 'v12.stomp' });
    const send = (frame: string) => stomp.send(`${frame}\0`);
    const told = (text: string) => stomp.next((frame: string) => frame.includes(text));
    send(`CONNECT\naccept-version:1.2\npasscode:${tokenOf('seller')}\n\n`);
    send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}\nreceipt:in\n\n`);
    await told('receipt-id:in');
    const body = JSON.stringify({ messageId: `${roomId}:${seq}`, emoji: '👍', on: true });
    send(`SEND\ndestination:/app/chat/${roomId}/react\nreceipt:one\n\n${body}`);
    await told('"change":"reacted"');
    await told('receipt-id:one');
  });
});

describe('what is pinned', () => {
  it('is told to all sockets of the room on every instance, and is of the room that is joined', async () => {
    const roomId = await here.room();
    const [seller, bob] = [await here.connect('seller'), await there.connect('bob')];
    await seller.join(roomId);
    expect((await bob.join(roomId)).room.pinnedMessageIds).toEqual([]);
    const { seq } = await seller.say(roomId);
    await seller.ask({ type: 'pin', roomId, seq, on: true }, 'ok');
    const pinnedMessageIds = [`${roomId}:${seq}`];
    const row = await bob.event('message', (frame) => frame.seq === seq + 1);
    expect(row.data).toMatchObject({ change: 'pinned', by: { userId: 'seller' }, seq, pinnedMessageIds });
    expect((await bob.join(roomId)).room).toMatchObject({ pinnedMessageIds });
    expect(await bob.ask({ type: 'pin', roomId, seq, on: false }, 'error')).toMatchObject({
      code: 'FORBIDDEN',
      roomId,
    });
    expect(await bob.ask({ type: 'pin', roomId, seq }, 'error')).toMatchObject({ errors: [{ path: 'on' }] });
    await seller.ask({ type: 'delete', roomId, seq }, 'ok');
    expect((await bob.event('message', changed(seq))).data).toMatchObject({ change: 'deleted', pinnedMessageIds: [] });
    expect((await bob.join(roomId)).room).toMatchObject({ pinnedMessageIds: [] });
    // What a room says of itself later does not bring it back.
    await here.call('PATCH', `/api/chat/rooms/${roomId}`, { as: 'seller', body: { title: 'another' } });
    await bob.event('message', (frame) => frame.kind === 'SYSTEM' && frame.data.event === 'room.updated');
    expect((await bob.join(roomId)).room).toMatchObject({ pinnedMessageIds: [], title: 'another' });
  });

  it('is pinned by STOMP, too, which tells the room as it is then to those who follow its status', async () => {
    const roomId = await here.room();
    const { seq } = await (await here.connect('seller')).say(roomId);
    const stomp = await probe(here.socketUrl, { protocols: 'v12.stomp' });
    const send = (frame: string) => stomp.send(`${frame}\0`);
    const told = (text: string) => stomp.next((frame: string) => frame.includes(text));
    send(`CONNECT\naccept-version:1.2\npasscode:${tokenOf('seller')}\n\n`);
    send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}/status\nreceipt:in\n\n`);
    await told('receipt-id:in');
    send(`SEND\ndestination:/app/chat/${roomId}/pin\nreceipt:one\n\n${JSON.stringify({ seq, on: true })}`);
    await told(`"pinnedMessageIds":["${roomId}:${seq}"]`);
    await told('receipt-id:one');
  });
});

it('STOMP: SEND to /edit and /delete, with a receipt once it is stored', async () => {
  const roomId = await here.room();
  const ann = await here.connect('ann');
  await ann.join(roomId);
  const { seq } = await ann.say(roomId, said('first'));
  const stomp = await probe(here.socketUrl, { protocols: 'v12.stomp' });
  const send = (frame: string) => stomp.send(`${frame}\0`);
  const told = (text: string) => stomp.next((frame: string) => frame.includes(text));
  send(`CONNECT\naccept-version:1.2\npasscode:${tokenOf('ann')}\n\n`);
  send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}\nreceipt:in\n\n`);
  await told('receipt-id:in');
  send(
    `SEND\ndestination:/app/chat/${roomId}/edit\nreceipt:one\n\n${JSON.stringify({ seq, content: said('second') })}`,
  );
  await told('receipt-id:one');
  await told('"change":"edited"');
  const messageId = `${roomId}:${seq}`;
  send(`SEND\ndestination:/pub/couple/${roomId}/delete\nreceipt:two\n\n${JSON.stringify({ messageId })}`);
  await told('receipt-id:two');
  await told('"change":"deleted"');
  const { body } = await here.call<ChatMessage>('GET', `/api/chat/rooms/${roomId}/messages/${seq}`, { as: 'ann' });
  expect(body).toMatchObject({ content: '', deletedAt: expect.any(String) });
});

/** The `seq` in an id; the room's epoch is behind it. */
const placeOf = ({ id }: { readonly id: string | null }) => Number.parseInt(id ?? '', 10);

it('an event stream tells a change with an id, and who comes back by an older id sees no text that is gone', async () => {
  const roomId = await here.room();
  const ann = await here.connect('ann');
  await ann.join(roomId);
  const { seq } = await ann.say(roomId, said('first'));
  const open = (after: number) =>
    openStream(`${there.url}/api/chat/rooms/${roomId}/events?after=${after}`, {
      authorization: `Bearer ${tokenOf('ann')}`,
    });
  const stream = await open(seq);
  await ann.ask({ type: 'edit', roomId, seq, content: said('second') }, 'ok');
  const row = await stream.next('message', (event) => placeOf(event) === seq + 1);
  expect(row.data).toMatchObject({ data: { change: 'edited', message: { content: said('second') } } });
  await ann.ask({ type: 'delete', roomId, seq }, 'ok');
  await stream.next('message', (event) => placeOf(event) === seq + 2);
  const back = await open(seq - 1);
  const texts = [];
  for (let i = 0; i < 3; i++) texts.push(await back.next('message', (event) => placeOf(event) === seq + i));
  expect(JSON.stringify(texts)).not.toMatch(/first|second/);
});

it.each([
  ['/ws/chat?sessionId=ROOM', '&'],
  ['/chat/ROOM', '?'],
  ['/room?roomId=ROOM', '&'],
])('%s is told no row of change, and shows messages as they are now', async (path, more) => {
  const roomId = await here.room();
  const ann = await here.connect('ann');
  await ann.join(roomId);
  const one = await ann.say(roomId, said('first'));
  const base = here.socketUrl.replace('/ws', '');
  const url = `${base}${path.replace('ROOM', roomId)}${more}token=${tokenOf('old')}`;
  const live = await probe(`${url}&history=50`);
  await live.next((frame) => JSON.stringify(frame).includes(said('first')));
  await ann.ask({ type: 'edit', roomId, seq: one.seq, content: said('second') }, 'ok');
  expect((await here.call('PUT', `/api/chat/rooms/${roomId}/pins/${one.seq}`, { as: 'seller' })).status).toBe(204);
  await ann.ask({ type: 'react', roomId, seq: one.seq, emoji: '👍', on: true }, 'ok');
  const two = await ann.say(roomId, said('last'));
  await live.next((frame) => frame.seq === two.seq);
  expect(JSON.stringify(live.queue)).not.toMatch(/edited|pinned a|reacted to/);
  const back = await probe(`${url}&after=${one.seq - 1}`);
  await back.next((frame) => frame.seq === one.seq && JSON.stringify(frame).includes(said('second')));
  await back.next((frame) => frame.seq === two.seq);
  expect(JSON.stringify(back.queue)).not.toMatch(/edited|pinned a|reacted to/);
});

it('a deletion reaches an instance that no signal reached, as soon as it looks', async () => {
  const roomId = await here.room();
  // Nothing is heard of the others: as with a bus that is down, the store is asked each second.
  const alone = await given.start({ CHANGES: 'on' });
  const ann = await here.connect('ann');
  await ann.join(roomId);
  const { seq } = await ann.say(roomId, said('first'));
  const bob = await alone.connect('bob');
  await bob.join(roomId);
  await ann.ask({ type: 'delete', roomId, seq }, 'ok');
  const row = await bob.event('message', changed(seq));
  expect(row).toMatchObject({ data: { change: 'deleted', message: { content: '' } } });
  const { messages } = await bob.join(roomId);
  expect(JSON.stringify(messages)).not.toContain(said('first'));
  await alone.stop();
});
