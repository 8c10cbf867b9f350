import type { ChatMessage, Message, Participant, PublicUser, Room } from '@gongu/shared';
import type { ChatError } from '../chat-error.ts';
import type { Outgoing, OutgoingChange } from '../outbox/outgoing.ts';
import { emptyRoom, type Gone, type RoomState } from './room-state.ts';

/**
 * `idle`: nobody listens. `joining`: no answer yet. `live`. `stale`: what is here was true until the connection was lost.
 * `refused`: see `error`; `rejoin()` asks again. `gone`: the membership ended, or one may look no longer, see `gone`; or the
 * room was removed.
 */
export type RoomStatus = 'idle' | 'joining' | 'live' | 'stale' | 'refused' | 'gone';

/** A room to look at. A new object with every change; parts that did not change stay the same objects. */
export interface RoomSnapshot {
  readonly roomId: string;
  readonly status: RoomStatus;
  readonly error: ChatError | null;
  /** Epoch milliseconds before which the server wants no other try, where it said so: then it is tried again. */
  readonly retryAtMs: number | null;
  /** How the own membership ended; `ended`: one only looked, and the room was closed or cancelled. Null: nothing ended. */
  readonly gone: Gone | null;
  /** One may say nothing here, until that time or (null) until it is taken away. The time may have passed. */
  readonly muted: { readonly until: string | null } | null;
  /** Epoch milliseconds before which one may not send again, as the room is in slow mode: `send` refuses. Null: now. */
  readonly slowUntilMs: number | null;
  /** Why one was removed: `GAVE_WAY`, `CAP_LOWERED`, `NOT_A_BUYER`, `BANNED`; null where the host or the service did it. */
  readonly goneReason: string | null;
  readonly room: Room | null;
  /** The own membership. Null in a room that is there: one only looks; what is sent makes one a member. */
  readonly you: Participant | null;
  /** In order of joining. Of a room with more than 100, call `loadParticipants` for the rest. */
  readonly participants: readonly Participant[];
  /** Ascending by `seq`, without a gap; with the changes that are on their way as if they were done. */
  readonly messages: readonly Message[];
  /** Own messages that are not among them yet, in the order in which they were written. */
  readonly outgoing: readonly Outgoing[];
  /** Own changes that are not seen in the room yet, and those that were refused, in the order in which they were asked. */
  readonly changing: readonly OutgoingChange[];
  /**
   * The newest notice of the room that is not deleted, as it is now, also where it is older than `messages`. Null: there is
   * none, or it is not known yet.
   */
  readonly notice: ChatMessage | null;
  /** What is pinned in the room, newest first, as it is now, also where it is older than `messages`. */
  readonly pinned: readonly ChatMessage[];
  /** Messages that were asked for by `lookUp`, as they are now, in no order. */
  readonly quoted: readonly Message[];
  /** Whose view this is; empty before that is known. */
  readonly me: string;
  /** By the `seq` of a message, the own reactions to it, where it does not name all who reacted. Ask `hasReacted`. */
  readonly ownReactions: Readonly<Record<string, readonly string[]>>;
  /** Who is writing, apart from oneself. */
  readonly typing: readonly PublicUser[];
  /** Own read mark: the `seq` up to which messages count as read. */
  readonly readSeq: number;
  /** CHAT and NOTIFICATION messages after it. */
  readonly unread: number;
  /** Of these, messages that are not deleted and mention one, or all. */
  readonly unreadMentions: number;
  /** Newest `seq` that has taken effect here; 0 before the first answer. */
  readonly lastSeq: number;
  readonly hasOlder: boolean;
  /** After `jumpTo`: `messages` does not reach to the newest. */
  readonly hasNewer: boolean;
  readonly isLoadingOlder: boolean;
  readonly isLoadingNewer: boolean;
}

/** What a snapshot is made of. */
export interface RoomParts {
  readonly state: RoomState;
  readonly status: RoomStatus;
  readonly error: ChatError | null;
  readonly retryAtMs: number | null;
  readonly slowUntilMs: number | null;
  readonly outgoing: readonly Outgoing[];
  readonly changing: readonly OutgoingChange[];
  readonly typing: readonly PublicUser[];
  readonly isLoadingOlder: boolean;
  readonly isLoadingNewer: boolean;
}

export function roomSnapshot({ state, ...parts }: RoomParts): RoomSnapshot {
  const { appliedSeq, headSeq, held, changed, reacted, atTail, typists, ...shown } = state;
  return { ...shown, ...parts, lastSeq: Math.max(0, appliedSeq), hasNewer: !atTail };
}

/** What is known of a room to which nobody listens. */
export function idleRoom(roomId: string): RoomSnapshot {
  const parts = {
    error: null,
    retryAtMs: null,
    slowUntilMs: null,
    outgoing: [],
    changing: [],
    typing: [],
    isLoadingOlder: false,
    isLoadingNewer: false,
  };
  return roomSnapshot({ state: emptyRoom(roomId, ''), status: 'idle', ...parts });
}
