import pg from 'pg';
import { expect, it } from 'vitest';
import type { Signal } from '../../src/room/ports/bus.ts';
import { createRooms } from '../../src/room/rooms.ts';
import { eventOf } from '../fixture/messages.ts';
import { joinOne, opening } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
const GUESTS = 2_000;
const TRADE = { kind: 'service' } as const;

/** A room of many guests and one buyer, who is older than half of them. */
async function bigRoom(change: Parameters<typeof opening>[0] = {}): Promise<string> {
  const input = opening({ maxParticipants: GUESTS + 10, ...change });
  const { roomId } = input;
  await given.store.rooms.open(input);
  await given.store.members.commit(roomId, 'buyer', true, 'buyer', []);
  const client = new pg.Client({ connectionString: given.url });
  await client.connect();
  await client.query(
    `WITH guests AS (
      INSERT INTO chat.members (room_id, user_id, nickname, joined_seq)
      SELECT $1, 'guest-' || n, '손님', 3 + n FROM generate_series(1, $2::int) n RETURNING joined_seq
    ), told AS (
      INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
      SELECT $1, joined_seq, 0, 'CHAT', '', NULL, now() FROM guests
    )
    UPDATE chat.rooms SET last_seq = 3 + $2::int, participant_count = 1 + $2::int WHERE room_id = $1`,
    [roomId, GUESTS],
  );
  await client.end();
  return roomId;
}

/** The rules on this file's store, and every signal that they tell. */
function rules() {
  const signals: Signal[] = [];
  const rooms = createRooms({
    ...given.store,
    presence: { view: async () => ({ count: 0, has: () => false }) } as never,
    emit: (signal) => signals.push(signal),
    onChange: () => {},
  });
  return { rooms, signals };
}

function expectSmall(signals: readonly Signal[]): void {
  for (const signal of signals) expect(JSON.stringify(signal).length).toBeLessThan(200_000);
}

/** All rows after the guests', read as a client would. */
async function rowsOf(roomId: string) {
  const rows = [];
  for (let last = 3 + GUESTS; ; last = rows.at(-1)!.seq) {
    const page = await given.store.messages.after(roomId, last, 1_000);
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}

it('a room of thousands ends in portions, each a small signal, and has every row once when the end is answered', async () => {
  const roomId = await bigRoom();
  const { rooms, signals } = rules();
  const room = await rooms.patch(TRADE, roomId, { status: 'CLOSED', reason: 'FULL' });
  expect(room).toMatchObject({ status: 'CLOSED', participantCount: 1, lastSeq: 3 + GUESTS + 1 + GUESTS });
  expectSmall(signals);
  const told = signals.flatMap((signal) => (signal.kind === 'messages' ? signal.messages : []));
  const rows = await rowsOf(roomId);
  expect(told).toEqual(rows);
  expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: GUESTS + 1 }, (_, i) => GUESTS + 4 + i));
  expect(rows.map(eventOf).slice(0, 2)).toEqual(['room.closed', 'participant.removed']);
  const counts = rows.slice(1).map((row) => (row.data as { participantCount: number }).participantCount);
  expect(counts).toEqual(Array.from({ length: GUESTS }, (_, i) => GUESTS - i));
  const gone = rows.slice(1).map((row) => (row.data as { participant: { userId: string } }).participant.userId);
  expect(new Set(gone).size).toBe(GUESTS);
  const left = await given.store.members.list(roomId, { limit: 10, afterSeq: null });
  expect(left.map((member) => member.userId)).toEqual(['seller', 'buyer']);
});

it('a room whose instance ended after the first portion is closed at once, and any other instance removes the rest', async () => {
  const roomId = await bigRoom();
  const change = await given.store.rooms.setStatus(roomId, 'CLOSED', null);
  expect('messages' in change && change.messages).toHaveLength(251);
  expect(await joinOne(given.store.members, roomId, 'late')).toEqual({ outcome: 'ROOM_NOT_ACTIVE' });
  const speak = (userId: string) =>
    given.store.messages.append([
      {
        ...{ roomId, kind: 'CHAT', sender: { userId, nickname: userId, tag: null } },
        ...{ clientMessageId: `c-${userId}`, content: 'hello', replyTo: null },
      },
    ]);
  expect(await speak('guest-1')).toEqual([{ outcome: 'NOT_A_MEMBER' }]);
  expect(await speak('buyer')).toMatchObject([{ outcome: 'stored' }]);

  const { rooms, signals } = rules();
  await rooms.expire();
  expectSmall(signals);
  expect(await given.store.rooms.find(roomId)).toMatchObject({ status: 'CLOSED', participantCount: 1 });
  expect(await given.store.rooms.clearing(10)).toEqual([]);
  expect((await rowsOf(roomId)).filter((row) => eventOf(row) === 'participant.removed')).toHaveLength(GUESTS);
});

it('a deadline ends many big rooms in small answers, and every one of them', async () => {
  const expiresAt = new Date(Date.now() - 1_000).toISOString();
  const ids = [await bigRoom({ expiresAt }), await bigRoom({ expiresAt }), await bigRoom({ expiresAt })];
  const changes = await given.store.rooms.expire(100);
  expect(changes.length).toBeLessThan(3);
  expect(changes.flatMap((change) => change.messages).length).toBeLessThan(1_000);
  const { rooms, signals } = rules();
  while ((await rooms.expire()) > 0);
  expectSmall(signals);
  for (const id of ids) {
    expect(await given.store.rooms.find(id)).toMatchObject({
      status: 'CLOSED',
      reason: 'EXPIRED',
      participantCount: 1,
    });
  }
});

it('a room that trade cancels or prolongs while it still has guests to lose keeps those', async () => {
  const expiresAt = new Date(Date.now() - 1_000).toISOString();
  const [cancelled, prolonged] = [await bigRoom({ expiresAt }), await bigRoom({ expiresAt })];
  while ((await given.store.rooms.expire(1)).length > 0);
  expect([...(await given.store.rooms.clearing(10))].sort()).toEqual([cancelled, prolonged].sort());
  await given.store.rooms.setStatus(cancelled, 'CANCELLED', null);
  await given.store.rooms.patch(prolonged, { expiresAt: new Date(Date.now() + 60_000).toISOString() }, []);
  expect(await given.store.rooms.clearing(10)).toEqual([]);
  expect(await given.store.rooms.find(prolonged)).toMatchObject({ status: 'ACTIVE', participantCount: GUESTS - 249 });
});
