import type { ChatMessage, Message, Participant, PublicUser, Reaction, Room, SystemEvent } from '@gongu/shared';

/** Somebody who is writing. */
export interface Typist {
  readonly user: PublicUser;
  /** Epoch milliseconds at which this ends unless it is renewed. */
  readonly untilMs: number;
}

/** How one's part in a room ended: by oneself, by a removal, or, where one only looked, with the room. */
export type Gone = 'left' | 'removed' | 'ended';

/** The reactions to a message as of a version. They hold for a copy that has all that was changed before. */
export interface Reacted {
  readonly version: number;
  readonly reactions: readonly Reaction[];
}

/** A row that says that somebody was erased. */
export type ErasedRow = Message & { readonly data: Extract<SystemEvent, { event: 'messages.erased' }> };

/** A room as far as it is known here. Only `reduceRoom` makes new ones; nothing in it is ever changed in place. */
export interface RoomState {
  readonly roomId: string;
  /** Whose view this is. */
  readonly me: string;
  readonly room: Room | null;
  /** The own membership; null before the first answer, while one only looks, and after its end. */
  readonly you: Participant | null;
  /** Known participants in order of joining; of a large room, not all. */
  readonly participants: readonly Participant[];
  /** Ids of users who went lately: a page of participants of before may still be on its way. */
  readonly left: readonly string[];
  /** One is muted; `until` null: until that is taken away. The time may have passed. */
  readonly muted: { readonly until: string | null } | null;
  readonly gone: Gone | null;
  /** Of `removed`: why, as the row says it; null where somebody did it. */
  readonly goneReason: string | null;
  /** Own read mark: the farther of what the server knows and what was read here since. */
  readonly readSeq: number;
  /** CHAT and NOTIFICATION messages after the read mark. */
  readonly unread: number;
  /** Of these, messages that are not deleted and mention one, or all. */
  readonly unreadMentions: number;
  /** The room's, as the server named it; null before the first answer, and of servers of the first version. */
  readonly epoch: string | null;
  /** Every message up to here has taken effect; -1 before the first answer. */
  readonly appliedSeq: number;
  /** The newest `seq` heard of. */
  readonly headSeq: number;
  /** Messages beyond a gap, ascending; they take effect when it is closed. */
  readonly held: readonly Message[];
  /** Messages that were changed lately, as they are: an older copy of one may still be on its way. */
  readonly changed: readonly ChatMessage[];
  /** Reactions that took effect lately, by the `seq` of their message, for the same reason. */
  readonly reacted: ReadonlyMap<number, Reacted>;
  /** Who was erased lately, for the same reason. */
  readonly erased: readonly ErasedRow[];
  /** By the `seq` of a message, the own reactions to it, where it does not name all who reacted. Ask `hasReacted`. */
  readonly ownReactions: Readonly<Record<string, readonly string[]>>;
  /** A part of the room's messages, ascending and without a gap. */
  readonly messages: readonly Message[];
  /** Whether `messages` reaches to `appliedSeq`, or beyond, so that new ones join it. */
  readonly atTail: boolean;
  readonly hasOlder: boolean;
  /** The newest notice that is known and not deleted, among `messages` or not. */
  readonly notice: ChatMessage | null;
  /** What is pinned in the room, newest first, as far as it is known. */
  readonly pinned: readonly ChatMessage[];
  /** Messages that were looked up by themselves, because others answer them. */
  readonly quoted: readonly Message[];
  readonly typists: readonly Typist[];
}

export function emptyRoom(roomId: string, me: string): RoomState {
  return {
    roomId,
    me,
    room: null,
    you: null,
    participants: [],
    left: [],
    muted: null,
    gone: null,
    goneReason: null,
    readSeq: 0,
    unread: 0,
    unreadMentions: 0,
    epoch: null,
    appliedSeq: -1,
    headSeq: 0,
    held: [],
    changed: [],
    reacted: new Map(),
    erased: [],
    ownReactions: {},
    messages: [],
    atTail: true,
    hasOlder: false,
    notice: null,
    pinned: [],
    quoted: [],
    typists: [],
  };
}

/**
 * Unread messages counted exactly, those that `counts` says; null where the messages at hand do not reach back to the read
 * mark.
 */
export function countUnread(
  { messages, atTail, hasOlder, readSeq, appliedSeq }: RoomState,
  counts: (message: Message) => boolean = ({ kind }) => kind !== 'SYSTEM',
): number | null {
  if (readSeq >= appliedSeq) return 0;
  const first = messages[0];
  if (!atTail || !first || (first.seq > readSeq + 1 && hasOlder)) return null;
  let count = 0;
  for (let i = messages.length - 1; i >= 0 && messages[i]!.seq > readSeq; i--) {
    if (messages[i]!.seq <= appliedSeq && counts(messages[i]!)) count++;
  }
  return count;
}

/** Whether one has reacted to a message by that emoji oneself. */
export function hasReacted(
  { me, ownReactions }: Pick<RoomState, 'me' | 'ownReactions'>,
  { seq, reactions = [] }: ChatMessage,
  emoji: string,
): boolean {
  const found = reactions.find((reaction) => reaction.emoji === emoji);
  if (!found) return false;
  const isNamed = found.users.some(({ userId }) => userId === me);
  return isNamed || (found.count > found.users.length && (ownReactions[seq]?.includes(emoji) ?? false));
}
