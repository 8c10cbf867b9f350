import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { reduceRoom } from '../src/room/reduce-room.ts';
import { emptyRoom, type RoomState } from '../src/room/room-state.ts';
import { type Happening, ME, ROOM_ID, type RoomModel, roomModel } from './fixture/room-model.ts';

const who = fc.constantFrom('ann', 'bob', 'cho');
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('chat' as const), by: fc.constantFrom('ann', 'bob', ME) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'notice' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('join' as const, 'leave' as const, 'commit' as const, 'uncommit' as const),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('title' as const), title: fc.string() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'close' as const }) },
);

/** Something that reaches the client: what, and how far the room was by then. Numbers are taken modulo what exists. */
const arrival = fc.record({
  what: fc.constantFrom('message', 'message', 'message', 'batch', 'join', 'rejoin', 'older', 'head'),
  a: fc.nat(),
  b: fc.nat(),
});
interface Arrival {
  what: string;
  a: number;
  b: number;
}

function arrive(state: RoomState, model: RoomModel, { what, a, b }: Arrival): RoomState {
  const seq = a % (model.lastSeq + 1);
  const message = model.messages[a % model.messages.length]!;
  switch (what) {
    case 'message':
      return reduceRoom(state, { type: 'messages', messages: [message] });
    case 'batch': {
      const batch = model.messages.slice(seq, seq + (b % 7));
      return reduceRoom(state, { type: 'messages', messages: b % 2 ? batch : batch.reverse() });
    }
    case 'join':
      return reduceRoom(state, { type: 'joined', joined: model.joined(seq, null, 1 + (b % 6)) });
    case 'rejoin':
      // As a client asks: after what it has, or after less when the answer to an older question comes late.
      if (state.appliedSeq < 0) return state;
      return reduceRoom(state, {
        type: 'joined',
        joined: model.joined(seq, Math.min(seq, Math.max(0, state.appliedSeq - (b % 3)))),
      });
    case 'older': {
      const first = (state.messages[0]?.seq ?? 1) + ([2, -2][b % 5] ?? 0);
      const page = model.messages.slice(Math.max(0, first - 1 - (a % 6)), first - 1);
      return reduceRoom(state, { type: 'page', where: 'older', messages: page, hasMore: (page[0]?.seq ?? 1) > 1 });
    }
    default:
      return reduceRoom(state, { type: 'head', seq });
  }
}

function expectContiguous(state: RoomState, model: RoomModel): void {
  const first = state.messages[0]?.seq ?? 1;
  expect(state.messages).toEqual(model.messages.slice(first - 1, first - 1 + state.messages.length));
}

test('any order, any repetition and any mixture of snapshots and pages ends in the state that the server has', () => {
  void fc.assert(
    fc.property(
      fc.array(happening, { minLength: 1, maxLength: 40 }),
      fc.array(arrival, { maxLength: 60 }),
      fc.nat(),
      (happenings, arrivals, start) => {
        const model = roomModel(happenings);
        fc.pre(model.lastSeq > 0);
        let state = emptyRoom(ROOM_ID, ME);
        state = arrive(state, model, { what: 'join', a: start, b: start });
        for (const each of arrivals) {
          state = arrive(state, model, each);
          expectContiguous(state, model);
          expect(state.messages.at(-1)?.seq ?? state.appliedSeq).toBe(state.appliedSeq);
        }
        // In the end everything has come, in whatever order.
        state = reduceRoom(state, { type: 'messages', messages: [...model.messages].reverse() });
        const { room, people, unread } = model.at(model.lastSeq);
        expectContiguous(state, model);
        expect(state.messages.at(-1)?.seq).toBe(model.lastSeq);
        expect(state.room).toEqual(room);
        expect(state.participants).toEqual(people);
        expect(state.you).toEqual(people.find(({ userId }) => userId === ME));
        expect(state.unread).toBe(unread);
        expect(state.held).toEqual([]);
        expect(state.headSeq).toBe(model.lastSeq);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a reader who jumps about and pages both ways sees no gap, and ends at the newest with everything', () => {
  const step = fc.record({ what: fc.constantFrom('live', 'jump', 'newer', 'older', 'end'), a: fc.nat(), b: fc.nat() });
  void fc.assert(
    fc.property(
      fc.array(happening, { minLength: 5, maxLength: 60 }),
      fc.array(step, { maxLength: 40 }),
      (happenings, steps) => {
        const model = roomModel(happenings);
        fc.pre(model.lastSeq > 3);
        let known = 3;
        let state = reduceRoom(emptyRoom(ROOM_ID, ME), { type: 'joined', joined: model.joined(known, null) });
        const page = (from: number, to: number) => model.messages.slice(Math.max(0, from), Math.min(known, to));
        for (const { what, a, b } of [...steps, { what: 'end', a: 0, b: 0 }]) {
          const last = state.messages.at(-1)?.seq ?? 0;
          if (what === 'live') {
            // The server is ahead of what has come, so that pages may be, too.
            known = Math.min(model.lastSeq, known + (a % 9));
            const upTo = b % 2 ? known : Math.min(known, state.appliedSeq + 1);
            state = reduceRoom(state, { type: 'messages', messages: model.messages.slice(0, upTo) });
          } else if (what === 'older') {
            const first = state.messages[0]?.seq ?? 1;
            const messages = page(first - 1 - 4, first - 1);
            state = reduceRoom(state, { type: 'page', where: 'older', messages, hasMore: (messages[0]?.seq ?? 1) > 1 });
          } else if (what === 'newer') {
            state = reduceRoom(state, {
              type: 'page',
              where: 'newer',
              messages: page(last, last + 4),
              hasMore: last + 4 < known,
            });
          } else {
            const target = what === 'end' ? known : 1 + (a % known);
            const messages = page(target - 4, target);
            state = reduceRoom(state, { type: 'page', where: 'elsewhere', messages, hasMore: target > 4 });
          }
          expectContiguous(state, model);
        }
        state = reduceRoom(state, { type: 'messages', messages: model.messages });
        expectContiguous(state, model);
        expect(state.atTail).toBe(true);
        expect(state.messages.at(-1)?.seq).toBe(model.lastSeq);
        expect(state.room).toEqual(model.at(model.lastSeq).room);
        expect(state.unread).toBe(model.at(model.lastSeq).unread);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a join that tells a part, and the rest as messages, ends in what one that tells all of it does', () => {
  void fc.assert(
    fc.property(
      fc.array(happening, { minLength: 2, maxLength: 60 }),
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      (happenings, start, cut, isNew) => {
        const model = roomModel(happenings);
        fc.pre(model.lastSeq > 0);
        const known = isNew ? null : start % model.lastSeq;
        const before =
          known === null
            ? emptyRoom(ROOM_ID, ME)
            : reduceRoom(emptyRoom(ROOM_ID, ME), { type: 'joined', joined: model.joined(known, null) });
        const whole = model.joined(model.lastSeq, known);
        const shown = whole.messages.slice(0, cut % (whole.messages.length + 1));
        const rest = whole.messages.slice(shown.length);
        const lastSeq = model.lastSeq - rest.length;
        const toCome = rest.filter(({ kind, seq }) => kind !== 'SYSTEM' && seq > whole.you!.lastReadSeq).length;
        // As the service tells it: of the moment of its last message, but for who is there and how the room is.
        const you = { ...whole.you!, unread: whole.you!.unread - toCome };
        const hasMore = whole.hasMore || (known === null && lastSeq > 0 && shown.length === 0);
        let state = reduceRoom(before, {
          type: 'joined',
          joined: { ...whole, you, messages: shown, lastSeq, hasMore },
        });
        expect(state.appliedSeq).toBe(lastSeq);
        for (const message of rest) state = reduceRoom(state, { type: 'messages', messages: [message] });
        const { participants, ...once } = reduceRoom(before, { type: 'joined', joined: whole });
        // Who went is told by rows alone.
        const { hasOlder, left } = state;
        expect(state).toEqual({ ...once, hasOlder, left, participants: expect.anything() });
        const byId = (people: typeof participants) => people.toSorted((a, b) => a.userId.localeCompare(b.userId));
        expect(byId(state.participants)).toEqual(byId(participants));
        expectContiguous(state, model);
      },
    ),
    { numRuns: 1_000 },
  );
});
