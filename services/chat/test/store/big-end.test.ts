import { expect, it } from 'vitest';
import { bigRoom, expectSmall, GUESTS, instanceOf, rowsAfter } from '../fixture/big-room.ts';
import { eventOf } from '../fixture/messages.ts';
import { joinOne } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
const TRADE = { kind: 'service' } as const;

it('a room of thousands ends in portions, each a small signal, and has every row once when the end is answered', async () => {
  const roomId = await bigRoom(given);
  const { rooms, signals } = instanceOf(given.store);
  const room = await rooms.patch(TRADE, roomId, { status: 'CLOSED', reason: 'FULL' });
  expect(room).toMatchObject({ status: 'CLOSED', participantCount: 1, lastSeq: 3 + GUESTS + 1 + GUESTS });
  expectSmall(signals);
  const told = signals.flatMap((signal) => (signal.kind === 'messages' ? signal.messages : []));
  const rows = await rowsAfter(given.store, roomId);
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
  const roomId = await bigRoom(given);
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

  const { rooms, signals } = instanceOf(given.store);
  await rooms.expire();
  expectSmall(signals);
  expect(await given.store.rooms.find(roomId)).toMatchObject({ status: 'CLOSED', participantCount: 1 });
  expect(await given.store.rooms.clearing(10)).toEqual([]);
  expect((await rowsAfter(given.store, roomId)).filter((row) => eventOf(row) === 'participant.removed')).toHaveLength(
    GUESTS,
  );
});

it('a deadline ends many big rooms in small answers, and every one of them', async () => {
  const expiresAt = new Date(Date.now() - 1_000).toISOString();
  const ids = [
    await bigRoom(given, { expiresAt }),
    await bigRoom(given, { expiresAt }),
    await bigRoom(given, { expiresAt }),
  ];
  const changes = await given.store.rooms.expire(100);
  expect(changes.length).toBeLessThan(3);
  expect(changes.flatMap((change) => change.messages).length).toBeLessThan(1_000);
  const { rooms, signals } = instanceOf(given.store);
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
  const [cancelled, prolonged] = [await bigRoom(given, { expiresAt }), await bigRoom(given, { expiresAt })];
  while ((await given.store.rooms.expire(1)).length > 0);
  expect([...(await given.store.rooms.clearing(10))].sort()).toEqual([cancelled, prolonged].sort());
  await given.store.rooms.setStatus(cancelled, 'CANCELLED', null);
  await given.store.rooms.patch(prolonged, { expiresAt: new Date(Date.now() + 60_000).toISOString() }, []);
  expect(await given.store.rooms.clearing(10)).toEqual([]);
  expect(await given.store.rooms.find(prolonged)).toMatchObject({ status: 'ACTIVE', participantCount: GUESTS - 249 });
});
