import { type ChangeMessage, type EventOf, isChange, type Message, type Room } from '@gongu/shared';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalExchange } from '../../src/bus/local-bus.ts';
import type { Signal } from '../../src/room/ports/bus.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE } from '../fixture/tokens.ts';

/** What joins the instances of a test; while it is cut, no signal comes through. */
class Signals extends Set<(signal: Signal) => void> {
  isCut = false;
  override [Symbol.iterator]() {
    return this.isCut ? new Set<(signal: Signal) => void>().values() : super[Symbol.iterator]();
  }
}

const given = chatOfThisFile();
const signals = new Signals();
let instances: Instance[];
beforeAll(async () => {
  const exchange: LocalExchange = { members: signals };
  instances = [await given.start({ CHANGES: 'on' }, { exchange }), await given.start({ CHANGES: 'on' }, { exchange })];
});
afterAll(() => Promise.all((instances ?? []).map((instance) => instance.stop())));

/** A room as one client has it: of two copies of a message the newer. */
class Seen {
  readonly copies = new Map<number, Message>();
  pinned: readonly string[] = [];
  lastSeq = 0;
  epoch: string | undefined;

  /** What it has is of another room. */
  reset(epoch: string): void {
    this.copies.clear();
    this.pinned = [];
    this.lastSeq = 0;
    this.epoch = epoch;
  }

  /** Of a room that it is given whole, or that is another one, it forgets what it had. */
  enter({ recovered, epoch, messages, room, lastSeq }: EventOf<'joined'>): void {
    if (!recovered || epoch !== this.epoch) this.reset(epoch);
    this.take(messages);
    this.pinned = room.pinnedMessageIds;
    this.lastSeq = Math.max(this.lastSeq, lastSeq);
  }

  take(messages: readonly Message[]): void {
    for (const message of messages) {
      this.keep(message);
      if (isChange(message)) this.change(message);
      this.lastSeq = Math.max(this.lastSeq, message.seq);
    }
  }

  /** Reactions and pins count in the order of the rows. */
  change({ seq: version, data: { message, reactions, seq, pinnedMessageIds } }: ChangeMessage): void {
    if (message) this.keep(message);
    if (pinnedMessageIds && version > this.lastSeq) this.pinned = pinnedMessageIds;
    const known = seq === undefined ? undefined : this.copies.get(seq);
    if (!reactions || known?.kind !== 'CHAT' || known.version >= version) return;
    const { reactions: _, ...rest } = known;
    this.copies.set(known.seq, { ...rest, version, ...(reactions.length > 0 ? { reactions } : {}) });
  }

  keep(copy: Message): void {
    const known = this.copies.get(copy.seq);
    if (!known || known.version < copy.version) this.copies.set(copy.seq, copy);
  }

  /** What was said, as it is now. */
  said(): object[] {
    const said = [...this.copies.values()].filter(({ kind }) => kind !== 'SYSTEM');
    return said.sort((a, b) => a.seq - b.seq);
  }
}

/** Takes what has come to a socket, up to that row. */
async function follow(client: Client, seen: Seen, upTo: number): Promise<void> {
  while (seen.lastSeq < upTo) {
    const { type: _, ...message } = await client.event('message');
    seen.take([message as Message]);
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), at: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('edit' as const), at: fc.nat(1), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), at: fc.nat(1), which: fc.nat() }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('react' as const, 'unreact' as const), at: fc.nat(1), which: fc.nat() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('pin' as const, 'unpin' as const), at: fc.nat(1), which: fc.nat() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('go' as const), at: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('come' as const), at: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), at: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'heal' as const), at: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('anew' as const), at: fc.nat(1) }) },
);

/** While no signal comes through, so that one instance finds another room where it knew one. */
const ANEW = [
  { do: 'send', at: 0 } as const,
  { do: 'cut', at: 0 } as const,
  { do: 'anew', at: 0 } as const,
  { do: 'send', at: 1 } as const,
  { do: 'edit', at: 0, which: 0 } as const,
  { do: 'read', at: 1 } as const,
  { do: 'come', at: 1 } as const,
  { do: 'delete', at: 1, which: 0 } as const,
];

/** Joins with what it has, as a client does that is there for the first time, or again. */
async function enter(client: Client, roomId: string, seen: Seen): Promise<void> {
  const { epoch, lastSeq } = seen;
  seen.enter(
    await client.ask({ type: 'join', roomId, ...(epoch === undefined ? {} : { after: lastSeq, epoch }) }, 'joined'),
  );
}

/** Reads on from what it has, page by page, as one who has no socket. */
async function readOn(instance: Instance, roomId: string, seen: Seen): Promise<void> {
  const path = `/api/chat/rooms/${roomId}`;
  const { epoch } = (await instance.call<Room & { epoch: string }>('GET', path, { as: 'reads' })).body;
  if (epoch !== seen.epoch) seen.reset(epoch);
  for (let more = true; more; ) {
    const query = `?limit=3&after=${seen.lastSeq}`;
    const { body } = await instance.call<{ messages: Message[]; hasMore: boolean }>('GET', `${path}/messages${query}`, {
      as: 'reads',
    });
    seen.take(body.messages);
    more = body.hasMore;
  }
}

it('any order of messages, edits, deletions, reactions, pins, recoveries and rooms that are opened anew on two instances is one state for all in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
      const roomId = await instances[0]!.room();
      const talkers = await Promise.all(instances.map((instance) => instance.connect('ann')));
      for (const talker of talkers) await talker.join(roomId);
      const hosts = await Promise.all(instances.map((instance) => instance.connect('seller')));
      const always = await instances[1]!.connect('always');
      const [there, back, reads] = [new Seen(), new Seen(), new Seen()];
      await enter(always, roomId, there);
      let coming: Client | null = null;
      const targets: number[] = [];
      const gone = new Set<number>();
      for (const [i, one] of steps.entries()) {
        const talker = talkers[one.at]!;
        const target = 'which' in one && targets.length > 0 ? targets[one.which % targets.length]! : null;
        switch (one.do) {
          case 'send':
            targets.push((await talker.say(roomId, said(`text ${i}`))).seq);
            break;
          case 'edit':
            if (target === null || gone.has(target)) break;
            await talker.ask({ type: 'edit', roomId, seq: target, content: said(`edit ${i}`) }, 'ok');
            break;
          case 'delete':
            if (target === null) break;
            await talker.ask({ type: 'delete', roomId, seq: target }, 'ok');
            gone.add(target);
            break;
          case 'react':
          case 'unreact': {
            if (target === null || gone.has(target)) break;
            const emoji = ['👍', '❤️'][i % 2]!;
            const by = [talker, hosts[one.at]!, always][i % 3]!;
            await by.ask({ type: 'react', roomId, seq: target, emoji, on: one.do === 'react' }, 'ok');
            break;
          }
          case 'pin':
          case 'unpin': {
            if (target === null || gone.has(target)) break;
            // The sixth is refused.
            const ref = `pin-${i}`;
            hosts[one.at]!.send({ type: 'pin', ref, roomId, seq: target, on: one.do === 'pin' });
            await hosts[one.at]!.next((frame) => frame.ref === ref);
            break;
          }
          case 'go':
            coming?.socket.terminate();
            coming = null;
            break;
          case 'come': {
            coming?.socket.terminate();
            coming = await instances[one.at]!.connect('comes');
            await enter(coming, roomId, back);
            break;
          }
          case 'read':
            await readOn(instances[one.at]!, roomId, reads);
            break;
          case 'anew': {
            await instances[one.at]!.call('DELETE', `/api/chat/rooms/${roomId}`, { as: SERVICE });
            await instances[one.at]!.room({ productId: roomId });
            // Each instance ends what was there, also where it hears of it by the store alone.
            for (const client of [...talkers, always]) {
              await client.event('error', ({ code, roomId: of }) => code === 'NOT_FOUND' && of === roomId);
              client.take('message');
            }
            for (const talker of talkers) await talker.join(roomId);
            await enter(always, roomId, there);
            targets.length = 0;
            gone.clear();
            break;
          }
          default:
            signals.isCut = one.do === 'cut';
        }
      }
      signals.isCut = false;
      const page = async (instance: Instance) => {
        const paged = new Seen();
        for (let more = true, before = ''; more; ) {
          const { body } = await instance.call<{ messages: Message[]; hasMore: boolean }>(
            'GET',
            `/api/chat/rooms/${roomId}/messages?limit=3${before}`,
            { as: 'always' },
          );
          paged.take(body.messages);
          more = body.hasMore;
          before = `&before=${body.messages[0]?.seq}`;
        }
        return paged;
      };
      const [pages, others] = await Promise.all(instances.map(page));
      expect(others!.said()).toEqual(pages!.said());
      await follow(always, there, pages!.lastSeq);
      expect(there.said()).toEqual(pages!.said());
      await readOn(instances[0]!, roomId, reads);
      expect(reads.said()).toEqual(pages!.said());
      const room = await instances[1]!.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: 'always' });
      expect([there.pinned, reads.pinned]).toEqual([room.body.pinnedMessageIds, room.body.pinnedMessageIds]);
      coming?.socket.terminate();
      coming = await instances[0]!.connect('comes');
      await enter(coming, roomId, back);
      await follow(coming, back, pages!.lastSeq);
      expect(back.pinned).toEqual(room.body.pinnedMessageIds);
      // He has what came after he was first there.
      const from = Math.min(...[...back.copies.keys()]);
      expect(back.said()).toEqual(pages!.said().filter((message) => (message as Message).seq >= from));
      for (const seq of gone)
        expect(pages!.copies.get(seq)).toMatchObject({ content: '', deletedAt: expect.any(String) });
      for (const client of [...talkers, ...hosts, always, coming]) client.socket.terminate();
    }),
    { numRuns: 20, endOnFailure: true, examples: [[ANEW]] },
  );
}, 300_000);
