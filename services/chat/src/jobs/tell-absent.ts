import type { Signal } from '../room/ports/bus.ts';
import type { Absent, PushStore } from '../room/ports/push-store.ts';

export interface TellAbsentOptions {
  readonly pushes: Pick<PushStore, 'takeAbsent' | 'roomsBehind' | 'forget'>;
  /** Seconds for which a message must have been unread. */
  readonly afterS: number;
  /** Whether the newest message's text is told. */
  readonly withText: boolean;
  /** Is handed each device that is to be told. */
  readonly tell: (absent: Absent) => void;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** Between two looks at all rooms, for what an instance that is gone has left. */
const LOOK_MS = 300_000;
/** Rooms of one statement. */
const ROOMS = 200;
/** Devices of one statement. */
const DEVICES = 1_000;
/** Milliseconds later than the database's clock may say that a message is old enough. */
const LATE_MS = 250;

/** Finds members who have not read for a while and want to be told: an instance those of rooms to which it has written. */
export function createTellAbsent({ pushes, afterS, withText, tell, now }: TellAbsentOptions) {
  const afterMs = afterS * 1_000 + LATE_MS;
  /** When a room is to be looked at, and when it was last written to. */
  const due = new Map<string, { lookAt: number; writtenAt: number }>();
  let lookAt = now();

  async function lookAtAll(): Promise<void> {
    for (let last = ''; ; ) {
      const roomIds = await pushes.roomsBehind(last, DEVICES);
      await take(roomIds);
      if (roomIds.length < DEVICES) return;
      last = roomIds.at(-1)!;
    }
  }

  async function take(roomIds: readonly string[]): Promise<void> {
    for (let from = 0; from < roomIds.length; from += ROOMS) {
      const some = roomIds.slice(from, from + ROOMS);
      let found: readonly Absent[];
      do {
        found = await pushes.takeAbsent(some, { afterS, withText, limit: DEVICES });
        for (const absent of found) tell(absent);
      } while (found.length === DEVICES);
    }
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
        for (let gone = DEVICES; gone === DEVICES; ) gone = await pushes.forget(DEVICES);
        await lookAtAll();
      }
      const ready = [...due].filter(([, entry]) => entry.lookAt <= at);
      if (ready.length === 0) return;
      await take(ready.map(([roomId]) => roomId));
      for (const [roomId, entry] of ready) {
        // What came while the first one grew old grows old in its turn.
        if (entry.writtenAt + afterMs > at) entry.lookAt = entry.writtenAt + afterMs;
        else due.delete(roomId);
      }
    },
  };
}
