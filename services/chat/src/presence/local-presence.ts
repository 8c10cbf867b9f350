import type { Presence } from '../room/ports/presence.ts';
import { createRoomBook } from './room-book.ts';

/** Presence of the sockets of this process. `openSockets`: how many are connected here. */
export function createLocalPresence({ openSockets }: { openSockets: () => number }): Presence {
  const book = createRoomBook();
  return {
    enter: book.enter,
    leave: book.leave,
    async view(roomId) {
      return {
        count: book.count(roomId),
        has: (userId) => book.has(roomId, userId),
        users: () => book.users(roomId),
      };
    },
    connections: async () => openSockets(),
    async close() {},
  };
}
