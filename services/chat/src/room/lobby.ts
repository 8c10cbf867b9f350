import type { PublicUser } from '@gongu/shared';
import type { MemberRow } from './ports/member-row.ts';
import type { RoomRow } from './ports/room-row.ts';

/** Whether it is the room without a product: every signed-in user counts as a member of it, and nobody has a row. */
export function isLobby(room: Pick<RoomRow, 'productId'>): boolean {
  return room.productId === null;
}

/** One who is in the lobby, since now: he has read all that is there. */
export function lobbyMember(room: RoomRow, { userId, nickname, tag }: PublicUser, nowMs: number): MemberRow {
  return {
    ...{ userId, nickname, tag, host: false, committed: false },
    joinedAt: new Date(nowMs).toISOString(),
    joinedSeq: 0,
    lastReadSeq: room.lastSeq,
    lastReadChatNo: room.lastChatNo,
  };
}
