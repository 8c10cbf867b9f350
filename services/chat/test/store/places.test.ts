import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemEventOf } from '../fixture/messages.ts';
import { joining, joinOne, opening } from '../fixture/opening.ts';
import { openPatientStore, storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();

async function roomOf(maxParticipants: number): Promise<string> {
  const input = opening({ maxParticipants });
  await given.store.rooms.open(input);
  return input.roomId;
}
async function present(roomId: string): Promise<string[]> {
  const members = await given.store.members.list(roomId, { limit: 1_000, afterSeq: null });
  return members.slice(1).map(({ userId }) => userId);
}
const outcomes = (all: readonly { outcome: string }[]) => all.map(({ outcome }) => outcome);
const LEAVES = { pauseS: 600, limited: true };

describe('guests without an account', () => {
  it('hold half of the places, rounded down, however large the room is', async () => {
    for (const [cap, places] of [
      ...[
        [1, 0],
        [2, 1],
        [3, 1],
        [5, 2],
        [7, 3],
        [10, 5],
      ],
    ] as const) {
      const roomId = await roomOf(cap);
      const came = await given.store.members.join(Array.from({ length: 8 }, (_, i) => joining(roomId, `anon-${i}`)));
      expect(outcomes(came).filter((one) => one === 'joined')).toHaveLength(places);
      expect(outcomes(came).slice(places)).toEqual(Array(8 - places).fill('ROOM_FULL'));
      const others = await given.store.members.join(
        Array.from({ length: cap - places }, (_, i) => joining(roomId, `ann-${i}`)),
      );
      expect(outcomes(others)).toEqual(Array(cap - places).fill('joined'));
    }
  });

  it('hold no more of them when many come at once, by several instances', async () => {
    const stores = Array.from({ length: 4 }, () => openPatientStore({ url: given.url, poolSize: 4 }));
    for (const store of stores) store.pools.reads.options.connectionString = given.url;
    for (const cap of [9, 20]) {
      const roomId = await roomOf(cap);
      const came = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          stores[i % 4]!.members.join([joining(roomId, i % 3 === 0 ? `ann-${i}` : `anon-${i}`)]),
        ),
      );
      const joined = came.flat().filter(({ outcome }) => outcome === 'joined').length;
      const inside = await present(roomId);
      expect(inside).toHaveLength(joined);
      expect(inside.filter((userId) => userId.startsWith('anon'))).toHaveLength(Math.floor(cap / 2));
    }
    await Promise.all(stores.map((store) => store.close()));
  });

  it('get the share that is set, which decimals don’t spoil; all places with 1, none with 0', async () => {
    for (const [share, cap, places] of [
      [0.29, 100, 29],
      [0.3, 10, 3],
      [1, 4, 4],
      [0, 4, 0],
      [0.07, 100, 7],
    ] as const) {
      const store = openPatientStore({ url: given.url, poolSize: 3, anonymousShare: share });
      const roomId = await roomOf(cap);
      const came = await store.members.join(Array.from({ length: cap }, (_, i) => joining(roomId, `anon-${i}`)));
      expect(outcomes(came).filter((one) => one === 'joined')).toHaveLength(places);
      await store.close();
    }
  });

  it('have a place again when one of them left, was removed, or bought', async () => {
    const roomId = await roomOf(4);
    for (const user of ['anon-a', 'anon-b']) await joinOne(given.store.members, roomId, user);
    const next = async (user: string) => (await joinOne(given.store.members, roomId, user)).outcome;
    expect(await next('anon-c')).toBe('ROOM_FULL');
    await given.store.members.leave(roomId, 'anon-a', 'participant.left', null, LEAVES);
    expect([await next('anon-c'), await next('anon-d')]).toEqual(['joined', 'ROOM_FULL']);
    await given.store.members.commit(roomId, 'anon-b', true, 'b', []);
    expect([await next('anon-d'), await next('anon-e')]).toEqual(['joined', 'ROOM_FULL']);
    // A buyer who is a guest again finds their places taken: one of them gives way.
    await given.store.members.commit(roomId, 'anon-b', false, 'b', ['anon-b', 'anon-d']);
    expect((await present(roomId)).sort()).toEqual(['anon-b', 'anon-d']);
  });
});

describe('who gives way to a buyer', () => {
  it('is first who has no account and is away, then who is away, then the newest; of equal ones the newest', async () => {
    const all = ['ann', 'anon-a', 'bob', 'anon-b', 'cho'];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(all, { minLength: 5 }),
        fc.subarray(all),
        fc.constantFrom('commit' as const, 'return' as const),
        async (order, online, how) => {
          const roomId = await roomOf(6);
          const { members, rooms } = given.store;
          if (how === 'return') {
            await members.commit(roomId, 'buyer', true, 'buyer', []);
            await members.leave(roomId, 'buyer', 'participant.left', null, LEAVES);
          }
          for (const user of order) await joinOne(members, roomId, user);
          await rooms.patch(roomId, { maxParticipants: 5 }, []);
          const come = async (present: readonly string[] | null) =>
            how === 'commit'
              ? members.commit(roomId, 'buyer', true, 'buyer', present)
              : (await members.join([joining(roomId, 'buyer')], present))[0]!;
          const inside = await present(roomId);
          const newest = inside.toReversed();
          const away = newest.filter((user) => !online.includes(user));
          const expected = away.find((user) => user.startsWith('anon')) ?? away[0] ?? newest[0];
          expect(await come(null)).toEqual({ outcome: 'PLACE_NEEDED' });
          const change = await come(online);
          if (!('messages' in change)) throw new Error(change.outcome);
          const [gone] = change.messages.map(systemEventOf);
          expect(gone).toMatchObject({
            event: 'participant.removed',
            reason: 'GAVE_WAY',
            participant: { userId: expected },
          });
          expect((await present(roomId)).sort()).toEqual(
            [...inside.filter((user) => user !== expected), 'buyer'].sort(),
          );
        },
      ),
      { numRuns: 30, interruptAfterTimeLimit: 15_000 },
    );
  });

  it('is never a buyer: two who come for the last place at once find one guest, and one of them a full room', async () => {
    const roomId = await roomOf(2);
    const { members } = given.store;
    await members.commit(roomId, 'ann', true, 'ann', []);
    await joinOne(members, roomId, 'bob');
    const both = await Promise.all(['cho', 'dan'].map((user) => members.commit(roomId, user, true, user, ['bob'])));
    expect(outcomes(both).sort()).toEqual(['ROOM_FULL', 'committed']);
  });
});

describe('a lower cap', () => {
  it('leaves those without an account their share of it', async () => {
    const roomId = await roomOf(10);
    const { members, rooms } = given.store;
    await members.join(['anon-a', 'anon-b', 'anon-c', 'ann', 'bob'].map((user) => joining(roomId, user)));
    expect(await rooms.patch(roomId, { maxParticipants: 4 }, null)).toEqual({ outcome: 'PLACE_NEEDED' });
    await rooms.patch(roomId, { maxParticipants: 4 }, ['anon-c', 'bob']);
    expect(await present(roomId)).toEqual(['anon-a', 'anon-c', 'ann', 'bob']);
    await rooms.patch(roomId, { maxParticipants: 3 }, ['anon-c', 'bob']);
    expect(await present(roomId)).toEqual(['anon-c', 'ann', 'bob']);
  });
});

describe('one’s membership in a room', () => {
  let roomId = '';
  beforeAll(async () => {
    roomId = await roomOf(9);
  });

  it('changes six times within a minute at most, on all instances together', async () => {
    const other = openPatientStore({ url: given.url, poolSize: 3 });
    const stores = [given.store, other];
    let changed = 0;
    for (let i = 0; i < 8; i++) {
      const { members } = stores[i % 2]!;
      const came = await joinOne(members, roomId, 'ann');
      const left = await members.leave(roomId, 'ann', 'participant.left', null, LEAVES);
      changed += Number(came.outcome === 'joined') + Number(left.outcome === 'left');
      if (i >= 3) expect(came).toMatchObject({ outcome: 'RATE_LIMITED', waitMs: expect.any(Number), removed: false });
    }
    expect(changed).toBe(6);
    expect((await joinOne(given.store.members, roomId, 'bob')).outcome).toBe('joined');
    expect((await joinOne(given.store.members, await roomOf(2), 'ann')).outcome).toBe('joined');
    // Trade's word is not counted and not refused.
    for (const committed of [true, false, true, false, true, false, true, false]) {
      expect((await given.store.members.commit(roomId, 'ann', committed, 'ann', [])).outcome).not.toBe('RATE_LIMITED');
    }
    await other.close();
  });

  it('does not begin anew for the pause after a removal, which a purchase ends', async () => {
    const { members } = given.store;
    await joinOne(members, roomId, 'dan');
    await members.leave(roomId, 'dan', 'participant.removed', null, { pauseS: 600, limited: false });
    const refused = await joinOne(members, roomId, 'dan');
    if (refused.outcome !== 'RATE_LIMITED') throw new Error(refused.outcome);
    expect(refused.removed).toBe(true);
    expect(refused.waitMs / 1_000).toBeGreaterThan(590);
    expect(refused.waitMs / 1_000).toBeLessThanOrEqual(600);
    await members.commit(roomId, 'dan', true, 'dan', []);
    await members.commit(roomId, 'dan', false, 'dan', []);
    await members.leave(roomId, 'dan', 'participant.left', null, LEAVES);
    expect((await joinOne(members, roomId, 'dan')).outcome).toBe('joined');
  });
});
