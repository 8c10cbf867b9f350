import type { Room, RoomSnapshot } from '@gongu/client';
import { useMemo, useSyncExternalStore } from 'react';
import { useChatClient } from './chat-context.ts';

/** A room: what it shows, and what can be done in it. The functions stay the same as long as the room does. */
export interface ChatRoomHandle extends RoomSnapshot, Omit<Room, 'subscribe' | 'getSnapshot' | 'typing'> {
  /** Call with true on every key, with false when the field is left empty. */
  readonly setTyping: Room['typing'];
}

/**
 * A room, joined as long as a component that uses it is mounted (and 3 s longer, so that a second mount costs nothing). Any
 * number of components may use the same room.
 */
export function useChatRoom(roomId: string): ChatRoomHandle {
  const client = useChatClient();
  const { room, actions } = useMemo(() => {
    const { subscribe, getSnapshot, typing, ...rest } = client.room(roomId);
    return { room: { subscribe, getSnapshot }, actions: { ...rest, setTyping: typing } };
  }, [client, roomId]);
  const snapshot = useSyncExternalStore(room.subscribe, room.getSnapshot, room.getSnapshot);
  return useMemo(() => ({ ...snapshot, ...actions }), [snapshot, actions]);
}
