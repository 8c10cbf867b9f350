import pg from 'pg';
import { expect, it } from 'vitest';
import type { openStore } from '../../src/store/open-store.ts';
import { joining, opening, person } from '../fixture/opening.ts';
import { openPatientStore, storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();

/** Repetitions of each call of a pair; with 3 rooms and 4 people nearly all of them meet. */
const ROUNDS = 12;
const PEOPLE = ['ann', 'bob', 'cho', 'dan'];

type Rooms = readonly string[];
let made = 0;

it('no two functions that write ever wait for each other: every pair at once, over the same rooms in both orders', async () => {
  // A pool of its own for each side, so that the sides are two sessions at all times.
  const sides = [0, 1].map(() => openPatientStore({ url: given.url, poolSize: 5 }));
  const outside = new pg.Client({ connectionString: given.url });
  await outside.connect();
  // Somebody is to be told of who does not read.
  await given.store.webhooks.create('w-1', { url: 'https://shop.example/', events: [], description: '' }, 's', null);
  const deadlocks = async () =>
    (await outside.query('SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()')).rows[0]
      .n as number;
  const names = Object.keys(callsOf(sides[0]!)) as (keyof ReturnType<typeof callsOf>)[];
  const faults: string[] = [];
  try {
    const [one, two] = sides.map(callsOf);
    for (const [i, first] of names.entries()) {
      for (const second of names.slice(i)) {
        const rooms = await freshRooms();
        const reversed = [...rooms].reverse();
        const both = Array.from({ length: ROUNDS }, () => [one![first](rooms), two![second](reversed)]).flat();
        for (const ended of await Promise.allSettled(both)) {
          if (ended.status === 'rejected') faults.push(`${first} beside ${second}: ${ended.reason}`);
        }
      }
    }
    // The collector hears of a session's deadlocks a moment after them.
    await outside.query('SELECT pg_stat_force_next_flush()');
    await expect.poll(deadlocks, { timeout: 3_000 }).toBe(0);
    expect(faults).toEqual([]);
  } finally {
    await outside.end();
    await Promise.all(sides.map((side) => side.close()));
  }

  async function freshRooms(): Promise<Rooms> {
    const openings = ['c', 'a', 'b'].map((letter) =>
      // Some are due, so that expiry ends them; the cap makes guests give way.
      opening({ roomId: `${letter}-${made++}`, maxParticipants: 5, expiresAt: soon() }),
    );
    for (const one of openings) await given.store.rooms.open(one);
    const roomIds = openings.map(({ roomId }) => roomId);
    await given.store.members.join(roomIds.flatMap((roomId) => PEOPLE.map((name) => joining(roomId, name))));
    return roomIds;
  }

  function soon(): string {
    return new Date(Date.now() + 60).toISOString();
  }
});

/** Every call of the store that writes to rooms or members, over several rooms where it can. */
function callsOf(store: ReturnType<typeof openStore>) {
  const { rooms, members, messages, tickets } = store;
  const each = async (ids: Rooms, call: (roomId: string) => Promise<unknown>) => {
    for (const roomId of ids) await call(roomId);
  };
  return {
    append: (ids: Rooms) =>
      messages.append(
        ids.flatMap((roomId) =>
          PEOPLE.map((name) => ({
            ...{ roomId, kind: 'CHAT' as const, sender: person(name), content: 'x', replyTo: null },
            clientMessageId: `m-${made++}`,
          })),
        ),
      ),
    change: (ids: Rooms) =>
      each(ids, async (roomId) => {
        const said = await messages.append([
          {
            ...{ roomId, kind: 'CHAT' as const, sender: person('ann'), content: 'x', replyTo: null },
            clientMessageId: `m-${made++}`,
          },
        ]);
        const [stored] = said;
        if (stored?.outcome !== 'stored') return;
        const target = { roomId, seq: stored.seq, by: person('ann'), isAdmin: false };
        const edit = { content: 'y', ifVersion: null, windowS: 60 };
        const pin = { ...target, by: null, on: true };
        await Promise.all([
          ...[messages.change({ ...target, edit }), messages.pin(pin), messages.pin({ ...pin, on: false })],
          ...[true, false].map((on) => messages.react({ ...target, emoji: '👍', on })),
          messages.change({ ...target, edit: null }),
        ]);
      }),
    join: (ids: Rooms) =>
      members.join(
        ids.flatMap((roomId) => [...PEOPLE, 'eve', 'fay'].map((name) => joining(roomId, name))),
        [],
      ),
    leave: (ids: Rooms) =>
      each(ids, (roomId) => members.leave(roomId, 'bob', 'participant.left', null, { pauseS: 0, limited: false })),
    commit: (ids: Rooms) => each(ids, (roomId) => members.commit(roomId, 'cho', made++ % 2 === 0, 'cho', [])),
    markRead: (ids: Rooms) =>
      members.markRead(
        ids.flatMap((roomId) => [...PEOPLE].reverse().map((userId) => ({ roomId, userId, seq: made++ }))),
      ),
    absent: (ids: Rooms) =>
      each(ids, async (roomId) => {
        await store.absences.rooms([roomId], 0);
        await store.absences.record(roomId, 0, 2);
      }),
    // What instances of the version before call.
    oldMarkRead: async (ids: Rooms) => {
      const pairs = ids.flatMap((roomId) => PEOPLE.map((userId) => [roomId, userId] as const));
      await store.pools.reads.query('SELECT * FROM chat.mark_read($1, $2, $3::bigint[])', [
        pairs.map(([roomId]) => roomId),
        pairs.map(([, userId]) => userId),
        pairs.map(() => 2),
      ]);
    },
    visitors: async (ids: Rooms) => {
      const pairs = ids.flatMap((roomId) => PEOPLE.map((userId) => [roomId, userId] as const));
      const lists = [pairs.map(([roomId]) => roomId), pairs.map(([, userId]) => userId)];
      await store.pools.reads.query('UPDATE chat.members SET seen_at = now() WHERE room_id = $1 AND user_id = $2', [
        ids[0],
        PEOPLE[made++ % PEOPLE.length],
      ]);
      await store.pools.reads.query('SELECT chat.see_visitors($1, $2)', lists);
      await each(ids, (roomId) => store.pools.reads.query('SELECT chat.end_visitors($1, 0, 2)', [roomId]));
    },
    forget: async () => {
      await store.pools.reads.query('SELECT chat.forget_tags(0, 0, 5), chat.forget_departures(5)');
    },
    open: (ids: Rooms) => each(ids, (roomId) => rooms.open(opening({ roomId }))),
    setStatus: (ids: Rooms) =>
      each(ids, (roomId) => rooms.setStatus(roomId, made++ % 2 ? 'CLOSED' : 'CANCELLED', null)),
    patch: (ids: Rooms) => each(ids, (roomId) => rooms.patch(roomId, { maxParticipants: 3 + (made++ % 3) }, [])),
    lower: (ids: Rooms) =>
      each(ids, async (roomId) => {
        await rooms.patch(roomId, { maxParticipants: 1 + (made++ % 2) }, [], made % 2);
        await rooms.lowerPortion(roomId, [...PEOPLE].reverse(), made % 3 === 0);
      }),
    clear: (ids: Rooms) =>
      each(ids, async (roomId) => {
        await store.pools.reads.query(
          "UPDATE chat.rooms SET clearing = true WHERE room_id = $1 AND status = 'CLOSED'",
          [roomId],
        );
        await rooms.clearGuests(roomId, 1 + (made++ % 3));
      }),
    expire: () => rooms.expire(100),
    remove: (ids: Rooms) => each(ids.slice(0, 1), (roomId) => rooms.remove(roomId)),
    ticket: async () => {
      const ticket = `t-${made++}`;
      await tickets.issue(ticket, { ...person('ann'), roles: [], anon: false, expiresAtMs: 0 }, made % 2 ? -1 : 1_000);
      await tickets.redeem(ticket);
    },
  };
}
