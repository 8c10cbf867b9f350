import type { Signal } from '../room/ports/bus.ts';
import type { SearchIndex } from '../room/ports/search-store.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';

export interface IndexMessagesOptions {
  readonly index: SearchIndex;
  /** Messages of a room that this instance has in memory. */
  readonly known: (roomId: string) => readonly StoredMessage[];
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** New rows of a room that are worth a commit of the index. Fewer, a search reads: a small room is never indexed. */
const LEAST_ROWS = 200;
/** Between two looks at all rooms, for what an instance that is gone has left. */
const LOOK_MS = 300_000;
/** Rooms of one look. */
const LOOK_ROOMS = 1_000;

/**
 * Writes the index of searches behind the messages: an instance that of the rooms to which it has written, and now and then
 * one that of all which are behind.
 */
export function createIndexMessages({ index, known, now }: IndexMessagesOptions) {
  /** Rows since the room was last indexed here. */
  const fresh = new Map<string, number>();
  let lookAt = now();

  return {
    /** Hears what this instance has stored. */
    note(signal: Signal): void {
      if (signal.kind !== 'messages') return;
      fresh.set(signal.roomId, (fresh.get(signal.roomId) ?? 0) + signal.messages.length);
    },

    /** Rooms to which was written here, and which are due. */
    waiting: () => [...fresh.values()].filter((rows) => rows >= LEAST_ROWS).length,

    /** Indexes what is due. @throws AppError UNAVAILABLE; what was left is done by the next call */
    async tick(): Promise<void> {
      if (now() >= lookAt) {
        for (let last: string | undefined = ''; last !== undefined; ) {
          const roomIds: readonly string[] = await index.behind(LEAST_ROWS, LOOK_ROOMS, last);
          for (const roomId of roomIds) fresh.set(roomId, LEAST_ROWS);
          last = roomIds.length === LOOK_ROOMS ? roomIds.at(-1) : undefined;
        }
        lookAt = now() + LOOK_MS;
      }
      for (const [roomId, rows] of [...fresh]) {
        if (rows < LEAST_ROWS) continue;
        while (await index.index(roomId, known(roomId)));
        fresh.delete(roomId);
      }
    },
  };
}
