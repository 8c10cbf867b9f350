import type { SystemEventName, User } from '@gongu/shared';
import type { MemberRow } from './member-row.ts';
import type { Failure, Refusal, RoomChange } from './outcome.ts';

/** Memberships. The cap counts members other than the host and holds in the statement that takes a place. */
export interface MemberStore {
  /** Takes places; one answer a joining, in order. 'BUSY': the room stayed locked by somebody else. */
  join(joinings: readonly Joining[]): Promise<readonly JoinOutcome[]>;
  /** Ends a membership; 'absent' when there is none. */
  leave(
    roomId: string,
    userId: string,
    event: Extract<SystemEventName, 'participant.left' | 'participant.removed'>,
    reason: string | null,
  ): Promise<RoomChange<'left' | 'absent'> | Refusal<'NOT_FOUND' | 'FORBIDDEN' | 'ROOM_READ_ONLY'>>;
  /** Records a purchase or its withdrawal. A buyer always gets in: the newest guest gives way. */
  commit(
    roomId: string,
    userId: string,
    committed: boolean,
    nickname: string,
  ): Promise<
    | RoomChange<'committed' | 'uncommitted' | 'same'>
    | Refusal<'NOT_FOUND' | 'SELLER_CANNOT_BUY' | 'ROOM_READ_ONLY' | 'ROOM_NOT_ACTIVE' | 'ROOM_FULL'>
  >;
  /** The members among `userIds`. */
  find(roomId: string, userIds: readonly string[]): Promise<readonly MemberRow[]>;
  /** Members in order of joining, after the given position. */
  list(
    roomId: string,
    page: { readonly limit: number; readonly afterSeq: number | null },
  ): Promise<readonly MemberRow[]>;
  /** Moves read marks: only forward, never past the newest message. One answer a mark, in order; 'BUSY': stayed locked. */
  markRead(
    marks: readonly { readonly roomId: string; readonly userId: string; readonly seq: number }[],
  ): Promise<readonly MarkOutcome[]>;
}

/** One who wants to become a member. */
export interface Joining {
  readonly roomId: string;
  readonly user: Pick<User, 'userId' | 'nickname' | 'tag'>;
  /** Whether a socket of his is in the room. */
  readonly online: boolean;
}

export type JoinOutcome =
  | RoomChange<'joined' | 'already'>
  | Failure
  | Refusal<'NOT_FOUND' | 'ROOM_NOT_ACTIVE' | 'ROOM_FULL' | 'BUSY'>;

export type MarkOutcome = Mark | Failure | Refusal<'BUSY'>;

export interface Mark {
  readonly member: boolean;
  readonly moved: boolean;
  /** The mark as it now stands. */
  readonly seq: number;
  readonly chatNo: number;
}
