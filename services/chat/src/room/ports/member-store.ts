import type { Participant, SystemEventName, User } from '@gongu/shared';
import type { MemberRow } from './member-row.ts';
import type { Failure, MustWait, Refusal, RoomChange } from './outcome.ts';

/**
 * Memberships. The cap counts members other than the host, the share of the cap guests without an account; both hold in
 * the statement that takes a place. 'PLACE_NEEDED': somebody has to give way, and `online`, the users who are online in
 * the room, was null: the same call again says who they are.
 */
export interface MemberStore {
  /** Takes places; one answer a joining, in order. 'BUSY': the room stayed locked by somebody else. */
  join(joinings: readonly Joining[], online?: readonly string[] | null): Promise<readonly JoinOutcome[]>;
  /**
   * Ends a membership; 'absent' when there is none. `pauseS`: seconds for which one who is removed can't join again.
   * `limited`: not when it changed six times within the last minute.
   */
  leave(
    roomId: string,
    userId: string,
    event: Extract<SystemEventName, 'participant.left' | 'participant.removed'>,
    reason: string | null,
    how: { readonly pauseS: number; readonly limited: boolean; readonly byUserId?: string | null },
  ): Promise<RoomChange<'left' | 'absent'> | Refusal<'NOT_FOUND' | 'FORBIDDEN' | 'ROOM_READ_ONLY'> | MustWait>;
  /**
   * Records a purchase or its withdrawal. A buyer always gets in: a guest gives way, and a pause or a ban is
   * over. Who it is about
   * comes along, as he is now or was at last; null for one of whom nothing is known.
   */
  commit(
    roomId: string,
    userId: string,
    committed: boolean,
    nickname: string,
    online: readonly string[] | null,
  ): Promise<
    | (RoomChange<'committed' | 'uncommitted' | 'same'> & { readonly participant: Participant | null })
    | Refusal<'NOT_FOUND' | 'SELLER_CANNOT_BUY' | 'ROOM_READ_ONLY' | 'ROOM_NOT_ACTIVE' | 'ROOM_FULL' | 'PLACE_NEEDED'>
  >;
  /** The members among `userIds`. */
  find(roomId: string, userIds: readonly string[]): Promise<readonly MemberRow[]>;
  /** Whether a user is banned from a room. */
  isBanned(roomId: string, userId: string): Promise<boolean>;
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
  readonly user: Pick<User, 'userId' | 'nickname' | 'tag' | 'anon' | 'visitor'>;
  /** Whether a socket of his is in the room. */
  readonly online: boolean;
}

export type JoinOutcome =
  | RoomChange<'joined' | 'already'>
  | Failure
  | Refusal<'NOT_FOUND' | 'BANNED' | 'ROOM_NOT_ACTIVE' | 'ROOM_FULL' | 'BUSY' | 'PLACE_NEEDED'>
  | MustWait;

export type MarkOutcome = Mark | Failure | Refusal<'BUSY'>;

export interface Mark {
  readonly member: boolean;
  readonly moved: boolean;
  /** The mark as it now stands. */
  readonly seq: number;
  readonly chatNo: number;
}
