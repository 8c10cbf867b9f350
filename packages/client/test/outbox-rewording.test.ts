import { expect, test } from 'vitest';
import { createMemoryStorage } from '../src/outbox/outbox-storage.ts';
import { ack, answerJoin, chatting, inRoom, messageFrame, ownMessage, ROOM } from './fixture/chatting.ts';
import type { FakeChannel } from './fixture/fake-transport.ts';

const lastSend = (channel: FakeChannel) => channel.of('send').at(-1)!;

/** As a server answers whose row an earlier try has stored. */
function ackAgain(channel: FakeChannel, seq: number): void {
  const { ref, clientMessageId } = lastSend(channel);
  channel.says({
    ...{ type: 'ack', ref, roomId: ROOM, seq, messageId: `${ROOM}:${seq}`, clientMessageId },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', duplicate: true },
  });
}

test('a message that waits is given its text where it stands, and is still one, also over a reload', async () => {
  const storage = createMemoryStorage();
  const first = await inRoom({ storage });
  first.channel.ends(1006);
  for (const content of ['one', 'tow', 'three']) first.room.send({ content });
  expect(first.room.edit('c-2', 'two', undefined, { mentions: ['ann'] })).toEqual({ ok: true, value: 'c-2' });
  expect(first.snapshot().outgoing.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
  first.client.disconnect();

  const { client, clock, carrier } = chatting({ storage, newId: () => 'unused' });
  const room = client.room(ROOM);
  room.subscribe(() => {});
  await clock.advance(0);
  const channel = carrier.last();
  channel.ready();
  await clock.advance(0);
  answerJoin(channel, 3);
  for (let seq = 4; seq < 7; seq++) {
    const send = lastSend(channel);
    ack(channel, send, seq);
    channel.says(ownMessage(seq, send));
  }
  expect(channel.of('send').map(({ clientMessageId, content }) => [clientMessageId, content])).toEqual([
    ['c-1', 'one'],
    ['c-2', 'two'],
    ['c-3', 'three'],
  ]);
  expect(channel.of('send')[1]).toMatchObject({ mentions: ['ann'] });
  expect([room.getSnapshot().outgoing, room.getSnapshot().changing, channel.of('edit')]).toEqual([[], [], []]);
});

test('what is under way is edited as soon as it is stored, before what was written after it', async () => {
  const { room, channel, snapshot } = await inRoom();
  room.send({ content: 'teh' });
  room.send({ content: 'after' });
  room.edit('c-1', 'the');
  expect(snapshot().outgoing).toMatchObject([{ content: 'the', status: 'sending' }, { content: 'after' }]);
  const send = lastSend(channel);
  expect(send.content).toBe('teh');
  ack(channel, send, 4);
  expect(channel.of('edit')).toMatchObject([{ seq: 4, content: 'the', ifVersion: 4 }]);
  expect(channel.of('send')).toHaveLength(1);
  // What was stored comes, and is not shown for a moment as it was.
  channel.says(ownMessage(4, send));
  expect(snapshot().messages.at(-1)).toMatchObject({ seq: 4, content: 'the' });
  channel.says({ type: 'ok', ref: channel.of('edit')[0]!.ref!, version: 5 });
  expect(lastSend(channel)).toMatchObject({ content: 'after' });
});

test('a try that was lost is asked again with the new text, and edited only where that one had been stored', async () => {
  const { room, clock, carrier, channel, snapshot } = await inRoom();
  for (const [seq, wasStored] of [
    [4, false],
    [5, true],
  ] as const) {
    const last = carrier.last();
    const { value: id } = room.send({ content: `teh ${seq}` }) as { value: string };
    last.ends(1006);
    room.edit(id, `the ${seq}`);
    expect(snapshot().outgoing).toMatchObject([{ content: `the ${seq}`, status: 'not-confirmed' }]);
    await clock.advance(10_000);
    const next = carrier.last();
    next.ready();
    answerJoin(next, seq - 1);
    expect(lastSend(next)).toMatchObject({ clientMessageId: id, content: `the ${seq}` });
    if (wasStored) ackAgain(next, seq);
    else ack(next, lastSend(next), seq);
    expect(next.of('edit').map(({ content }) => content)).toEqual(wasStored ? [`the ${seq}`] : []);
    next.says(ownMessage(seq, lastSend(next)));
  }
  expect(channel.of('edit')).toEqual([]);
});

test('one whose row comes with the join is edited where it says what it said before, and not where it is deleted', async () => {
  const { room, clock, carrier, channel, snapshot } = await inRoom();
  room.send({ content: 'teh' });
  const send = lastSend(channel);
  channel.ends(1006);
  room.edit('c-1', 'the');
  await clock.advance(1_000);
  const next = carrier.last();
  next.ready();
  const { type: _, ...row } = ownMessage(4, send);
  answerJoin(next, 4, { messages: [row] });
  expect(snapshot().outgoing).toEqual([]);
  expect(snapshot().messages.at(-1)).toMatchObject({ seq: 4, content: 'the' });
  // It had been asked again already: the edit comes after that answer.
  ackAgain(next, 4);
  expect(next.of('edit')).toMatchObject([{ seq: 4, content: 'the' }]);

  room.send({ content: 'wrnog' });
  room.edit((snapshot().outgoing[0] ?? { clientMessageId: '' }).clientMessageId, 'wrong');
  next.says({ type: 'ok', ref: next.of('edit')[0]!.ref!, version: 5 });
  const { clientMessageId } = lastSend(next);
  const sender = { userId: 'me', nickname: 'me', tag: null };
  next.says(messageFrame(5, { clientMessageId, sender, content: '', deletedAt: '2026-01-01T00:00:00.000Z' }));
  ack(next, lastSend(next), 5);
  expect(next.of('edit')).toHaveLength(1);
});

test('a failed one is sent again with its new text, and what was refused for the text of before is not failed', async () => {
  const { room, channel, snapshot } = await inRoom();
  const refuse = () =>
    channel.says({ type: 'error', ref: lastSend(channel).ref, code: 'CONTENT_REFUSED', message: 'no', errors: [] });
  room.send({ content: 'call me' });
  refuse();
  expect(snapshot().outgoing).toMatchObject([{ status: 'failed' }]);
  room.edit('c-1', 'write me');
  expect(snapshot().outgoing).toMatchObject([{ status: 'sending', error: null }]);
  expect(lastSend(channel)).toMatchObject({ clientMessageId: 'c-1', content: 'write me' });
  room.edit('c-1', 'say it here');
  refuse();
  expect(snapshot().outgoing).toMatchObject([{ status: 'sending', error: null }]);
  expect(lastSend(channel)).toMatchObject({ clientMessageId: 'c-1', content: 'say it here' });
});

test('one that was stored meanwhile is edited as the message that it is', async () => {
  const { room, channel, snapshot } = await inRoom();
  room.send({ content: 'teh' });
  const send = lastSend(channel);
  ack(channel, send, 4);
  expect(room.edit('c-1', 'the')).toMatchObject({ ok: true });
  expect(channel.of('edit')).toMatchObject([{ seq: 4, content: 'the' }]);
  channel.says({ type: 'ok', ref: channel.of('edit')[0]!.ref!, version: 5 });
  channel.says(ownMessage(4, send));
  expect(room.edit('c-1', 'The')).toMatchObject({ ok: true });
  expect(channel.of('edit').at(-1)).toMatchObject({ seq: 4, content: 'The' });
  expect(snapshot().messages.at(-1)).toMatchObject({ content: 'The' });
});

test('a text that can not be stored changes nothing, and neither does one for a message that nobody knows', async () => {
  const { room, channel, snapshot } = await inRoom();
  channel.ends(1006);
  room.send({ content: 'one' });
  expect(room.edit('c-1', '')).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
  expect(snapshot().outgoing).toMatchObject([{ content: 'one' }]);
  room.discard('c-1');
  expect(room.edit('c-1', 'two')).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
});
