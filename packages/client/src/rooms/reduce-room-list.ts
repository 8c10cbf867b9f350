import type { RoomsStreamData } from '@gongu/shared';
import type { ListedRoom, RoomListSnapshot } from './room-list.ts';

/** What the stream of all rooms tells of them. */
export type RoomListEvent =
  | ({ readonly type: 'rooms' } & RoomsStreamData<'rooms'>)
  | ({ readonly type: 'head' } & RoomsStreamData<'head'>)
  | ({ readonly type: 'room.changed' } & RoomsStreamData<'room.changed'>)
  | ({ readonly type: 'room.joined' } & RoomsStreamData<'room.joined'>)
  | ({ readonly type: 'room.left' } & RoomsStreamData<'room.left'>);

/** The list after an event. An event that it does not know changes nothing, and a change leaves the other rooms as they are. */
export function reduceRoomList(list: RoomListSnapshot, event: RoomListEvent): RoomListSnapshot {
  switch (event.type) {
    case 'rooms':
      return { status: 'live', rooms: event.rooms.map(listed), hasMore: event.hasMore, error: null };
    case 'head': {
      const { seq, unread, unreadMentions } = event;
      return changed(list, event.roomId, { seq, unread, unreadMentions });
    }
    case 'room.changed': {
      const { title, status, reason } = event;
      return changed(list, event.roomId, { title, status, reason });
    }
    case 'room.joined':
      return { ...list, rooms: [listed(event), ...without(list, event.roomId)] };
    case 'room.left':
      return { ...list, rooms: without(list, event.roomId) };
    default:
      return list;
  }
}

function changed(list: RoomListSnapshot, roomId: string, part: Partial<ListedRoom>): RoomListSnapshot {
  return { ...list, rooms: list.rooms.map((room) => (room.roomId === roomId ? { ...room, ...part } : room)) };
}

function without({ rooms }: RoomListSnapshot, roomId: string): ListedRoom[] {
  return rooms.filter((room) => room.roomId !== roomId);
}

function listed({ roomId, title, status, reason, seq, unread, unreadMentions }: ListedRoom): ListedRoom {
  return { roomId, title, status, reason, seq, unread, unreadMentions };
}
