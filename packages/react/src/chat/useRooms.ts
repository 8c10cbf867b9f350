import type { RoomListSnapshot } from '@gongu/client';
import { useSyncExternalStore } from 'react';
import { useChatClient } from './chat-context.ts';

/**
 * The rooms in which one is, with what is unread in them, as they move: by one stream for all of them, which is open while
 * a component that uses it is mounted and the page is in sight. Joins no room.
 */
export function useRooms(): RoomListSnapshot {
  const { subscribe, getSnapshot } = useChatClient().rooms();
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}
