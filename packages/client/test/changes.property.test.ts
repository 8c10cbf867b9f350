import type { ChatMessage, EventOf, Message } from '@gongu/shared';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { reduceRoom } from '../src/room/reduce-room.ts';
import { emptyRoom, type RoomState } from '../src/room/room-state.ts';
import { ME, ROOM_ID, roomModel } from './fixture/room-model.ts';

const AT = '2026-01-01T00:00:00.000Z';

/** Rows of a room: null is something said, a number is a change of something said before; each third text is a notice. */
function roomOf(script: readonly (number | null)[]) {
  const rows = script.map((change, i) => {
    const said = script.flatMap((one, at) => (one === null && at < i ? [at + 1] : []));
    return { seq: i + 1, of: change === null || said.length === 0 ? null : said[change % said.length]! };
  });

  /** What was said, as it was when the room's newest row was `at`. What was deleted stays so. */
  function copy(seq: number, at: number): ChatMessage {
    const changes = rows.filter((row) => row.of === seq && row.seq <= at);
    const version = changes.at(-1)?.seq ?? seq;
    const kind = seq % 3 === 1 ? 'NOTIFICATION' : 'CHAT';
    return {
      ...{ roomId: ROOM_ID, seq, messageId: `${ROOM_ID}:${seq}`, version, kind, createdAt: AT },
      ...{ sender: { userId: 'ann', nickname: 'ann', tag: null }, replyTo: null, clientMessageId: `c-${seq}` },
      content: `text ${seq} as of ${version}`,
      ...(version > seq ? { editedAt: AT } : {}),
      ...(changes.some(({ seq }) => seq % 2 === 0) ? { deletedAt: AT } : {}),
    };
  }

  /** A row, read when the newest was `at`. */
  function row(seq: number, at: number): Message {
    const { of } = rows[seq - 1]!;
    if (of === null) return copy(seq, at);
    return {
      ...{ roomId: ROOM_ID, seq, messageId: `${ROOM_ID}:${seq}`, version: seq, kind: 'SYSTEM', createdAt: AT },
      ...{ sender: null, content: 'changed', replyTo: null, clientMessageId: null },
      data: { event: 'message.changed', change: 'edited', by: null, message: copy(of, Math.max(at, seq)) },
    };
  }

  return {
    length: rows.length,
    row,
    notice: (at: number) =>
      range(1, at)
        .flatMap((seq) => (rows[seq - 1]!.of === null ? [copy(seq, at)] : []))
        .findLast(({ kind, deletedAt }) => kind === 'NOTIFICATION' && !deletedAt) ?? null,
    rows: (from: number, to: number, at: number) => range(from, to).map((seq) => row(seq, at)),
  };
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
const model = roomModel([]);

function joined(messages: Message[], lastSeq: number, recovered: boolean): EventOf<'joined'> {
  const event = model.joined(0, null);
  return { ...event, messages, lastSeq, recovered, hasMore: (messages[0]?.seq ?? 1) > 1 };
}

const arrival = fc.record({
  what: fc.constantFrom('message', 'message', 'batch', 'join', 'rejoin', 'older', 'jump'),
  a: fc.nat(),
  b: fc.nat(),
});

test('of two copies of a message the newer stays, and the notice is the newest that is left, in whatever order rows, snapshots and late pages come', () => {
  void fc.assert(
    fc.property(
      fc.array(fc.option(fc.nat(), { freq: 2 }), { minLength: 1, maxLength: 40 }),
      fc.array(arrival, { maxLength: 60 }),
      (script, arrivals) => {
        const room = roomOf([null, ...script]);
        const told = new Map<number, number>();
        let state: RoomState = reduceRoom(emptyRoom(ROOM_ID, ME), {
          type: 'joined',
          joined: joined(room.rows(1, 1, 1), 1, false),
        });
        let now = 1;
        const apply = (messages: readonly Message[], action: Parameters<typeof reduceRoom>[1], at: number) => {
          const { notice } = state;
          now = Math.max(now, at);
          for (const message of messages) {
            const data = message.kind === 'SYSTEM' && message.data.event === 'message.changed' ? message.data : null;
            const copy = data?.message;
            if (copy) told.set(copy.seq, Math.max(copy.version, told.get(copy.seq) ?? 0));
          }
          state = reduceRoom(state, action);
          for (const message of [...state.messages, ...state.held]) {
            expect(message.version).toBeGreaterThanOrEqual(told.get(message.seq) ?? 0);
          }
          // As whoever keeps the state asks the server, when it can't be known from what is here.
          const isUnknown = action.type === 'joined' && !action.joined.recovered;
          const newest = room.notice(now);
          if (!state.notice && newest && (isUnknown || notice)) {
            state = reduceRoom(state, { type: 'messages', messages: [newest] });
          }
          if (!state.notice) return;
          expect(state.notice).not.toHaveProperty('deletedAt');
          expect(state.notice.version).toBeGreaterThanOrEqual(told.get(state.notice.seq) ?? 0);
        };
        for (const { what, a, b } of arrivals) {
          const seq = 1 + (a % room.length);
          // When it was read: before it comes, by any time.
          const at = seq + (b % (room.length - seq + 1));
          if (what === 'message') {
            const messages = [room.row(seq, at)];
            apply(messages, { type: 'messages', messages }, at);
          } else if (what === 'batch') {
            const messages = room.rows(seq, Math.min(seq + 5, at), at).toReversed();
            apply(messages, { type: 'messages', messages }, at);
          } else if (what === 'join') {
            const messages = room.rows(Math.max(1, at - 4), at, at);
            apply(messages, { type: 'joined', joined: joined(messages, at, false) }, at);
          } else if (what === 'rejoin') {
            if (at < state.appliedSeq) continue;
            const messages = room.rows(state.appliedSeq + 1, at, at);
            apply(messages, { type: 'joined', joined: joined(messages, at, true) }, at);
          } else {
            const first = state.messages[0]?.seq ?? 1;
            const end = what === 'older' ? first - 1 : seq;
            const messages = room.rows(Math.max(1, end - 3), end, Math.max(end, at));
            const where = what === 'older' ? 'older' : 'elsewhere';
            apply(messages, { type: 'page', where, messages, hasMore: (messages[0]?.seq ?? 1) > 1 }, Math.max(end, at));
          }
        }
        const all = room.rows(1, room.length, 0);
        apply(all, { type: 'messages', messages: all.toReversed() }, room.length);
        for (const message of state.messages) {
          if (message.kind !== 'SYSTEM') expect(message).toEqual(room.row(message.seq, room.length));
        }
        expect(state.appliedSeq).toBe(room.length);
        expect(state.notice).toEqual(room.notice(room.length));
      },
    ),
    { numRuns: 500 },
  );
});

test('a message that comes looks at none of those that are kept but the notice', () => {
  const room = roomOf(Array.from({ length: 500 }, () => null));
  let looks = 0;
  const counted = room.rows(1, 499, 1).map((message) => ({
    ...message,
    get kind() {
      looks++;
      return message.kind;
    },
  })) as Message[];
  const start = reduceRoom(emptyRoom(ROOM_ID, ME), { type: 'joined', joined: joined(counted, 499, false) });
  expect(start.notice?.seq).toBe(499);
  looks = 0;
  const next = reduceRoom(start, { type: 'messages', messages: [room.row(500, 1)] });
  expect([next.messages.length, next.notice?.seq, looks]).toEqual([500, 499, 1]);
});
