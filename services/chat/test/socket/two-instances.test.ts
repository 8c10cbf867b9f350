import type { Room } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLocalExchange, type LocalExchange } from '../../src/bus/local-bus.ts';
import type { Signal } from '../../src/room/ports/bus.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { eventOf } from '../fixture/messages.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
const took = async (task: Promise<unknown>) => {
  const began = performance.now();
  await task;
  return performance.now() - began;
};
const system = (client: Client, event: string) => client.event('message', (message) => eventOf(message) === event);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
async function seqsUntil(client: Client, last: number): Promise<number[]> {
  const got: number[] = [];
  while (got.at(-1) !== last) got.push((await client.event('message')).seq);
  return got;
}

/** What holds of any two instances on one database; `withinMs` is how far one may be behind the other. */
function agree(name: string, start: () => Promise<[Instance, Instance]>, withinMs: number): void {
  describe(name, () => {
    let here: Instance;
    let there: Instance;
    beforeAll(async () => {
      [here, there] = await start();
    });
    /** A room with ann here and bob there, both up to date. */
    async function both(fields: object = {}): Promise<{ roomId: string; ann: Client; bob: Client }> {
      const roomId = await here.room({ ...fields });
      const [ann, bob] = [await here.connect('ann'), await there.connect('bob')];
      await ann.join(roomId);
      await bob.join(roomId);
      await system(ann, 'participant.joined');
      return { roomId, ann, bob };
    }

    it(`tell each other’s messages within ${withinMs} ms`, async () => {
      const { roomId, ann, bob } = await both();
      const { seq } = await ann.say(roomId);
      expect(await took(bob.event('message', (message) => message.seq === seq))).toBeLessThan(withinMs);
      const back = await bob.say(roomId);
      expect(await took(ann.event('message', (message) => message.seq === back.seq))).toBeLessThan(withinMs);
    });

    it('show the same sequence to everybody, without a hole or a double, when both write at once', async () => {
      const { roomId, ann, bob } = await both();
      const writes = Array.from({ length: 60 }, (_, i) => (i % 2 ? ann : bob).say(roomId, said(`${i}`)));
      await Promise.all(writes);
      expect(await seqsUntil(ann, 63)).toEqual(range(4, 63));
      expect(await seqsUntil(bob, 63)).toEqual(range(4, 63));
    });

    it('know a member who joined elsewhere, and one who joined elsewhere a moment ago', async () => {
      const { roomId, bob } = await both();
      const cho = await here.connect('cho');
      const { lastSeq } = await cho.join(roomId);
      const choThere = await there.connect('cho');
      const joined = await choThere.join(roomId);
      expect(joined.room).toMatchObject({ participantCount: 3, lastSeq });
      expect(joined.participants.map((one) => one.userId)).toEqual(['seller', 'ann', 'bob', 'cho']);
      await system(bob, 'participant.joined');
    });

    it('end a subscription whose member was removed elsewhere', async () => {
      const { roomId, ann, bob } = await both();
      await here.call('DELETE', `/api/chat/rooms/${roomId}/participants/bob`, { as: 'seller' });
      expect(await took(system(bob, 'participant.removed'))).toBeLessThan(withinMs);
      const { seq } = await ann.say(roomId);
      await bob.none(Math.min(withinMs, 1_300), (frame) => frame.type === 'message' && frame.seq === seq);
    });

    it('close and cancel a room for each other', async () => {
      const { roomId, ann, bob } = await both();
      await there.call<Room>('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CANCELLED' } });
      expect(await took(system(ann, 'room.cancelled'))).toBeLessThan(withinMs);
      await system(bob, 'room.cancelled');
      for (const client of [ann, bob]) {
        client.send({ type: 'send', ref: 'x', roomId, clientMessageId: 'x', content: said('?') });
        expect(await client.next((frame) => frame.ref === 'x')).toMatchObject({ code: 'ROOM_READ_ONLY' });
      }
    });

    it('tell that a room was removed', async () => {
      const { roomId, ann, bob } = await both();
      await here.call('DELETE', `/api/chat/rooms/${roomId}`, { as: SERVICE });
      await ann.event('error');
      expect(await took(bob.event('error', (error) => error.code === 'NOT_FOUND'))).toBeLessThan(withinMs);
    });

    it('find a retry that went to the other one', async () => {
      const { roomId, ann } = await both();
      const annThere = await there.connect('ann');
      const send = { type: 'send', roomId, clientMessageId: 'once', content: said('한 번') };
      const [one, two] = await Promise.all([ann.ask(send, 'ack'), annThere.ask(send, 'ack')]);
      expect(one.seq).toBe(two.seq);
      expect([one.duplicate, two.duplicate].sort()).toEqual([false, true]);
    });

    it('accept a ticket of the other one, once', async () => {
      const { body } = await here.call<{ ticket: string }>('POST', '/api/chat/tickets', { as: 'ann' });
      given.logs.secret(body.ticket);
      const query = `?ticket=${body.ticket}`;
      const tries = await Promise.allSettled([here.open({ query }), there.open({ query })]);
      expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    });
  });
}

// The poll is a second; the rest is the machine's.
agree('two instances that share nothing but the database', () => Promise.all([given.start(), given.start()]), 2_000);

agree(
  'two instances that hear each other',
  () => {
    const exchange = createLocalExchange();
    return Promise.all([given.start({}, { exchange }), given.start({}, { exchange })]);
  },
  700,
);

describe('two instances that hear each other', () => {
  it('pass on what does not last: typing, read marks, presence', async () => {
    const exchange = createLocalExchange();
    const [here, there] = await Promise.all([given.start({}, { exchange }), given.start({}, { exchange })]);
    const roomId = await here.room();
    const [ann, bob] = [await here.connect('ann'), await there.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    ann.send({ type: 'typing', roomId, typing: true });
    expect(await bob.event('typing')).toMatchObject({ user: { userId: 'ann' }, typing: true });
    ann.send({ type: 'read', roomId, seq: 3 });
    expect(await bob.event('read')).toMatchObject({ userId: 'ann', seq: 3 });
    ann.terminate();
    expect(await bob.event('presence', (one) => one.userId === 'ann' && !one.online)).toMatchObject({ roomId });
  });

  it('heal what the bus loses: every message of every second signal still arrives, in order', async () => {
    const exchange = lossy();
    const [here, there] = await Promise.all([given.start({}, { exchange }), given.start({}, { exchange })]);
    const roomId = await here.room();
    const [ann, bob] = [await here.connect('ann'), await there.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    for (let i = 0; i < 40; i++) await ann.say(roomId, said(`${i}`));
    expect(await seqsUntil(bob, 43)).toEqual(range(4, 43));
  });
});

/** An exchange that drops every second signal with messages. */
function lossy(): LocalExchange {
  let count = 0;
  class Lossy extends Set<(signal: Signal) => void> {
    readonly #wrapped = new Map<(signal: Signal) => void, (signal: Signal) => void>();
    override add(member: (signal: Signal) => void): this {
      const wrapped = (signal: Signal) => {
        if (signal.kind !== 'messages' || count++ % 2 === 0) member(signal);
      };
      this.#wrapped.set(member, wrapped);
      return super.add(wrapped);
    }
    override delete(member: (signal: Signal) => void): boolean {
      return super.delete(this.#wrapped.get(member) ?? member);
    }
  }
  // Each also hears itself: what it knows already makes no difference.
  return { members: new Lossy() };
}
