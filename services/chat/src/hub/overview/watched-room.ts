import type { RoomHeadRow } from '../../room/ports/room-store.ts';
import type { StoredMessage } from '../../room/ports/stored-message.ts';

/** A room that somebody's overview shows: as much as that takes, and nothing of its messages. */
export interface WatchedRoom {
  row: RoomHeadRow;
  /** Users of this instance who look. */
  readonly users: Set<string>;
  /** Something was missed: the store must be asked. */
  doubtful: boolean;
}

/** What a message did to a room's overview. */
export interface Moved {
  readonly changed: boolean;
  /** Who ceased to be a member by it. */
  readonly left: { readonly userId: string; readonly why: 'left' | 'removed' } | null;
}

const UNMOVED: Moved = { changed: false, left: null };

/** Moves a room's overview by a message. One that came before its time, or late, leaves a doubt. */
export function move(room: WatchedRoom, message: StoredMessage): Moved {
  if (message.seq <= room.row.lastSeq) return UNMOVED;
  if (message.seq > room.row.lastSeq + 1) room.doubtful = true;
  room.row = { ...room.row, lastSeq: message.seq, lastChatNo: message.chatNo };
  if (message.kind !== 'SYSTEM') return UNMOVED;
  const { data } = message;
  switch (data.event) {
    case 'participant.left':
      return { changed: false, left: { userId: data.participant.userId, why: 'left' } };
    case 'participant.removed':
      return { changed: false, left: { userId: data.participant.userId, why: 'removed' } };
    case 'room.opened':
    case 'room.closed':
    case 'room.cancelled':
    case 'room.updated': {
      const { title, status, reason } = data.room;
      return { changed: show(room, { ...room.row, title, status, reason }), left: null };
    }
    default:
      return UNMOVED;
  }
}

/** Takes a row of the store; whether what is shown of the room, beside its numbers, became another. */
export function take(room: WatchedRoom, row: RoomHeadRow): boolean {
  room.doubtful = false;
  // The read may have begun before what is known already was stored.
  return row.lastSeq >= room.row.lastSeq && show(room, row);
}

function show(room: WatchedRoom, row: RoomHeadRow): boolean {
  const { title, status, reason } = room.row;
  room.row = row;
  return title !== row.title || status !== row.status || reason !== row.reason;
}
