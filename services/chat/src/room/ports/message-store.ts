import type { Attachment, MessageKind, PublicUser, Reaction, User } from '@gongu/shared';
import type { Failure, Refusal } from './outcome.ts';
import type { StoredMessage } from './stored-message.ts';

/** A message before it has a `seq`. */
export interface Draft {
  readonly roomId: string;
  readonly kind: Extract<MessageKind, 'CHAT' | 'NOTIFICATION'>;
  /** Null: the service itself. */
  readonly sender: Pick<User, 'userId' | 'nickname' | 'tag'> | null;
  /** Its sender may what the host may, in every room. */
  readonly isAdmin?: true;
  /** Never absent: the server makes one where a protocol has none, so that an unknown outcome can be retried. */
  readonly clientMessageId: string;
  readonly content: string;
  /** `seq` of the message that is answered. */
  readonly replyTo: number | null;
  /** Any JSON, for the protocols that carry some. */
  readonly data?: unknown;
  /** Users whom it mentions: those count who are members. */
  readonly mentions?: readonly string[];
  /** It mentions all; for the host, admins and the service, else it is FORBIDDEN. */
  readonly mentionsAll?: boolean;
  /** Something in `content` was masked. */
  readonly masked?: true;
  /** See `StoredMessage`. */
  readonly signalType?: string | undefined;
  /** Its files: ids of its sender's uploads. Never empty. */
  readonly attachments?: readonly string[];
}

/** What became of a draft. 'duplicate': it was stored before, and these are the first one's place and time. */
export type AppendOutcome =
  | {
      readonly outcome: 'stored' | 'duplicate';
      readonly seq: number;
      readonly chatNo: number;
      readonly createdAt: string;
      /** Whom it mentions, of those who were named. */
      readonly mentions?: readonly string[];
      /** Of what was stored with some. */
      readonly attachments?: Attachment[];
    }
  | Failure
  /** The room is in slow mode, and its sender said something less than so long ago. */
  | { readonly outcome: 'SLOW_MODE'; readonly waitMs: number }
  | Refusal<
      | 'NOT_FOUND'
      | 'NOT_A_MEMBER'
      | 'BANNED'
      | 'MUTED'
      | 'ROOM_READ_ONLY'
      | 'FORBIDDEN'
      | 'REPLY_UNKNOWN'
      | 'ATTACHMENT_UNKNOWN'
      | 'REFUSED_DATA'
      | 'BUSY'
    >;

/** An edit or a deletion that somebody asks for. */
export interface Change {
  readonly roomId: string;
  readonly seq: number;
  /** The message as it is in memory, which saves a look at what stands; it may be older than that. */
  readonly known?: StoredMessage | undefined;
  /** Null: the service. */
  readonly by: Pick<User, 'userId' | 'nickname' | 'tag'> | null;
  /** Who asks may what the host may, in every room. */
  readonly isAdmin: boolean;
  /** Null: the message is deleted. */
  readonly edit: {
    readonly content: string;
    /** The version that is edited; null: whichever it is. */
    readonly ifVersion: number | null;
    /** Who is mentioned then; null or absent: who was. */
    readonly mentions?: readonly string[] | null;
    readonly mentionsAll?: boolean | null;
    /** Something in `content` was masked. */
    readonly masked?: boolean;
    /** Seconds after it was sent for which a message can be edited; 0 = never. */
    readonly windowS: number;
  } | null;
}

/** What became of it. 'same': it was so already, and `row`, where there is one, is the row of change that made it so. */
export type ChangeOutcome =
  | {
      readonly outcome: 'changed' | 'same';
      /** As it is now. */
      readonly message: StoredMessage;
      readonly row: StoredMessage | null;
    }
  | Refusal<
      | 'NOT_FOUND'
      | 'MESSAGE_NOT_FOUND'
      | 'NOT_A_MEMBER'
      | 'FORBIDDEN'
      | 'ROOM_READ_ONLY'
      | 'MUTED'
      | 'BANNED'
      | 'MESSAGE_DELETED'
      | 'EMPTY'
      | 'HAS_DATA'
      | 'MENTIONS_ALL'
      | 'PRECONDITION_FAILED'
      | 'EDIT_WINDOW_PASSED'
    >;

/** A member reacts to a message, or takes that back. */
export interface Reacting extends Pick<Change, 'roomId' | 'seq'> {
  readonly by: Pick<User, 'userId' | 'nickname' | 'tag'>;
  readonly emoji: string;
  readonly on: boolean;
}

/** What became of it. 'same': it was so already. 'TOO_MANY': the message has as many kinds as there may be. */
export type ReactOutcome =
  | {
      readonly outcome: 'changed' | 'same';
      /** Those that the message has now, and its version. */
      readonly reactions: readonly Reaction[];
      readonly version: number;
      readonly row: StoredMessage | null;
    }
  | Refusal<
      | 'NOT_FOUND'
      | 'MESSAGE_NOT_FOUND'
      | 'NOT_A_MEMBER'
      | 'FORBIDDEN'
      | 'ROOM_READ_ONLY'
      | 'MUTED'
      | 'BANNED'
      | 'MESSAGE_DELETED'
      | 'TOO_MANY'
    >;

/** Somebody who reacted; `place`: the `seq` of the row that told of it. */
export interface ReactionRow extends PublicUser {
  readonly emoji: string;
  readonly place: number;
}

/** What of some messages of a room is a user's own. */
export interface OwnAsk {
  readonly roomId: string;
  readonly userId: string;
  readonly seqs: readonly number[];
  /** The position after which messages that mention him are asked for; null: they are not. */
  readonly mentionsAfter: number | null;
}

export interface Own {
  /** By `seq`, the emojis by which he reacted; not those to which he did not. */
  readonly reacted: Readonly<Record<string, string[]>>;
  /** Positions of the messages that mention him, or all, and are not deleted; a thousand at most. */
  readonly mentions: readonly number[];
}

/** Somebody wants a message pinned, or no longer so. */
export interface Pinning extends Pick<Change, 'roomId' | 'seq' | 'by' | 'isAdmin'> {
  readonly on: boolean;
}

/** What became of it. 'same': it was so already. 'TOO_MANY': as many are pinned as may be. */
export type PinOutcome =
  | { readonly outcome: 'changed'; readonly row: StoredMessage }
  | { readonly outcome: 'same'; readonly row: null }
  | Refusal<
      | 'NOT_FOUND'
      | 'MESSAGE_NOT_FOUND'
      | 'NOT_A_MEMBER'
      | 'BANNED'
      | 'FORBIDDEN'
      | 'ROOM_READ_ONLY'
      | 'MESSAGE_DELETED'
      | 'TOO_MANY'
    >;

/**
 * Which messages of a room. `limit` counts those that are no rows of change; of these come as many as stand among them, a
 * thousand at most.
 */
export interface PageQuery {
  /** Only those below this `seq`; the newest of them. */
  readonly before?: number | null | undefined;
  /** Only those above this `seq`, the oldest of them. Wins over `before`. */
  readonly after?: number | null | undefined;
  /** As many of the newest are left out. Only without the other two. */
  readonly offset?: number | undefined;
  readonly limit: number;
}

/** Why nobody is shown anything: no such room, or the reader may not see it. */
export type PageRefusal = 'NOT_FOUND' | 'NOT_A_MEMBER' | 'BANNED';

/** Messages. */
export interface MessageStore {
  /**
   * Stores drafts of any rooms in one transaction, those with files each in one of its own, in their order. An outcome each; resolved only after the commit.
   * 'BUSY': the room stayed locked by somebody else, nothing was stored. 'FAILED', or rejected when all failed alike, with
   * AppError UNAVAILABLE: nothing was stored; with UNKNOWN_OUTCOME: nobody knows; with any other error: nothing was.
   */
  append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]>;
  /**
   * Edits or deletes a message, with one row of change. The same again finds what the first one did.
   * @throws AppError UNAVAILABLE (nothing was stored), UNKNOWN_OUTCOME
   */
  change(change: Change): Promise<ChangeOutcome>;
  /**
   * Reacts to a message, or takes that back, with one row of change. The same again is none.
   * @throws AppError UNAVAILABLE (nothing was stored), UNKNOWN_OUTCOME
   */
  react(reacting: Reacting): Promise<ReactOutcome>;
  /** Who reacted to a message, in the order in which they did: after a place, at most `limit`; `emoji` null: by any. */
  reactions(
    roomId: string,
    seq: number,
    page: { readonly emoji: string | null; readonly after: number; readonly limit: number },
  ): Promise<readonly ReactionRow[]>;
  /** Whether somebody may do what members may; false where there is no such room. */
  isWithin(roomId: string, userId: string): Promise<boolean>;
  /** One answer an ask, in order. */
  own(asks: readonly OwnAsk[]): Promise<readonly Own[]>;
  /**
   * Pins a message, or takes it away, with one row of change.
   * @throws AppError UNAVAILABLE (nothing was stored), UNKNOWN_OUTCOME
   */
  pin(pinning: Pinning): Promise<PinOutcome>;
  /** Rows after `afterSeq`, ascending, at most `limit`, rows of change as any other. */
  after(roomId: string, afterSeq: number, limit: number): Promise<readonly StoredMessage[]>;
  /** The newest messages before `beforeSeq` (null: the newest of all), ascending; `limit` as in a `PageQuery`. */
  before(roomId: string, beforeSeq: number | null, limit: number): Promise<readonly StoredMessage[]>;
  /**
   * A page for a reader, ascending; `readerId` null: the service or an admin, who need no membership. All of one moment, but for
   * messages outside of it that its rows of change are about: these may be newer.
   */
  page(roomId: string, readerId: string | null, query: PageQuery): Promise<readonly StoredMessage[] | PageRefusal>;
  /**
   * The newest NOTIFICATION without `data` that is not deleted, for a reader as above; null where there is none. An empty `readerId`:
   * somebody unknown.
   */
  newestNotice(roomId: string, readerId: string | null): Promise<StoredMessage | null | PageRefusal>;
}
