import type { Room, RoomSnapshot } from '@gongu/client';
import { useMemo, useRef, useSyncExternalStore } from 'react';
import { useChatClient } from './chat-context.ts';
import { isSame } from './is-same.ts';

/** A room: what it shows, and what can be done in it. The functions stay the same as long as the room does. */
export interface ChatRoomHandle extends RoomSnapshot, Omit<Room, 'subscribe' | 'getSnapshot' | 'typing'> {
  /** Call with true on every key, with false when the field is left empty. */
  readonly setTyping: Room['typing'];
}

/**
 * A room, heard as long as a component that uses it is mounted (and 3 s longer, so that a second mount costs nothing). Any
 * number of components may use the same room. Who is a member is there as one; anybody else looks on, takes no place and is
 * told to nobody (`you` is null), and joins with the first message that he sends.
 *
 * `select` takes what the component needs; it is rendered when that has changed, or, where it is an object, one of its
 * fields: `useChatRoom(id, ({ unread, status }) => ({ unread, status }))`. Without it, every change of the room renders.
 */
export function useChatRoom(roomId: string): ChatRoomHandle;
export function useChatRoom<T>(roomId: string, select: (room: ChatRoomHandle) => T): T;
export function useChatRoom<T>(roomId: string, select?: (room: ChatRoomHandle) => T): T | ChatRoomHandle {
  const client = useChatClient();
  const { subscribe, getHandle } = useMemo(() => {
    const { subscribe, getSnapshot, typing, ...rest } = client.room(roomId, { watch: true });
    const actions = { ...rest, setTyping: typing };
    let snapshot: RoomSnapshot | null = null;
    let handle: ChatRoomHandle | null = null;
    return {
      subscribe,
      /** The same object until something in the room changes. */
      getHandle(): ChatRoomHandle {
        const present = getSnapshot();
        if (handle === null || present !== snapshot) handle = { ...present, ...actions };
        snapshot = present;
        return handle;
      },
    };
  }, [client, roomId]);

  const selected = useRef<{ readonly value: T } | null>(null);
  function getSelected(): T | ChatRoomHandle {
    const handle = getHandle();
    if (!select) return handle;
    const value = select(handle);
    if (selected.current === null || !isSame(selected.current.value, value)) selected.current = { value };
    return selected.current.value;
  }
  return useSyncExternalStore(subscribe, getSelected, getSelected);
}
