import type { Message, MessageKind, RoomStatus, SystemEvent, User } from '@gongu/shared';

/** A message as the service keeps it. */
export type StoredMessage = Message & {
  /** Its place in the room's count of CHAT and NOTIFICATION; never leaves the service. */
  readonly chatNo: number;
  /** What a client of `/room` called it; shown to the clients of that URL only. */
  readonly signalType?: string | undefined;
};

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
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly closedAt: string | null;
}

/** A present member. */
export interface MemberRow {
  readonly userId: string;
  readonly nickname: string;
  readonly tag: string | null;
  readonly host: boolean;
  readonly committed: boolean;
  readonly joinedAt: string;
  readonly joinedSeq: number;
  readonly lastReadSeq: number;
  readonly lastReadChatNo: number;
}

/** What a command did to a room: the room after it, and the rows it added, in order of `seq`. */
export interface RoomChange<Outcome extends string> {
  readonly outcome: Outcome;
  readonly room: RoomRow;
  readonly messages: readonly StoredMessage[];
}

/** An expected refusal, told by its name; the use case makes the error. */
export interface Refusal<Reason extends string> {
  readonly outcome: Reason;
}

/** Payload that opens a room, normalised: equal payloads compare equal. */
export interface Opening {
  readonly roomId: string;
  readonly productId: string | null;
  readonly title: string;
  readonly hostId: string | null;
  readonly hostNickname: string | null;
  readonly maxParticipants: number;
  readonly minParticipants: number | null;
  readonly expiresAt: string | null;
}

/**
 * Rooms. Each writing call is one statement that locks the room's row, so calls on one room happen one after the other
 * and their messages have consecutive `seq`s without gaps.
 */
export interface RoomStore {
  open(opening: Opening): Promise<RoomChange<'created' | 'same' | 'conflict'>>;
  find(roomId: string): Promise<RoomRow | null>;
  setStatus(
    roomId: string,
    status: RoomStatus,
    reason: string | null,
  ): Promise<
    RoomChange<'changed' | 'same'> | (RoomChange<'illegal'> & { readonly provisional: boolean }) | Refusal<'NOT_FOUND'>
  >;
  patch(
    roomId: string,
    patch: {
      readonly title?: string | undefined;
      readonly maxParticipants?: number | undefined;
      /** null takes the minimum away. */
      readonly minParticipants?: number | null | undefined;
      readonly expiresAt?: string | undefined;
    },
  ): Promise<
    | RoomChange<'changed' | 'same'>
    | Refusal<'NOT_FOUND' | 'ROOM_READ_ONLY' | 'ROOM_NOT_ACTIVE' | 'BELOW_BUYERS' | 'MIN_ABOVE_MAX'>
  >;
  /** Ends ACTIVE rooms past their deadline, by the database's clock; at most `limit`. One winner among instances. */
  expire(limit: number): Promise<readonly RoomChange<'changed'>[]>;
  /** Removes the room with all it holds. */
  remove(roomId: string): Promise<boolean>;
  /** Newest `seq` of each room that exists. */
  heads(roomIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Of each of these rooms that exists, what an overview shows. */
  headRows(roomIds: readonly string[]): Promise<readonly RoomHeadRow[]>;
  /** Of each of these users, what an overview shows of his rooms: newest membership first, at most `limit` a user. */
  overviews(userIds: readonly string[], limit: number): Promise<readonly OverviewRow[]>;
  /** All that serving these rooms from memory needs, each of one moment, in order; null for a room that is not there. */
  load(
    roomIds: readonly string[],
    limits: { members: number; messages: number },
  ): Promise<readonly (RoomSnapshot | null)[]>;
  /** Rooms of a member, newest membership first. `before` is the last row of the page before. */
  listFor(
    userId: string,
    page: { readonly limit: number; readonly before: RoomListKey | null },
  ): Promise<readonly RoomListRow[]>;
}

export interface RoomSnapshot {
  readonly room: RoomRow;
  /** In order of joining; at most the number asked for. */
  readonly members: readonly MemberRow[];
  /** Whether `members` are all. */
  readonly complete: boolean;
  /** The newest messages, ascending and without gaps up to `room.lastSeq`. */
  readonly messages: readonly StoredMessage[];
}

/** What an overview shows of a room, whoever looks. */
export interface RoomHeadRow {
  readonly roomId: string;
  readonly title: string;
  readonly status: RoomStatus;
  readonly reason: string | null;
  readonly lastSeq: number;
  readonly lastChatNo: number;
}

/** What an overview shows of a member's room. */
export interface OverviewRow extends RoomHeadRow {
  readonly userId: string;
  readonly lastReadSeq: number;
  readonly lastReadChatNo: number;
}

export interface RoomListKey {
  readonly joinedAt: string;
  readonly roomId: string;
}

export interface RoomListRow {
  readonly room: RoomRow;
  readonly member: MemberRow;
  readonly lastMessage: StoredMessage | null;
}

/** Memberships. The cap counts members other than the host and holds in the statement that takes a place. */
export interface MemberStore {
  /** Takes places; one answer a joining, in order. 'BUSY': the room stayed locked by somebody else. */
  join(joinings: readonly Joining[]): Promise<readonly JoinOutcome[]>;
  /** Ends a membership; 'absent' when there is none. */
  leave(
    roomId: string,
    userId: string,
    event: Extract<SystemEvent, 'participant.left' | 'participant.removed'>,
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
  /** Moves read marks: only forward, never past the newest message. One answer a mark, in order. */
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
  | Refusal<'NOT_FOUND' | 'ROOM_NOT_ACTIVE' | 'ROOM_FULL' | 'BUSY'>;

export interface MarkOutcome {
  readonly member: boolean;
  readonly moved: boolean;
  /** The mark as it now stands. */
  readonly seq: number;
  readonly chatNo: number;
}

/** A message before it has a `seq`. */
export interface Draft {
  readonly roomId: string;
  readonly kind: Extract<MessageKind, 'CHAT' | 'NOTIFICATION'>;
  /** Null: the service itself. */
  readonly sender: Pick<User, 'userId' | 'nickname' | 'tag'> | null;
  /** Never absent: the server makes one where a protocol has none, so that an unknown outcome can be retried. */
  readonly clientMessageId: string;
  readonly content: string;
  /** `seq` of the message that is answered. */
  readonly replyTo: number | null;
  /** Any JSON, for the protocols that carry some. */
  readonly data?: unknown;
  /** See `StoredMessage`. */
  readonly signalType?: string | undefined;
}

/** What became of a draft. 'duplicate': it was stored before, and these are the first one's place and time. */
export type AppendOutcome =
  | {
      readonly outcome: 'stored' | 'duplicate';
      readonly seq: number;
      readonly chatNo: number;
      readonly createdAt: string;
    }
  | Refusal<'NOT_FOUND' | 'NOT_A_MEMBER' | 'ROOM_READ_ONLY' | 'FORBIDDEN' | 'REPLY_UNKNOWN' | 'REFUSED_DATA' | 'BUSY'>;

/** Which messages of a room. */
export interface PageQuery {
  /** Only those below this `seq`; the newest of them. */
  readonly before?: number | null | undefined;
  /** Only those above this `seq`, the oldest of them. Wins over `before`. */
  readonly after?: number | null | undefined;
  /** As many are left out at the end that the page begins with. */
  readonly offset?: number | undefined;
  readonly limit: number;
}

/** Messages. */
export interface MessageStore {
  /**
   * Stores drafts of any rooms in one transaction, in their order. An outcome each; resolved only after the commit.
   * 'BUSY': the room stayed locked by somebody else, nothing was stored. Rejects with AppError UNAVAILABLE when nothing
   * was stored, with INTERNAL when that can't be known.
   */
  append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]>;
  /** Messages after `afterSeq`, ascending, at most `limit`. */
  after(roomId: string, afterSeq: number, limit: number): Promise<readonly StoredMessage[]>;
  /** The newest messages before `beforeSeq` (null: the newest of all), ascending. */
  before(roomId: string, beforeSeq: number | null, limit: number): Promise<readonly StoredMessage[]>;
  /** A page for a reader, ascending; `readerId` null: the service, who needs no membership. All of one moment. */
  page(
    roomId: string,
    readerId: string | null,
    query: PageQuery,
  ): Promise<readonly StoredMessage[] | 'NOT_FOUND' | 'NOT_A_MEMBER'>;
}

/** Where committed messages go: this instance's hub and the other instances, at once. `seq` makes a second copy harmless. */
export interface Feed {
  /** Messages of one or more rooms, ascending within each room. */
  committed(messages: readonly StoredMessage[]): void;
  /** A read mark moved. May be lost. */
  read(roomId: string, userId: string, seq: number, chatNo: number): void;
  /** The room and all in it is gone. */
  removed(roomId: string): void;
}

/** One-time connection tickets. */
export interface TicketStore {
  /** Keeps `user` under the hash of `ticket` for `ttlMs`; the end as ISO time, by the database's clock. */
  issue(ticket: string, user: User, ttlMs: number): Promise<string>;
  /** The user, once; null when the ticket is unknown, used or too old. */
  redeem(ticket: string): Promise<User | null>;
}

/** Tags of anonymous nicknames. */
export interface TagStore {
  /** A tag of 4 digits that this nickname does not have yet; null when it has all of them. */
  claim(nickname: string): Promise<string | null>;
}
