import type { RetentionStore } from './ports/retention-store.ts';

export interface RetentionOptions {
  readonly retention: RetentionStore;
  /** Days for which messages of rooms that have ended are kept; 0: for ever. */
  readonly messageDays: number;
  /** Days after its end for which a room is kept, and acts of moderation; 0: for ever. Default 0. */
  readonly roomDays?: number;
  /** Hears how many messages went. */
  readonly onRemoved: (messages: number) => void;
  /** Hears of a room that went. */
  readonly onRoomRemoved?: (roomId: string) => void;
}

/** Rows that are removed under one lock of their room: some tens of milliseconds. */
const PORTION = 500;
/** Rooms of one look. */
const ROOMS = 100;

/** Removes what is older than is kept. What is held for a legal reason stays. */
export function createRetention(options: RetentionOptions) {
  const { retention, messageDays, roomDays = 0, onRemoved, onRoomRemoved = () => {} } = options;

  async function trim(roomId: string): Promise<number> {
    let gone = 0;
    for (let count = PORTION; count >= PORTION; gone += count) {
      count = await retention.removeMessages(roomId, messageDays, PORTION);
      onRemoved(count);
    }
    return gone;
  }

  return {
    /**
     * Removes all that is due; how many messages of how many rooms. Instances that have such a room in memory read of it with
     * its head.
     * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME; what was left is done by the next call
     */
    async run(): Promise<{ rooms: number; messages: number }> {
      const done = { rooms: 0, messages: 0 };
      if (messageDays === 0) return done;
      for (let rooms: readonly string[], after = ''; ; after = rooms.at(-1)!) {
        rooms = await retention.due(messageDays, after, ROOMS);
        if (rooms.length === 0) return done;
        for (const roomId of rooms) done.messages += await trim(roomId);
        done.rooms += rooms.length;
      }
    },

    /**
     * Removes rooms that ended too long ago, and acts of moderation that are as old and of no room; how many rooms.
     * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME; what was left is done by the next call
     */
    async removeRooms(): Promise<number> {
      let removed = 0;
      if (roomDays === 0) return removed;
      for (let rooms: readonly string[], after = ''; ; after = rooms.at(-1)!) {
        rooms = await retention.dueRooms(roomDays, after, ROOMS);
        if (rooms.length === 0) break;
        for (const roomId of rooms) {
          let outcome: 'more' | 'removed' | 'kept' = 'more';
          while (outcome === 'more') outcome = await retention.retireRoom(roomId, roomDays, PORTION);
          if (outcome === 'kept') continue;
          onRoomRemoved(roomId);
          removed += 1;
        }
      }
      while ((await retention.forgetActs(roomDays, PORTION)) >= PORTION);
      return removed;
    },
  };
}
