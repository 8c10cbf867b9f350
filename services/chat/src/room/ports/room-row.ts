import type { RoomStatus } from '@gongu/shared';

/** A room as stored: what lasts. Times are ISO 8601 UTC with milliseconds. */
export interface RoomRow {
  readonly roomId: string;
  readonly productId: string | null;
  readonly title: string;
  readonly status: RoomStatus;
  readonly reason: string | null;
  readonly hostId: string | null;
  readonly maxParticipants: number;
  readonly minParticipants: number | null;
  readonly participantCount: number;
  readonly committedCount: number;
  readonly lastSeq: number;
  readonly lastChatNo: number;
  /** What was before it was removed for its age; beyond `lastSeq`: all was. */
  readonly firstSeq: number;
  /** `chatNo` of the newest message that was removed so. */
  readonly goneChatNo: number;
  /** Newest first. */
  readonly pinnedMessageIds: readonly string[];
  /** What was made before another one is not of this room. */
  readonly epoch: string;
  /** The newest message that ever mentioned somebody; 0: none did. */
  readonly lastMentionSeq: number;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly closedAt: string | null;
  readonly slowModeSeconds: number;
}
