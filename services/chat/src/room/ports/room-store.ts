import type { RoomStatus } from '@gongu/shared';
import type { MemberRow } from './member-row.ts';
import type { Failure, Refusal, RoomChange } from './outcome.ts';
import type { RoomRow } from './room-row.ts';
import type { StoredMessage } from './stored-message.ts';

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
  /** Rooms that were CLOSED and have still guests to lose; at most `limit`. */
  clearing(limit: number): Promise<readonly string[]>;
  /** Removes the next `portion` of them from such a room. 'changed' as long as there may be more. */
  clearGuests(roomId: string, portion: number): Promise<RoomChange<'changed' | 'same'> | Refusal<'NOT_FOUND'>>;
  /** ACTIVE rooms whose cap is being lowered, with guests still to go; at most `limit`. */
  lowering(limit: number): Promise<readonly string[]>;
  /**
   * Goes on with it: of the listed, those guests go who are beyond the wanted cap, in the order of the list, and the cap
   * follows. `anonymous`: beyond the share of guests without an account, and such guests only. 'changed': more are to go,
   * `beyond` of them for the share; 'lowered': that was all.
   */
  lowerPortion(
    roomId: string,
    guests: readonly string[],
    anonymous: boolean,
  ): Promise<
    (RoomChange<'changed' | 'lowered'> & { readonly beyond: number }) | RoomChange<'same'> | Refusal<'NOT_FOUND'>
  >;
  /** Guests of a room, newest first, before the given position. */
  guests(
    roomId: string,
    page: { readonly limit: number; readonly beforeSeq: number | null },
  ): Promise<readonly GuestRow[]>;
  /**
   * 'PLACE_NEEDED': guests have to go, and it was not said who is online; the same call again says it. Of the guests beyond
   * a lower cap `portion` go at most (250 where it is not given); then the room is `lowering`.
   */
  patch(
    roomId: string,
    patch: {
      readonly title?: string | undefined;
      readonly maxParticipants?: number | undefined;
      /** null takes the minimum away. */
      readonly minParticipants?: number | null | undefined;
      readonly expiresAt?: string | undefined;
      readonly slowModeSeconds?: number | undefined;
      /** Who asks; null or absent: the service. */
      readonly byUserId?: string | null;
    },
    /** Users who are online in the room; null: not asked yet. */
    online: readonly string[] | null,
    portion?: number,
  ): Promise<
    | RoomChange<'changed' | 'same'>
    | Refusal<
        | 'NOT_FOUND'
        | 'ROOM_READ_ONLY'
        | 'ROOM_NOT_ACTIVE'
        | 'BELOW_BUYERS'
        | 'MIN_ABOVE_MAX'
        | 'IS_LOBBY'
        | 'PLACE_NEEDED'
      >
  >;
  /**
   * Ends ACTIVE rooms past their deadline, by the database's clock; at most `limit`, and some hundred rows. One winner among
   * instances. As with `setStatus`, a room of many guests is then `clearing`.
   */
  expire(limit: number): Promise<readonly RoomChange<'changed'>[]>;
  /** Removes the room with all it holds. */
  remove(roomId: string): Promise<boolean>;
  /** Gives all rooms another epoch, after a backup was restored; how many they are. `byUserId` null: the service. */
  renewEpochs(byUserId: string | null): Promise<number>;
  /** Where each room that exists begins and ends. */
  heads(roomIds: readonly string[]): Promise<ReadonlyMap<string, RoomHead>>;
  /** Of each of these rooms that exists, what an overview shows. */
  headRows(roomIds: readonly string[]): Promise<readonly RoomHeadRow[]>;
  /** Of each of these users, what an overview shows of his rooms: newest membership first, at most `limit` a user. */
  overviews(userIds: readonly string[], limit: number): Promise<readonly OverviewRow[]>;
  /**
   * All that serving these rooms from memory needs, each of one moment, in order; null for a room that is not there. One that can not be
   * read is a failure of its own.
   */
  load(
    roomIds: readonly string[],
    limits: { members: number; messages: number },
  ): Promise<readonly (RoomSnapshot | Failure | null)[]>;
  /** Rooms of a member, newest membership first. `before` is the last row of the page before. */
  listFor(
    userId: string,
    page: { readonly limit: number; readonly before: RoomListKey | null },
  ): Promise<readonly RoomListRow[]>;
}

/** See `RoomRow`. */
export type RoomHead = Pick<RoomRow, 'firstSeq' | 'lastSeq' | 'goneChatNo' | 'epoch'>;

export interface RoomSnapshot {
  readonly room: RoomRow;
  /** In order of joining; at most the number asked for. */
  readonly members: readonly MemberRow[];
  /** Whether `members` are all. */
  readonly complete: boolean;
  /** The newest messages, ascending and without gaps up to `room.lastSeq`. */
  readonly messages: readonly StoredMessage[];
  /** Whether somebody is, or lately was, muted or banned. */
  readonly restricted: boolean;
  /** Who is muted, and until when; null: until it is taken away. */
  readonly muted: Readonly<Record<string, string | null>>;
}

/** A guest, as far as it decides who gives way. */
export interface GuestRow {
  readonly userId: string;
  readonly anonymous: boolean;
  readonly joinedSeq: number;
}

/** What an overview shows of a room, whoever looks. */
export interface RoomHeadRow {
  readonly roomId: string;
  readonly title: string;
  readonly status: RoomStatus;
  readonly reason: string | null;
  readonly lastSeq: number;
  readonly lastChatNo: number;
  readonly epoch: string;
}

/** What an overview shows of a member's room. */
export interface OverviewRow extends RoomHeadRow {
  /** Positions of the messages after his mark that mention him, or all. */
  readonly mentions: readonly number[];
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
  readonly unreadMentions: number;
}
