import { expect, it } from 'vitest';
import { createLocalBus, createLocalExchange } from '../../../src/bus/local-bus.ts';
import type { Listener } from '../../../src/hub/listener.ts';
import { createOverview } from '../../../src/hub/overview/overview.ts';
import { tellCommitted } from '../../../src/room/committed.ts';
import type { Summary } from '../../../src/room/event.ts';
import { userChannel } from '../../../src/room/ports/bus.ts';
import type { OverviewRow } from '../../../src/room/ports/room-store.ts';
import { storedMessage } from '../../fixture/messages.ts';
import { chatMessage } from '../../fixture/signals.ts';

/** An overview over rows that the test holds. @param heads the rooms that there are */
function given(rows: OverviewRow[], heads: readonly OverviewRow[] = rows) {
  const overview = createOverview({
    rooms: {
      overviews: async (userIds, limit) => rows.filter((row) => userIds.includes(row.userId)).slice(0, limit),
      headRows: async (roomIds) => heads.filter((row) => roomIds.includes(row.roomId)),
    },
    bus: createLocalBus({ exchange: createLocalExchange() }),
    now: () => 0,
    onFailure: (_, error) => {
      throw error;
    },
  });
  const told: Summary[] = [];
  const listener: Listener = {
    userId: 'me',
    key: () => '',
    encode: (events) => Buffer.from(JSON.stringify(events)),
    write(bytes) {
      told.push(...JSON.parse(String(bytes)));
      return true;
    },
    onBehind() {},
    onEnded() {},
    onEntered() {},
    onUnwatched() {},
  };
  return { overview, listener, told };
}
const row = (n: number): OverviewRow => ({
  ...{ userId: 'me', roomId: `room-${n}`, title: `${n}`, status: 'ACTIVE', reason: null },
  ...{ lastSeq: 5, lastChatNo: 3, lastReadSeq: 4, lastReadChatNo: 2, mentions: [], epoch: 'epoch-1' },
});

it('shows 500 rooms, says that there are more, and tells all anew when memberships change', async () => {
  const rows = Array.from({ length: 501 }, (_, n) => row(n));
  const { overview, listener, told } = given(rows);
  await overview.watch(listener);
  expect(told).toMatchObject([{ type: 'rooms', hasMore: true }]);
  expect((told[0] as { rooms: unknown[] }).rooms).toHaveLength(500);
  expect(overview.size).toBe(500);
  rows.unshift(row(900));
  const data = { event: 'participant.joined', participant: { userId: 'me' } };
  tellCommitted(overview.apply, [storedMessage(5, { roomId: 'room-900', kind: 'SYSTEM', sender: null, data })]);
  await overview.tick();
  expect(told).toHaveLength(2);
  expect((told[1] as { rooms: { roomId: string }[] }).rooms.map(({ roomId }) => roomId)).toContain('room-900');
  expect(overview.size).toBe(500);
  overview.unwatch(listener);
  expect(overview.size).toBe(0);
});

it('tells of a busy room once a tick, and of one that did not move not at all', async () => {
  const { overview, listener, told } = given([row(1), row(2)]);
  await overview.watch(listener);
  for (let seq = 6; seq <= 105; seq++)
    tellCommitted(overview.apply, [{ ...chatMessage('room-1', seq), chatNo: seq - 2 }]);
  await overview.tick();
  expect(told.slice(1)).toEqual([{ type: 'unread', roomId: 'room-1', seq: 105, unread: 101, unreadMentions: 0 }]);
  await overview.tick();
  expect(told).toHaveLength(2);
});

it('asks the store where a number is missing', async () => {
  const rows = [row(1)];
  const { overview, listener, told } = given(rows);
  await overview.watch(listener);
  rows[0] = { ...row(1), status: 'CLOSED', lastSeq: 9, lastChatNo: 5 };
  tellCommitted(overview.apply, [{ ...chatMessage('room-1', 9), chatNo: 5 }]);
  await overview.tick();
  expect(told.slice(1)).toEqual([
    { type: 'unread', roomId: 'room-1', seq: 9, unread: 3, unreadMentions: 0 },
    { type: 'room.changed', roomId: 'room-1', title: '1', status: 'CLOSED', reason: null },
  ]);
});

it('tells a room that was removed from one that was left, where the memberships say so first', async () => {
  const rows = [row(1), row(2)];
  const heads = [row(1), row(2)];
  const { overview, listener, told } = given(rows, heads);
  await overview.watch(listener);
  rows.length = 0;
  heads.shift();
  overview.apply({ kind: 'member', roomId: userChannel('me') });
  await overview.tick();
  expect(told.slice(1)).toEqual([
    { type: 'room.left', roomId: 'room-1', why: 'gone' },
    { type: 'room.left', roomId: 'room-2', why: 'left' },
  ]);
  expect(overview.size).toBe(0);
});

it('tells that a room is gone in whose place another one was opened, and of that one where the user is in it', async () => {
  const rows = [row(1), row(2)];
  const { overview, listener, told } = given(rows);
  await overview.watch(listener);
  rows.splice(0, 2, { ...row(1), epoch: 'epoch-2', lastSeq: 2, lastChatNo: 1, lastReadSeq: 2, lastReadChatNo: 0 });
  await overview.reconcile();
  await overview.tick();
  expect(told.slice(1)).toMatchObject([
    { type: 'room.left', roomId: 'room-1', why: 'gone' },
    { type: 'room.left', roomId: 'room-2', why: 'gone' },
    { type: 'room.joined', roomId: 'room-1', seq: 2, unread: 1 },
  ]);
  tellCommitted(overview.apply, [{ ...chatMessage('room-1', 3), chatNo: 2 }]);
  await overview.tick();
  expect(told.at(-1)).toMatchObject({ type: 'unread', roomId: 'room-1', seq: 3, unread: 2 });
});
