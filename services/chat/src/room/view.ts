import { isChange, type Message, mentionsUser, type Participant, type ParticipantRole, type Room } from '@gongu/shared';
import type { RoomCounts } from './counts.ts';
import type { MemberRow } from './ports/member-row.ts';
import type { PresenceView } from './ports/presence.ts';
import type { RoomRow } from './ports/room-row.ts';

/** A room as the wire shows it. */
export function roomView(room: RoomRow, { online, watchers }: RoomCounts): Room {
  return {
    roomId: room.roomId,
    productId: room.productId,
    title: room.title,
    status: room.status,
    reason: room.reason,
    hostId: room.hostId,
    maxParticipants: room.maxParticipants,
    minParticipants: room.minParticipants,
    participantCount: room.participantCount,
    committedCount: room.committedCount,
    onlineCount: online,
    watcherCount: watchers,
    lastSeq: room.lastSeq,
    pinnedMessageIds: [...room.pinnedMessageIds],
    createdAt: room.createdAt,
    expiresAt: room.expiresAt,
    closedAt: room.closedAt,
    slowModeSeconds: room.slowModeSeconds,
    epoch: room.epoch,
    firstSeq: room.firstSeq,
  };
}

/** BUYER once trade has recorded the purchase. */
function roleOf(member: Pick<MemberRow, 'host' | 'committed'>): ParticipantRole {
  if (member.host) return 'HOST';
  return member.committed ? 'BUYER' : 'GUEST';
}

export function participantView(member: MemberRow, presence: Pick<PresenceView, 'has'>): Participant {
  return {
    userId: member.userId,
    nickname: member.nickname,
    tag: member.tag,
    role: roleOf(member),
    committed: member.committed,
    online: presence.has(member.userId),
    joinedAt: member.joinedAt,
    lastReadSeq: member.lastReadSeq,
  };
}

/** Of messages that mention a user after a position, those that still do, as these rows say, and those among them that do now. */
export function mentionsOf(found: readonly number[], rows: readonly Message[], userId: string, after: number): number {
  const seqs = new Set(found);
  for (const row of rows) {
    const told = isChange(row) ? row.data.message : row.kind === 'SYSTEM' ? undefined : row;
    if (told) seqs[mentionsUser(told, userId) ? 'add' : 'delete'](told.seq);
  }
  return [...seqs].filter((seq) => seq > after).length;
}

/** CHAT and NOTIFICATION messages after the member's read mark: one subtraction, as every row carries a running number. */
export function unreadOf(
  room: Pick<RoomRow, 'lastChatNo' | 'goneChatNo'>,
  member: Pick<MemberRow, 'lastReadChatNo'>,
): number {
  return Math.max(0, room.lastChatNo - Math.max(member.lastReadChatNo, room.goneChatNo));
}
