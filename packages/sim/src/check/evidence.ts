import type { PlaceRules } from './place-rules.ts';

/** A message as every protocol shows it, whatever its shape. Undefined: this protocol does not say. */
export interface Received {
  readonly seq: number;
  readonly kind: string;
  readonly content: string;
  /** `userId`; null for SYSTEM. */
  readonly sender?: string | null;
  readonly clientMessageId?: string | null;
  /** The `seq` of the row that changed it last. */
  readonly version?: number;
  readonly data?: unknown;
}

/** What one client did and was told, in its order. `connection` counts from 1. */
export type Entry = Happening & {
  /** When it was written down: milliseconds of the recording process's clock. */
  readonly atMs?: number;
};

export type Happening =
  | { readonly kind: 'connecting'; readonly connection: number; readonly after: number }
  | { readonly kind: 'joined'; readonly connection: number }
  | { readonly kind: 'received'; readonly connection: number; readonly message: Received }
  /** The server has said that this client is too far behind to get all it missed: it goes on after `seq`. */
  | { readonly kind: 'restarted'; readonly connection: number; readonly seq: number }
  | {
      readonly kind: 'said';
      readonly connection: number;
      readonly id: string;
      readonly content: string;
      /** `userId`s that it names. */
      readonly mentions?: readonly string[];
    }
  /** `seq` is null where the protocol's acknowledgement names none. */
  | { readonly kind: 'acked'; readonly connection: number; readonly id: string; readonly seq: number | null }
  /** For good. `id` is null when it was the join. */
  | { readonly kind: 'refused'; readonly connection: number; readonly id: string | null; readonly code: string }
  /** `code`: of the close, where the protocol has one. */
  | { readonly kind: 'lost'; readonly connection: number; readonly reason: string; readonly code: number | null };

export interface History {
  /** As in "gongu.v1-17". */
  readonly client: string;
  readonly userId: string;
  readonly protocol: string;
  readonly roomId: string;
  readonly entries: readonly Entry[];
  /** `in`: in the room when all was healed, so it must have everything. `away`: did not come back. `gone`: left, or out. */
  readonly end: 'in' | 'away' | 'gone';
  /** Its protocol does not tell rows of change. @default false */
  readonly hidesChanges?: boolean;
  /** What it shows in the end, where it says so; else what its entries come to. */
  readonly shown?: readonly Pick<Received, 'seq' | 'content' | 'version'>[];
}

/** An edit or a deletion that somebody asked for, until there was an answer. Of one message one after the other. */
export interface Change {
  readonly roomId: string;
  readonly seq: number;
  /** Who asked: its sender, or somebody who may delete what others say. */
  readonly userId: string;
  /** The text as it was when it was asked for. */
  readonly before: string;
  /** The new text, which no other message ever has; null: it was deleted. */
  readonly content: string | null;
  /** `unknown`: never answered. Codes: refused for good. */
  readonly outcome: 'done' | 'unknown' | { readonly refused: string };
  /** By the clock of the entries. */
  readonly answeredAtMs: number;
}

/** A reaction or a pin that somebody asked for or took back, until there was an answer. Of one kind one after the other. */
export interface Mark {
  readonly roomId: string;
  readonly seq: number;
  readonly userId: string;
  /** Null: a pin. */
  readonly emoji: string | null;
  readonly on: boolean;
  /** `unknown`: a try was never answered, and may be carried out at any time. Codes: refused for good. */
  readonly outcome: 'done' | 'unknown' | { readonly refused: string };
}

/** A mute or a ban without an end that a host asked for, or that it be taken away, until there was an answer. */
export interface Restriction {
  readonly roomId: string;
  readonly userId: string;
  /** Null: it was to be taken away. */
  readonly restricted: 'MUTE' | 'BAN' | null;
  /** `unknown`: a try was never answered, and may be carried out at any time. Codes: refused for good. */
  readonly outcome: 'done' | 'unknown' | { readonly refused: string };
}

/** A file that somebody showed in a room, in a message of its own. */
export interface SharedFile {
  readonly roomId: string;
  readonly userId: string;
  readonly clientMessageId: string;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly sha256: string;
  /** Of the message; null: never acknowledged. */
  readonly seq: number | null;
  /** What became of the deletion of the message; null: nobody asked. */
  readonly deleted: 'done' | 'unknown' | null;
}

/** A search of a room in the end. */
export interface RoomSearch {
  readonly text: string;
  /** Messages that were found, of all pages. */
  readonly seqs: readonly number[];
}

/** A purchase, as the buyer knows it. */
export interface Purchase {
  readonly productId: string;
  readonly userId: string;
  /** `unknown`: never answered. Codes: refused for good. */
  readonly outcome: 'bought' | 'unknown' | { readonly refused: string };
  /** What became of its withdrawal; null: there was none. */
  readonly withdrawn: 'withdrawn' | 'unknown' | { readonly refused: string } | null;
}

/** A message as `GET …/messages` has it. */
export interface Stored extends Received {
  readonly roomId: string;
  readonly sender: string | null;
  readonly clientMessageId: string | null;
  readonly data?: unknown;
  /** ISO 8601. */
  readonly createdAt?: string;
  /** @default false */
  readonly isDeleted?: boolean;
  /** `userId`s. @default nobody */
  readonly mentions?: readonly string[];
  /** @default none */
  readonly attachmentIds?: readonly string[];
  /** As the message tells them; those of all users are the room's. @default none */
  readonly reactions?: readonly { readonly emoji: string; readonly count: number }[];
}

/** A room in the end, as chat has it. */
export interface FinalRoom {
  readonly roomId: string;
  /** Null: the lobby, which has no members. */
  readonly productId?: string | null;
  readonly status: string;
  readonly reason: string | null;
  readonly title: string;
  readonly maxParticipants: number;
  readonly minParticipants: number | null;
  readonly participantCount: number;
  readonly committedCount: number;
  readonly lastSeq: number;
  readonly expiresAt: string;
  /** All of them, the first one first. */
  readonly messages: readonly Stored[];
  readonly members: readonly {
    readonly userId: string;
    readonly role: string;
    readonly committed: boolean;
    readonly lastReadSeq?: number;
    /** As the list of his rooms says it to him; undefined: he was not asked. */
    readonly unreadMentions?: number;
  }[];
  /** Undefined: not looked at. */
  readonly reactions?: readonly { readonly seq: number; readonly userId: string; readonly emoji: string }[];
  readonly pinnedMessageIds?: readonly string[];
  /** Those without an end. Undefined: not looked at. */
  readonly restrictions?: readonly { readonly userId: string; readonly kind: 'MUTE' | 'BAN' }[];
  readonly searches?: readonly RoomSearch[];
  /** Of messages with a file: the SHA-256 of what its link gives; null: it gives nothing. */
  readonly files?: readonly { readonly seq: number; readonly sha256: string | null }[];
}

/** A product in the end, as trade has it. */
export interface FinalProduct {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly reason: string | null;
  readonly maxParticipants: number;
  readonly minParticipants: number;
  readonly participantCount: number;
  readonly deadline: string;
  readonly buyers: readonly string[];
}

/** Everything that a run has recorded, and what the checker needs to judge it. */
export interface Evidence {
  readonly histories: readonly History[];
  readonly purchases: readonly Purchase[];
  /** Those of one message in the order in which they were asked for. */
  readonly changes?: readonly Change[];
  /** Likewise of one message, user and emoji. */
  readonly marks?: readonly Mark[];
  /** Likewise of one room and user. */
  readonly restrictions?: readonly Restriction[];
  readonly sharedFiles?: readonly SharedFile[];
  /** By `roomId`; a product whose room chat does not have is missing here. */
  readonly rooms: readonly FinalRoom[];
  readonly products: readonly FinalProduct[];
  /** Entries of trade's outbox that were still waiting, or parked, after the healing. */
  readonly outbox: { readonly depth: number; readonly parked: number };
  readonly processes: readonly { readonly name: string; readonly maxRssBytes: number; readonly boundBytes: number }[];
  /** Processes that ended although nobody had ended them. */
  readonly deaths: readonly string[];
  /** Lines of logs in which a token or a secret stands, with the secret taken out. */
  readonly leaks: readonly { readonly log: string; readonly line: string }[];
  /** Settings of the services that decide who may have a place; those that are not given are the defaults. */
  readonly rules?: Partial<PlaceRules>;
  /** Visitors without a token who went for good, longer ago than they may keep a place. */
  readonly goneVisitors?: readonly string[];
}
