import type { Feed } from './ports/feed.ts';

/** One feed for all who hear of what was committed; each is told in this order. */
export function createFeed(all: readonly Feed[]): Feed {
  return {
    committed(messages) {
      for (const each of all) each.committed(messages);
    },
    read(roomId, userId, seq, chatNo) {
      for (const each of all) each.read(roomId, userId, seq, chatNo);
    },
    removed(roomId) {
      for (const each of all) each.removed(roomId);
    },
  };
}
