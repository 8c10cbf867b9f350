import type { RoomStatus } from '@gongu/shared';

/**
 * The states that may follow `status`. An end state is final, except one that expiry gave: trade has the last word, so
 * the other end state may still be set. The same state again is no transition and always allowed.
 */
export function allowedNext(status: RoomStatus, provisional: boolean): RoomStatus[] {
  switch (status) {
    case 'ACTIVE':
      return ['CLOSED', 'CANCELLED'];
    case 'CLOSED':
      return provisional ? ['CANCELLED'] : [];
    case 'CANCELLED':
      return provisional ? ['CLOSED'] : [];
  }
}

/** What an ACTIVE room becomes when its deadline passes: complete when enough have bought, or when no minimum is set. */
export function statusAtDeadline(room: { committedCount: number; minParticipants: number | null }): RoomStatus {
  return room.committedCount >= (room.minParticipants ?? 0) ? 'CLOSED' : 'CANCELLED';
}

/** Whether members may write in a room of this status. */
export function mayTalk(status: RoomStatus): boolean {
  return status !== 'CANCELLED';
}

/** Whether a room of this status takes new members. */
export function mayJoin(status: RoomStatus): boolean {
  return status === 'ACTIVE';
}
