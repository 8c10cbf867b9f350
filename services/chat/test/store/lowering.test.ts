import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import type { Store } from '../../src/store/open-store.ts';
import { bigRoom, expectSmall, GUESTS, instanceOf, rowsAfter } from '../fixture/big-room.ts';
import { eventOf, systemEventOf } from '../fixture/messages.ts';
import { joining, joinOne, opening, person } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
const TRADE = { kind: 'service' } as const;

const sql = async (text: string, values: readonly unknown[] = []) =>
  (await given.store.pools.reads.query(text, [...values])).rows;

async function wantedOf(roomId: string): Promise<number | null> {
  return (await sql('SELECT cap_target FROM chat.rooms WHERE room_id = $1', [roomId]))[0].cap_target;
}

async function present(roomId: string): Promise<string[]> {
  return (await given.store.members.list(roomId, { limit: 5_000, afterSeq: null })).map(({ userId }) => userId);
}

const guestsOf = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `guest-${from + i}`);

/** After every row the cap of that moment holds, as who reads the rows sees it. */
function expectCapHeld(rows: readonly StoredMessage[], cap: number): void {
  let max = cap;
  for (const row of rows) {
    const data = systemEventOf(row);
    if (data && 'room' in data) max = data.room.maxParticipants;
    if (data && 'participantCount' in data) expect(data.participantCount, `seq ${row.seq}`).toBeLessThanOrEqual(max);
  }
}

/** The store, with the number of users that each call names. */
function counting(store: Store) {
  const named: number[] = [];
  const rooms: Store['rooms'] = {
    ...store.rooms,
    patch: (roomId, patch, online, portion) => {
      named.push(online?.length ?? 0);
      return store.rooms.patch(roomId, patch, online, portion);
    },
    lowerPortion: (roomId, guests, anonymous) => {
      named.push(guests.length);
      return store.rooms.lowerPortion(roomId, guests, anonymous);
    },
  };
  return { named, store: { ...store, rooms } };
}

describe('a cap lowered by thousands', () => {
  it.each([
    ['few', ['guest-1990', 'guest-1999']],
    ['all', guestsOf(1, GUESTS)],
  ])('goes down with its guests, in small signals and small calls, where %s of them are online', async (_, online) => {
    const roomId = await bigRoom(given);
    const { named, store } = counting(given.store);
    const { rooms, signals } = instanceOf(store, online);
    const room = await rooms.patch(TRADE, roomId, { maxParticipants: 10 });
    expect(room).toMatchObject({ status: 'ACTIVE', maxParticipants: 10, participantCount: 10 });
    expectSmall(signals);
    expect(Math.max(...named)).toBeLessThanOrEqual(1_000);

    const rows = await rowsAfter(given.store, roomId);
    expect(signals.flatMap((signal) => (signal.kind === 'messages' ? signal.messages : []))).toEqual(rows);
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, i) => GUESTS + 4 + i));
    expectCapHeld(rows, GUESTS + 10);
    const gone = rows.filter((row) => eventOf(row) === 'participant.removed').map(systemEventOf);
    expect(gone).toHaveLength(GUESTS - 9);
    expect(gone.every((data) => data && 'reason' in data && data.reason === 'CAP_LOWERED')).toBe(true);
    const caps = rows.flatMap((row) => {
      const data = systemEventOf(row);
      return data?.event === 'room.updated' ? [data.room.maxParticipants] : [];
    });
    expect(caps.length).toBeGreaterThanOrEqual(Math.floor(GUESTS / 250));
    expect(caps).toEqual(caps.toSorted((a, b) => b - a));
    const stayed = online.length === GUESTS ? guestsOf(1, 9) : [...guestsOf(1, 7), ...online];
    expect(await present(roomId)).toEqual(['seller', 'buyer', ...stayed]);
  });

  it('removes those without an account beyond their share first, also those online', async () => {
    const roomId = await bigRoom(given);
    await sql('UPDATE chat.members SET anonymous = true WHERE room_id = $1 AND joined_seq BETWEEN 4 AND 1003', [
      roomId,
    ]);
    await sql('UPDATE chat.rooms SET anonymous_count = 1000 WHERE room_id = $1', [roomId]);
    const { rooms, signals } = instanceOf(given.store, guestsOf(1, 1_500));
    expect(await rooms.patch(TRADE, roomId, { maxParticipants: 1_200 })).toMatchObject({ maxParticipants: 1_200 });
    expectSmall(signals);
    expectCapHeld(await rowsAfter(given.store, roomId), GUESTS + 10);
    const left = await present(roomId);
    expect(left).toEqual([
      'seller',
      'buyer',
      ...guestsOf(1, 600),
      ...guestsOf(1_001, 1_500),
      ...guestsOf(1_501, 1_599),
    ]);
  });

  it('whose instance ended after the first portion lets guests in by the wanted cap, and any other instance goes on', async () => {
    const roomId = await bigRoom(given);
    const change = await given.store.rooms.patch(roomId, { maxParticipants: 1_000 }, []);
    expect('messages' in change && change.messages).toHaveLength(251);
    expect(change).toMatchObject({ room: { maxParticipants: GUESTS - 249, participantCount: GUESTS - 249 } });
    expect(await given.store.rooms.lowering(10)).toEqual([roomId]);
    expect(await given.store.rooms.clearing(10)).toEqual([]);
    expect(await joinOne(given.store.members, roomId, 'late')).toEqual({ outcome: 'ROOM_FULL' });
    // Who has still his place talks, reads and leaves; a place that he leaves is nobody's.
    const draft = {
      roomId,
      kind: 'CHAT',
      sender: person('guest-1'),
      clientMessageId: 'c',
      content: 'hi',
      replyTo: null,
    } as const;
    expect(await given.store.messages.append([draft])).toMatchObject([{ outcome: 'stored' }]);
    await given.store.members.leave(roomId, 'guest-2', 'participant.left', null, { pauseS: 0, limited: true });
    expect(await joinOne(given.store.members, roomId, 'late')).toEqual({ outcome: 'ROOM_FULL' });
    // A buyer gets in.
    expect(await given.store.members.commit(roomId, 'second', true, 'second', null)).toMatchObject({
      outcome: 'committed',
    });
    expect(await given.store.members.commit(roomId, 'third', true, 'third', null)).toEqual({ outcome: 'PLACE_NEEDED' });
    expect(await given.store.members.commit(roomId, 'third', true, 'third', [])).toMatchObject({
      outcome: 'committed',
    });
    // The same cap again is no change.
    expect(await given.store.rooms.patch(roomId, { maxParticipants: 1_000 }, null)).toMatchObject({ outcome: 'same' });

    const { rooms, signals } = instanceOf(given.store);
    await rooms.expire();
    expectSmall(signals);
    expect(await given.store.rooms.find(roomId)).toMatchObject({ maxParticipants: 1_000, participantCount: 1_000 });
    expect(await given.store.rooms.lowering(10)).toEqual([]);
    expectCapHeld(await rowsAfter(given.store, roomId), GUESTS + 10);
    expect(await present(roomId)).toEqual(expect.arrayContaining(['buyer', 'second', 'third']));
  });

  it('is gone on with when it is asked for again', async () => {
    const roomId = await bigRoom(given);
    await given.store.rooms.patch(roomId, { maxParticipants: 10 }, []);
    const { rooms } = instanceOf(given.store);
    expect(await rooms.patch(TRADE, roomId, { maxParticipants: 10 })).toMatchObject({ maxParticipants: 10 });
  });

  it('that rises again, or is another one, while guests have still to go keeps those that it can', async () => {
    const [risen, other] = [await bigRoom(given), await bigRoom(given)];
    const { rooms } = instanceOf(given.store);
    for (const id of [risen, other]) await given.store.rooms.patch(id, { maxParticipants: 10 }, []);
    expect(await rooms.patch(TRADE, risen, { maxParticipants: 5_000 })).toMatchObject({
      ...{ maxParticipants: 5_000, participantCount: GUESTS - 249 },
    });
    expect(await wantedOf(risen)).toBeNull();
    expect(await rooms.patch(TRADE, other, { maxParticipants: 900 })).toMatchObject({
      ...{ maxParticipants: 900, participantCount: 900 },
    });
  });

  it('goes on after an end by the deadline only where the room comes back, and not in one that trade has ended', async () => {
    const [back, closed, cancelled] = [await bigRoom(given), await bigRoom(given), await bigRoom(given)];
    for (const id of [back, closed, cancelled]) await given.store.rooms.patch(id, { maxParticipants: 10 }, []);
    await given.store.rooms.patch(back, { minParticipants: 5, expiresAt: new Date(0).toISOString() }, null);
    const { rooms } = instanceOf(given.store);
    await rooms.expire();
    await rooms.patch(TRADE, closed, { status: 'CLOSED' });
    await rooms.patch(TRADE, cancelled, { status: 'CANCELLED' });
    expect(await given.store.rooms.find(back)).toMatchObject({ status: 'CANCELLED', participantCount: GUESTS - 249 });
    await rooms.patch(TRADE, back, { expiresAt: new Date(Date.now() + 60_000).toISOString() });
    await rooms.expire();
    expect(await given.store.rooms.find(back)).toMatchObject({
      ...{ status: 'ACTIVE', maxParticipants: 10 },
      participantCount: 10,
    });
    expect([await wantedOf(closed), await wantedOf(cancelled)]).toEqual([null, null]);
    expect(await given.store.rooms.find(closed)).toMatchObject({ participantCount: 1 });
  });

  it('holds when instances of the versions before lower it, whose first portion the newer ones go on with', async () => {
    const text = (parameters: string) => `SELECT chat.patch_room(${parameters}) AS change`;
    for (const [call, values] of [
      [text('$1, NULL, 10, NULL, false, NULL'), []],
      [text('$1, NULL, 10, NULL, false, NULL, 0.5, $2'), [['guest-1', 'guest-2000']]],
    ] as const) {
      const roomId = await bigRoom(given);
      const [{ change }] = await sql(call, [roomId, ...values]);
      expect(change).toMatchObject({ outcome: 'changed', room: { maxParticipants: GUESTS - 249 } });
      // They clear rooms that have ended, and this is none.
      expect((await sql('SELECT chat.clear_guests($1, 250) AS change', [roomId]))[0].change).toMatchObject({
        outcome: 'same',
      });
      await instanceOf(given.store).rooms.expire();
      expect(await given.store.rooms.find(roomId)).toMatchObject({ maxParticipants: 10, participantCount: 10 });
    }
  });

  it('is lowered by two instances at once as by one', async () => {
    const roomId = await bigRoom(given);
    await given.store.rooms.patch(roomId, { maxParticipants: 10 }, []);
    await Promise.all([1, 2, 3].map(() => instanceOf(given.store).rooms.expire()));
    await instanceOf(given.store).rooms.expire();
    expect(await present(roomId)).toEqual(['seller', 'buyer', ...guestsOf(1, 9)]);
    const rows = await rowsAfter(given.store, roomId);
    expect(rows.filter((row) => eventOf(row) === 'participant.removed')).toHaveLength(GUESTS - 9);
  });
});

/** Ids that chat would give to people without an account: a purchase knows them by that. */
const ANONYMOUS = [1, 2, 3].map((n) => `anon-00000000-0000-4000-8000-00000000000${n}`);
const USERS = ['ann', 'bob', 'cho', ...ANONYMOUS];
const user = fc.constantFrom(...USERS);
const some = fc.shuffledSubarray(USERS);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('join' as const), user, online: some }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('leave' as const), user }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom('buy' as const, 'withdraw' as const), user, online: some }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('cap' as const),
      cap: fc.integer({ min: 1, max: 7 }),
      portion: fc.integer({ min: 0, max: 2 }),
      online: some,
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('portion' as const), guests: some, anonymous: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('finish' as const), online: some }) },
  { weight: 1, arbitrary: fc.constant({ type: 'past' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'future' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('end' as const), status: fc.constantFrom('CLOSED', 'CANCELLED') }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function asked(
  attempt: (online: readonly string[] | null) => Promise<{ outcome: string }>,
  online: readonly string[],
) {
  const first = await attempt(null);
  return first.outcome === 'PLACE_NEEDED' ? attempt(online) : first;
}

let instants = 0;
const instant = (sign: number) => new Date(Date.now() + sign * (86_400_000 + ++instants * 60_000)).toISOString();

async function run(roomId: string, next: Step): Promise<{ outcome: string }> {
  const { rooms, members } = given.store;
  switch (next.type) {
    case 'join':
      return asked(async (online) => (await members.join([joining(roomId, next.user)], online))[0]!, next.online);
    case 'leave':
      return members.leave(roomId, next.user, 'participant.left', null, { pauseS: 0, limited: false });
    case 'buy':
    case 'withdraw':
      return asked((online) => members.commit(roomId, next.user, next.type === 'buy', next.user, online), next.online);
    case 'cap':
      return asked((online) => rooms.patch(roomId, { maxParticipants: next.cap }, online, next.portion), next.online);
    case 'portion':
      return rooms.lowerPortion(roomId, next.guests, next.anonymous);
    case 'finish':
      await instanceOf(given.store, next.online).rooms.expire();
      return { outcome: 'none' };
    case 'past':
    case 'future':
      return rooms.patch(roomId, { expiresAt: instant(next.type === 'past' ? -1 : 1) }, null);
    case 'end':
      return rooms.setStatus(roomId, next.status as 'CLOSED', null);
  }
}

it('in any order of lowering, raising, coming, going and buying, and wherever it is cut off, a cap is held and costs nobody more than it must', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 45, size: 'max' }), async (steps) => {
      const input = opening({ maxParticipants: 7 });
      const { roomId } = input;
      await given.store.rooms.open(input);
      let wanted = 7;
      let told = 1;
      const inside = new Set<string>();
      const buyers = new Set<string>();
      // From a full room, as in an empty one there is nobody to remove.
      const full = USERS.map((user) => ({ type: 'join' as const, user, online: [] }));
      for (const next of [...full, ...steps, { type: 'finish' as const, online: [] }]) {
        const said = JSON.stringify(next);
        const before = { wanted, count: inside.size };
        const { outcome } = await run(roomId, next);
        if (next.type === 'cap' && (outcome === 'changed' || outcome === 'same')) wanted = next.cap;
        if (next.type === 'join' && outcome === 'joined' && !buyers.has(next.user)) {
          expect(before.count, said).toBeLessThan(before.wanted);
        }

        const rows = await given.store.messages.after(roomId, told, 1_000);
        let max = (
          await sql(
            "SELECT data->'room'->>'maxParticipants' AS max FROM chat.messages WHERE room_id = $1 AND seq <= $2 AND data ? 'room' ORDER BY seq DESC LIMIT 1",
            [roomId, told],
          )
        )[0].max as number;
        for (const row of rows) {
          const data = systemEventOf(row)!;
          if ('room' in data) max = data.room.maxParticipants;
          if (!('participant' in data) || !data.participant) continue;
          const { userId } = data.participant;
          const anonymous = [...inside].filter((one) => one.startsWith('anon') && !buyers.has(one)).length;
          if (data.event === 'participant.removed') {
            expect(buyers.has(userId), `${said}: ${userId} bought`).toBe(false);
            expect(inside.has(userId), said).toBe(true);
            if (data.reason === 'CAP_LOWERED') {
              const isBeyond =
                inside.size > wanted || (userId.startsWith('anon') && anonymous > Math.floor(wanted / 2));
              expect(isBeyond, `${said}: ${userId} need not go`).toBe(true);
            }
          }
          if (data.event === 'participant.joined') inside.add(userId);
          if (data.event === 'participant.left' || data.event === 'participant.removed') inside.delete(userId);
          if (data.event === 'participant.committed') buyers.add(userId);
          if (data.event === 'participant.uncommitted') buyers.delete(userId);
          expect(inside.size, said).toBeLessThanOrEqual(Number(max));
        }
        told = rows.at(-1)?.seq ?? told;

        const [room] = await sql('SELECT * FROM chat.rooms WHERE room_id = $1', [roomId]);
        const at = `${said} → ${outcome}`;
        expect([room.participant_count, room.committed_count], at).toEqual([inside.size, buyers.size]);
        expect(room.committed_count, at).toBeLessThanOrEqual(wanted);
        const ended = room.status !== 'ACTIVE' && !room.provisional;
        if (!ended) expect(room.cap_target ?? room.max_participants, at).toBe(wanted);
        expect(ended && room.cap_target, at).not.toEqual(expect.any(Number));
        const anonymous = [...inside].filter((one) => one.startsWith('anon') && !buyers.has(one)).length;
        if (room.status === 'ACTIVE') {
          expect(room.anonymous_count, at).toBe(anonymous);
          expect(anonymous, at).toBeLessThanOrEqual(Math.floor(room.max_participants / 2));
        }
      }
      const [room] = await sql('SELECT * FROM chat.rooms WHERE room_id = $1', [roomId]);
      if (room.status === 'ACTIVE') expect([room.cap_target, room.max_participants]).toEqual([null, wanted]);
    }),
    { numRuns: 60, interruptAfterTimeLimit: 15_000 },
  );
});
