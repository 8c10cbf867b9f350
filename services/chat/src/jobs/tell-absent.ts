import type { Signal } from '../room/ports/bus.ts';

/** Tells somebody of members who have not read. */
export interface AbsentTeller {
  /** Rooms after `roomId`, by id, where there may be some; `limit` at most. */
  roomsBehind(roomId: string, limit: number): Promise<readonly string[]>;
  /** Tells of those of some rooms. */
  take(roomIds: readonly string[]): Promise<void>;
  /** Removes what says nothing any more. */
  sweep?(): Promise<void>;
}

export interface TellAbsentOptions {
  readonly tellers: readonly AbsentTeller[];
  /** Seconds for which a message must have been unread. */
  readonly afterS: number;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** Between two looks at all rooms, for what an instance that is gone has left. */
const LOOK_MS = 300_000;
/** Rooms of one statement. */
const ROOMS = 200;
/** Rooms of one page of a look at all. */
const PAGE = 1_000;
/** Milliseconds later than the database's clock may say that a message is old enough. */
const LATE_MS = 250;

/** Finds members who have not read for a while: an instance those of rooms to which it has written. */
export function createTellAbsent({ tellers, afterS, now }: TellAbsentOptions) {
  const afterMs = afterS * 1_000 + LATE_MS;
  /** When a room is to be looked at, and when it was last written to. */
  const due = new Map<string, { lookAt: number; writtenAt: number }>();
  let lookAt = now();

  async function lookAtAll(teller: AbsentTeller): Promise<void> {
    for (let last = ''; ; ) {
      const roomIds = await teller.roomsBehind(last, PAGE);
      await take(teller, roomIds);
      if (roomIds.length < PAGE) return;
      last = roomIds.at(-1)!;
    }
  }

  async function take(teller: AbsentTeller, roomIds: readonly string[]): Promise<void> {
    for (let from = 0; from < roomIds.length; from += ROOMS) await teller.take(roomIds.slice(from, from + ROOMS));
  }

  return {
    /** Hears what this instance has stored. */
    note(signal: Signal): void {
      if (signal.kind !== 'messages' || signal.messages.every(({ kind }) => kind === 'SYSTEM')) return;
      const at = now();
      const entry = due.get(signal.roomId);
      if (entry) entry.writtenAt = at;
      else due.set(signal.roomId, { lookAt: at + afterMs, writtenAt: at });
    },

    /** Looks at what is due. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME; what was not looked at is by the next call */
    async tick(): Promise<void> {
      const at = now();
      if (at >= lookAt) {
        lookAt = at + LOOK_MS;
        for (const teller of tellers) {
          await teller.sweep?.();
          await lookAtAll(teller);
        }
      }
      const ready = [...due].filter(([, entry]) => entry.lookAt <= at);
      if (ready.length === 0) return;
      const roomIds = ready.map(([roomId]) => roomId);
      for (const teller of tellers) await take(teller, roomIds);
      for (const [roomId, entry] of ready) {
        // What came while the first one grew old grows old in its turn.
        if (entry.writtenAt + afterMs > at) entry.lookAt = entry.writtenAt + afterMs;
        else due.delete(roomId);
      }
    },
  };
}
