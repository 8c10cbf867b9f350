import { describe, expect, it } from 'vitest';
import type { Listener } from '../../src/hub/listener.ts';
import type { ChatEvent } from '../../src/room/event.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { hubOf } from '../fixture/hub.ts';

/** A listener that keeps what it is written. */
function listener(userId: string) {
  const events: ChatEvent[] = [];
  const endings: string[] = [];
  const self: Listener = {
    userId,
    key: () => 'json',
    encode: (next) => Buffer.from(JSON.stringify(next)),
    write(bytes) {
      events.push(...(JSON.parse(bytes.toString()) as ChatEvent[]));
      return true;
    },
    onBehind() {},
    onEnded: (_, why) => void endings.push(why),
    onEntered() {},
    onUnwatched: (_, reason) => void endings.push(reason),
  };
  return Object.assign(self, { events, endings });
}
const seqs = (messages: readonly StoredMessage[]) => messages.map(({ seq }) => seq);
const seqsOf = (events: readonly ChatEvent[]) =>
  events.flatMap((event) => {
    if (event.type === 'message') return [event.message.seq];
    return 'seq' in event ? [event.seq] : [];
  });
const newest = { after: null, reached: 0 };
const turns = async (count = 5) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('attaching to a room', () => {
  it('costs one read of the store for any number who come at once', async () => {
    const room = hubOf();
    for (let i = 0; i < 100; i++) room.join(`user-${i}`);
    const all = Array.from({ length: 100 }, (_, i) => room.hub.attach('room', listener(`user-${i}`), newest));
    const answers = await Promise.all(all);
    expect(answers.map((answer) => answer.lastSeq)).toEqual(Array(100).fill(100));
    expect(room.calls).toEqual(['load']);
  });

  it('gives a snapshot and then all that follows, nothing twice and nothing missing', async () => {
    const room = hubOf();
    room.join('ann');
    for (let i = 0; i < 60; i++) room.store();
    const ann = listener('ann');
    const attaching = room.hub.attach('room', ann, { after: 40, reached: 0 });
    room.commit([room.store()]);
    const { messages, lastSeq } = await attaching;
    room.commit([room.store(), room.store()]);
    await turns();
    expect([...seqs(messages), ...seqsOf(ann.events)]).toEqual(Array.from({ length: 24 }, (_, i) => i + 41));
    expect(lastSeq).toBe(messages.at(-1)!.seq);
  });

  it('waits for its own join, even when a read that began before it is still under way', async () => {
    const room = hubOf();
    room.join('bob');
    await room.hub.attach('room', listener('bob'), newest);
    const open = room.hold();
    room.store();
    room.commit([room.store()]);
    await expect.poll(() => room.calls).toContain('after');
    room.store();
    const joined = room.join('ann');
    room.commit([joined]);
    const attaching = room.hub.attach('room', listener('ann'), { after: null, reached: joined.seq });
    open();
    const { state, lastSeq } = await attaching;
    expect(lastSeq).toBe(joined.seq);
    expect(state.members.has('ann')).toBe(true);
  });

  it('reads first what the client already has from another instance, so that it does not come a second time', async () => {
    const room = hubOf();
    room.join('ann');
    await room.hub.attach('room', listener('ann'), newest);
    room.store();
    const joined = room.join('bob');
    const attached = await room.hub.attach('room', listener('ann'), { after: joined.seq, reached: 0 });
    expect(attached).toMatchObject({ lastSeq: joined.seq, recovered: true, messages: [] });
  });

  // It was let in behind what it had, and heard that a second time once the store answered again.
  it('gives nothing twice when the store has more of what was missed than this instance has heard of', async () => {
    const room = hubOf();
    room.join('ann');
    // More than is read when the room is opened, so that what was missed is read from the store.
    for (let i = 0; i < 500; i++) room.store();
    await room.hub.attach('room', listener('ann'), newest);
    for (let i = 0; i < 20; i++) room.store();
    const ann = listener('ann');
    const { messages, lastSeq } = await room.hub.attach('room', ann, { after: 50, reached: 0 });
    expect(lastSeq).toBe(messages.at(-1)!.seq);
    await room.hub.reconcile();
    room.commit([room.store()]);
    await expect.poll(() => [...seqs(messages), ...seqsOf(ann.events)].at(-1)).toBe(522);
    expect([...seqs(messages), ...seqsOf(ann.events)]).toEqual(Array.from({ length: 522 - 50 }, (_, i) => i + 51));
  });

  it('is UNAVAILABLE while the store can not tell what the client already has from another instance', async () => {
    const room = hubOf();
    room.join('ann');
    await room.hub.attach('room', listener('ann'), newest);
    const { seq } = room.store();
    room.fail(new Error('no database'));
    const attaching = room.hub.attach('room', listener('ann'), { after: seq, reached: 0 });
    await expect(attaching).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    room.fail(null);
    const attached = await room.hub.attach('room', listener('ann'), { after: seq, reached: 0 });
    expect(attached).toMatchObject({ lastSeq: seq, recovered: true, messages: [] });
  });

  it('is UNAVAILABLE, not NOT_A_MEMBER, while the store can not tell what came before the own join', async () => {
    const room = hubOf();
    room.join('bob');
    await room.hub.attach('room', listener('bob'), newest);
    room.store();
    const joined = room.join('ann');
    room.fail(new Error('no database'));
    room.commit([joined]);
    const attaching = room.hub.attach('room', listener('ann'), { after: null, reached: joined.seq });
    await expect(attaching).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('fails with the store and works again with it', async () => {
    const room = hubOf();
    room.join('ann');
    room.fail(new Error('no database'));
    await expect(room.hub.attach('room', listener('ann'), newest)).rejects.toThrow('no database');
    room.fail(null);
    expect((await room.hub.attach('room', listener('ann'), newest)).lastSeq).toBe(1);
  });

  it('is NOT_FOUND without a room and NOT_A_MEMBER without a membership', async () => {
    const room = hubOf();
    await expect(room.hub.attach('room', listener('ann'), newest)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
    room.exists(false);
    const none = hubOf();
    none.exists(false);
    await expect(none.hub.attach('room', listener('ann'), newest)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(none.hub.roomIds()).toEqual([]);
  });
});

describe('the heads in the store', () => {
  it('bring what another instance stored and nobody told', async () => {
    const room = hubOf();
    room.join('ann');
    const ann = listener('ann');
    await room.hub.attach('room', ann, newest);
    room.store();
    room.store();
    await room.hub.reconcile();
    await turns();
    expect(seqsOf(ann.events)).toEqual([2, 3]);
  });

  it('fill a hole that a signal leaves within some tens of milliseconds, without a poll', async () => {
    const room = hubOf();
    room.join('ann');
    const ann = listener('ann');
    await room.hub.attach('room', ann, newest);
    room.store();
    room.commit([room.store()]);
    await expect.poll(() => seqsOf(ann.events)).toEqual([2, 3]);
  });

  it('end a room that is gone', async () => {
    const room = hubOf();
    room.join('ann');
    const ann = listener('ann');
    await room.hub.attach('room', ann, newest);
    room.exists(false);
    await room.hub.reconcile();
    expect(ann.endings).toEqual(['gone']);
    expect(room.hub.roomIds()).toEqual([]);
  });

  it('end a room in whose place another one was opened, however long that one is, and what follows is of the new one', async () => {
    for (const length of [1, 9]) {
      const room = hubOf();
      room.join('ann');
      const ann = listener('ann');
      await room.hub.attach('room', ann, newest);
      for (let i = 0; i < 4; i++) room.commit([room.store()]);
      await turns();
      room.reopen();
      while (room.rows.length < length) room.store();
      await room.hub.reconcile();
      expect([ann.endings, seqsOf(ann.events)]).toEqual([['gone'], [2, 3, 4, 5]]);
      const { seq } = room.join('ann');
      const again = listener('ann');
      const attached = await room.hub.attach('room', again, { after: null, reached: seq });
      expect([attached.lastSeq, attached.state.room.epoch]).toEqual([seq, 'epoch-2']);
    }
  });

  it('do not end a room that was opened while they were being read', async () => {
    const room = hubOf();
    room.exists(false);
    const open = room.hold();
    // Somebody asks for the room just before it is opened, and a poll looks at that moment.
    const early = room.hub.attach('room', listener('eve'), newest).catch((error: Error) => error);
    await turns();
    const slow = room.hold();
    const polling = room.hub.reconcile();
    open();
    await early;
    room.exists(true);
    room.join('ann');
    const ann = listener('ann');
    const attaching = room.hub.attach('room', ann, newest);
    slow();
    await Promise.all([attaching, polling]);
    expect(ann.endings).toEqual([]);
    room.commit([room.store()]);
    await turns();
    expect(seqsOf(ann.events)).toEqual([2]);
  });
});

describe('a room without listeners', () => {
  it('leaves the memory after a while, and not before', async () => {
    const room = hubOf({ lingerMs: 20 });
    room.join('ann');
    const ann = listener('ann');
    await room.hub.attach('room', ann, newest);
    room.hub.sweep(60_000);
    expect(room.hub.roomIds()).toEqual(['room']);
    room.hub.detach('room', ann);
    room.hub.sweep(60_000);
    expect(room.hub.roomIds()).toEqual(['room']);
    await new Promise((resolve) => setTimeout(resolve, 30));
    room.hub.sweep(60_000);
    expect(room.hub.roomIds()).toEqual([]);
  });
});

describe('a member of a room too large for the memory', () => {
  it('is looked up once, and the answer is not older than the room', async () => {
    const room = hubOf();
    for (let i = 0; i < 1_001; i++) room.join(`user-${i}`);
    expect(await room.hub.isMember('room', 'user-1000')).toBe(true);
    expect(await room.hub.isMember('room', 'user-1000')).toBe(true);
    expect(await room.hub.isMember('room', 'stranger')).toBe(false);
    expect(room.calls).toEqual(['load', 'find', 'find']);
  });
});

describe('a busy room', () => {
  const busy = async () => {
    const room = hubOf({ flushSpacingMs: () => 60_000 });
    for (const userId of ['ann', 'bob']) room.join(userId);
    const [ann, bob] = [listener('ann'), listener('bob')];
    for (const one of [ann, bob]) await room.hub.attach('room', one, newest);
    room.commit([room.store()]);
    await turns();
    room.commit([room.store()]);
    await turns();
    expect(seqsOf(ann.events)).toEqual([3]);
    return { ...room, ann, bob, room };
  };

  it('tells who is removed of it at once, and of nothing that is committed later', async () => {
    const { room, hub, ann, bob } = await busy();
    room.commit([room.remove('ann')]);
    await turns();
    room.commit([room.store()]);
    hub.flushRoom('room');
    expect([seqsOf(ann.events), ann.endings]).toEqual([[3, 4, 5], ['left']]);
    expect([seqsOf(bob.events), bob.endings]).toEqual([[3, 4, 5, 6], []]);
  });

  it('tells what waits before its sockets are closed, and before one of them stops listening', async () => {
    const { hub, room, ann } = await busy();
    hub.flush();
    expect(seqsOf(ann.events)).toEqual([3, 4]);
    room.commit([room.store()]);
    hub.flushRoom('room');
    hub.detach('room', ann);
    expect(seqsOf(ann.events)).toEqual([3, 4, 5]);
  });
});
