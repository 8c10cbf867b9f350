import { expect, test } from 'vitest';
import { createMemoryStorage } from '../src/outbox/outbox-storage.ts';
import { chatting, inRoom, messageFrame, ROOM } from './fixture/chatting.ts';

const AT = '2026-01-01T00:00:00.000Z';

async function live(options: Parameters<typeof inRoom>[0] = {}) {
  const all = await inRoom(options);
  const { channel } = all;
  const shown = (seq: number) => all.snapshot().messages.find((message) => message.seq === seq);
  /** A row that tells what has become of message `of`. */
  const changed = (seq: number, of: number, content: string) => {
    const target = messageFrame(of, {
      content,
      version: seq,
      ...(content === '' ? { deletedAt: AT } : { editedAt: AT }),
    });
    const { type: _, ...message } = target;
    channel.says(
      messageFrame(seq, {
        ...{ kind: 'SYSTEM', sender: null, clientMessageId: null, version: seq },
        data: { event: 'message.changed', change: content === '' ? 'deleted' : 'edited', by: null, message },
      }),
    );
  };
  return { ...all, shown, changed };
}

test('an edit shows at once, names the version that was edited, and stays until its row has come', async () => {
  const { room, channel, snapshot, shown, changed } = await live();
  channel.says(messageFrame(4, { version: 4, content: 'teh' }));
  expect(room.edit(4, 'the')).toEqual({ ok: true, value: 'c-1' });
  expect(shown(4)).toMatchObject({ content: 'the', editedAt: expect.any(String), version: 4 });
  expect(snapshot().changing).toMatchObject([{ content: 'the', status: 'sending', change: { kind: 'edit', seq: 4 } }]);
  expect(snapshot().outgoing).toEqual([]);
  const [asked] = channel.of('edit');
  expect(asked).toMatchObject({ roomId: ROOM, seq: 4, content: 'the', ifVersion: 4 });
  channel.says({ type: 'ok', ref: asked!.ref!, version: 5 });
  expect(snapshot().changing).toMatchObject([{ status: 'sent', seq: 5 }]);
  expect(shown(4)).toMatchObject({ content: 'the' });
  changed(5, 4, 'the');
  expect(snapshot().changing).toEqual([]);
  expect(shown(4)).toMatchObject({ content: 'the', version: 5 });
});

test('an edit of what one had before one’s eyes is one of that version, whatever has come since', async () => {
  const { room, channel, changed } = await live();
  channel.says(messageFrame(4, { version: 4 }));
  changed(5, 4, 'elsewhere');
  room.edit(4, 'here', 4);
  expect(channel.of('edit').at(-1)).toMatchObject({ content: 'here', ifVersion: 4 });
});

test('refused, an edit is undone, says why, and another one takes its place', async () => {
  const { room, channel, snapshot, shown, changed } = await live();
  channel.says(messageFrame(4, { version: 4, content: 'first' }));
  room.edit(4, 'mine');
  const [asked] = channel.of('edit');
  changed(5, 4, 'theirs');
  // What is on its way is shown until it is known that it is not taken.
  expect(shown(4)).toMatchObject({ content: 'mine' });
  channel.says({ type: 'error', code: 'PRECONDITION_FAILED', message: 'no', errors: [], ref: asked!.ref });
  expect(shown(4)).toMatchObject({ content: 'theirs', version: 5 });
  expect(snapshot().changing).toMatchObject([
    { content: 'mine', status: 'failed', error: { code: 'PRECONDITION_FAILED' } },
  ]);
  room.edit(4, 'both');
  expect(snapshot().changing).toMatchObject([{ content: 'both', status: 'sending' }]);
  expect(channel.of('edit').at(-1)).toMatchObject({ content: 'both', ifVersion: 5 });
});

test('a deletion shows at once and is undone where it is refused; discarded, it is forgotten', async () => {
  const { room, channel, snapshot, shown } = await live();
  room.delete(3);
  expect(shown(3)).toMatchObject({ content: '', deletedAt: expect.any(String) });
  expect(room.edit(3, 'back')).toMatchObject({ ok: false, error: { code: 'MESSAGE_DELETED' } });
  expect(room.delete(3)).toEqual({ ok: true, value: 'c-1' });
  const { ref } = channel.of('delete')[0]!;
  channel.says({ type: 'error', ref, code: 'FORBIDDEN', message: 'no', errors: [] });
  expect(shown(3)).toMatchObject({ content: 'text 3' });
  expect(shown(3)).not.toHaveProperty('deletedAt');
  expect(snapshot().changing).toMatchObject([{ status: 'failed', error: { code: 'FORBIDDEN' } }]);
  room.discard('c-1');
  expect(snapshot().changing).toEqual([]);
});

test('a deletion whose answer names no version shows until the message is seen deleted', async () => {
  const { room, channel, snapshot, shown, changed } = await live();
  room.delete(3);
  channel.says({ type: 'ok', ref: channel.of('delete')[0]!.ref! });
  expect([snapshot().changing.length, shown(3)]).toMatchObject([1, { content: '' }]);
  changed(4, 3, '');
  expect([snapshot().changing.length, shown(3)]).toMatchObject([0, { content: '' }]);
});

test('an edit that is on its way brings no text back to a message that is deleted meanwhile', async () => {
  const { room, channel, shown, changed } = await live();
  room.edit(3, 'still here');
  changed(4, 3, '');
  expect(shown(3)).toMatchObject({ content: '', deletedAt: AT });
  channel.says({ type: 'error', ref: channel.of('edit')[0]!.ref, code: 'MESSAGE_DELETED', message: 'no', errors: [] });
  expect(shown(3)).toMatchObject({ content: '', deletedAt: AT });
});

test('without a connection changes wait, the last text alone, in order with what is sent, also over a reload', async () => {
  const storage = createMemoryStorage();
  const first = await live({ storage });
  first.channel.ends(1006);
  first.room.send({ content: 'before' });
  first.room.edit(2, 'one');
  first.room.edit(2, 'two');
  first.room.send({ content: 'between' });
  first.room.delete(3);
  expect([first.shown(2), first.shown(3)]).toMatchObject([{ content: 'two' }, { content: '' }]);
  first.client.disconnect();

  let ids = 0;
  const { client, clock, carrier } = chatting({ storage, newId: () => `d-${++ids}` });
  const room = client.room(ROOM);
  room.subscribe(() => {});
  await clock.advance(0);
  const channel = carrier.last();
  channel.ready();
  await clock.advance(0);
  const sent: unknown[] = [];
  for (let seq = 4; seq < 8; seq++) {
    const next = channel.sent.at(-1)!;
    if (next.type === 'send') {
      sent.push(next.content);
      const { ref, clientMessageId } = next;
      const messageId = `${ROOM}:${seq}`;
      channel.says({
        ...{ type: 'ack', ref, roomId: ROOM, seq, messageId, clientMessageId, createdAt: AT, duplicate: false },
      });
    } else if (next.type === 'edit' || next.type === 'delete') {
      sent.push(next.type === 'edit' ? `${next.seq} ${next.content}` : `${next.seq} deleted`);
      channel.says({ type: 'ok', ref: next.ref, version: seq });
    }
  }
  expect(sent).toEqual(['before', '2 two', 'between', '3 deleted']);
});

test('a text that can not be stored is no edit, and nothing is changed in a room to which nobody listens', async () => {
  const { client, room } = await live();
  expect(room.edit(3, '')).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
  expect(client.room('another').edit(1, 'x')).toMatchObject({ ok: false, error: { code: 'NOT_OPEN' } });
  expect(client.room('another').delete(1)).toMatchObject({ ok: false, error: { code: 'NOT_OPEN' } });
  expect(client.room('another').pin(1, true)).toMatchObject({ ok: false, error: { code: 'NOT_OPEN' } });
});

test('a notice that is being edited has its new text, and one that is being deleted is not shown', async () => {
  const { room, channel, snapshot } = await live();
  channel.says(messageFrame(4, { kind: 'NOTIFICATION', content: 'on Monday' }));
  room.edit(4, 'on Tuesday');
  expect(snapshot().notice?.content).toBe('on Tuesday');
  room.delete(4);
  expect(snapshot().notice).toBeNull();
});
