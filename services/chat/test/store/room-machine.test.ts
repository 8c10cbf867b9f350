import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apply, type RoomState, roomState } from '../../src/hub/room-state.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { systemEventOf } from '../fixture/messages.ts';
import { joining, opening, person } from '../fixture/opening.ts';
import { applyToModel, HOST, type RoomCommand, type RoomModel } from '../fixture/room-model.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
/** Ids as the service gives them to people without an account: by a purchase alone it knows no more of them. */
const ANONYMOUS = ['d', 'e', 'f'].map((last) => `anon-00000000-0000-4000-8000-00000000000${last}`);
const USERS = ['ann', 'bob', 'cho', ...ANONYMOUS];
let instants = 0;

const user = fc.constantFrom(...USERS, ...USERS, HOST);
const online = fc.subarray(USERS);
const cap = fc.integer({ min: 1, max: 4 });
const command: fc.Arbitrary<RoomCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('join' as const), user, online }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('leave' as const, 'remove' as const), user }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('commit' as const, 'uncommit' as const), user, online }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('status' as const),
      status: fc.constantFrom('ACTIVE' as const, 'CLOSED' as const, 'CANCELLED' as const),
      reason: fc.constantFrom(null, 'FULL', 'SELLER'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        type: fc.constant('patch' as const),
        max: cap,
        min: fc.option(cap),
        title: fc.constantFrom('one', '둘'),
        past: fc.boolean(),
        online,
      },
      { requiredKeys: ['type', 'online'] },
    ),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'expire' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      user,
      clientMessageId: fc.constantFrom('a', 'b', 'c', 'd'),
      kind: fc.constantFrom('CHAT' as const, 'CHAT' as const, 'NOTIFICATION' as const),
      replyTo: fc.constantFrom(null, null, 1, 60),
    }),
  },
);

/** The outcome of what may need a place: who is online is said when it does. */
async function givingWay(
  online: readonly string[],
  attempt: (online: readonly string[] | null) => Promise<{ outcome: string }>,
): Promise<string> {
  const { outcome } = await attempt(null);
  return outcome === 'PLACE_NEEDED' ? (await attempt(online)).outcome : outcome;
}

/** An instant that no room has yet, far behind or far ahead. */
function deadline(past: boolean): string {
  const far = 86_400_000 + ++instants * 60_000; // far apart: the clock moves meanwhile
  return new Date(Date.now() + (past ? -far : far)).toISOString();
}

async function run(roomId: string, next: RoomCommand): Promise<string> {
  const { rooms, members, messages } = given.store;
  switch (next.type) {
    case 'join':
      return givingWay(next.online, async (online) => (await members.join([joining(roomId, next.user)], online))[0]!);
    case 'leave':
      return (await members.leave(roomId, next.user, 'participant.left', null, { pauseS: 600, limited: true })).outcome;
    case 'remove':
      return (await members.leave(roomId, next.user, 'participant.removed', null, { pauseS: 600, limited: false }))
        .outcome;
    case 'commit':
    case 'uncommit':
      return givingWay(next.online, (online) =>
        members.commit(roomId, next.user, next.type === 'commit', next.user, online),
      );
    case 'status':
      return (await rooms.setStatus(roomId, next.status, next.reason)).outcome;
    case 'patch': {
      const { past, max: maxParticipants, min: minParticipants, title } = next;
      const expiresAt = past === undefined ? undefined : deadline(past);
      return givingWay(next.online, (online) =>
        rooms.patch(roomId, { maxParticipants, minParticipants, title, expiresAt }, online),
      );
    }
    case 'expire': {
      const changes = await rooms.expire(1_000);
      return changes.find((change) => change.room.roomId === roomId)?.outcome ?? 'none';
    }
    case 'send': {
      const { clientMessageId, kind, replyTo } = next;
      const draft = { roomId, sender: person(next.user), clientMessageId, kind, replyTo, content: `말 ${instants}` };
      return (await messages.append([draft]))[0]!.outcome;
    }
  }
}

function bought(messages: readonly StoredMessage[], joined: StoredMessage): boolean {
  return systemEventOf(messages[joined.seq] ?? joined)?.event === 'participant.committed';
}

/** The state that a client builds from nothing but the messages. */
function rebuilt(messages: readonly StoredMessage[]): RoomState {
  const opened = systemEventOf(messages[0]!);
  if (opened?.event !== 'room.opened') throw new Error('the first message does not open the room');
  const { room, participant } = opened;
  const host = { userId: HOST, nickname: HOST, tag: null, host: true, committed: false, joinedSeq: 1 };
  const state = roomState({
    room: {
      ...room,
      pinnedMessageIds: [],
      slowModeSeconds: 0,
      lastSeq: 1,
      lastChatNo: 0,
      lastMentionSeq: 0,
      epoch: 'epoch-1',
      firstSeq: 1,
      goneChatNo: 0,
    },
    members: [{ ...host, joinedAt: participant!.joinedAt, lastReadSeq: 0, lastReadChatNo: 0 }],
    complete: true,
    messages: [],
    ...{ restricted: false, muted: {} },
  });
  for (const message of messages.slice(1)) {
    apply(state, message);
    expect(state.room.participantCount, `participants at seq ${message.seq}`).toBe(state.members.size - 1);
    expect(state.room.participantCount).toBeLessThanOrEqual(state.room.maxParticipants);
    const joined = systemEventOf(message)?.event === 'participant.joined' ? message : null;
    const anonymous = [...state.members.values()].filter((one) => one.userId.startsWith('anon') && !one.committed);
    // A buyer is told of as a guest who joins, and then as one who buys.
    if (joined && anonymous.at(-1)?.joinedSeq === joined.seq && !bought(messages, joined)) {
      expect(anonymous.length).toBeLessThanOrEqual(Math.floor(state.room.maxParticipants / 2));
    }
  }
  return state;
}

it('does what the contract says in any order of commands, and its messages alone rebuild the room', async () => {
  await fc.assert(
    fc.asyncProperty(
      cap,
      fc.option(cap),
      fc.boolean(),
      fc.array(command, { maxLength: 40, size: 'max' }),
      async (max, min, past, commands) => {
        const input = opening({ maxParticipants: 4, minParticipants: min, expiresAt: deadline(past), title: 'one' });
        const { roomId } = input;
        await given.store.rooms.open({ ...input, maxParticipants: max });
        const model: RoomModel = {
          ...{ status: 'ACTIVE', reason: null, provisional: false, max, min, title: 'one', past },
          ...{ present: [], buyers: new Set(), sent: new Set(), changes: new Map(), removed: new Set() },
        };
        for (const next of commands) {
          const before = (await given.store.rooms.find(roomId))!;
          const final = before.status === 'CANCELLED' && !model.provisional;
          const expected = applyToModel(model, next, before.lastSeq);
          expect(await run(roomId, next), JSON.stringify(next)).toBe(expected);
          const room = (await given.store.rooms.find(roomId))!;
          if (final) expect(room.lastSeq).toBe(before.lastSeq);
          expect(room).toMatchObject({
            ...{ status: model.status, reason: model.reason, title: model.title },
            ...{ maxParticipants: model.max, minParticipants: model.min },
            ...{ participantCount: model.present.length, committedCount: model.buyers.size },
          });
        }

        const members = await given.store.members.list(roomId, { limit: 100, afterSeq: null });
        expect(members.map((member) => member.userId)).toEqual([HOST, ...model.present]);
        const messages = await given.store.messages.after(roomId, 0, 1_000);
        expect(messages.map((message) => message.seq)).toEqual(messages.map((_, i) => i + 1));
        const state = rebuilt(messages);
        const stored = await given.store.rooms.find(roomId);
        // Its epoch is told by no message: it is what messages are of.
        expect({ ...state.room, epoch: stored!.epoch }).toEqual(stored);
        expect([...state.members.values()]).toEqual(members);
      },
    ),
    // On a machine that is busy: as many as there is time for.
    { numRuns: 40, interruptAfterTimeLimit: 15_000 },
  );
});
