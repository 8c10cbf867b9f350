import type { RoomRow } from './room-row.ts';
import type { StoredMessage } from './stored-message.ts';

/** What a command did to a room: the room after it, and the rows it added, in order of `seq`. */
export interface RoomChange<Outcome extends string> {
  readonly outcome: Outcome;
  readonly room: RoomRow;
  readonly messages: readonly StoredMessage[];
}

/** Refused for some milliseconds: the membership changed too often, or (`removed`) one was removed and stays out. */
export interface MustWait {
  readonly outcome: 'RATE_LIMITED';
  readonly waitMs: number;
  readonly removed?: boolean;
}

/** One of several that came to nothing, or of which nobody knows: `error` says which. */
export interface Failure {
  readonly outcome: 'FAILED';
  readonly error: unknown;
}

/** An expected refusal, told by its name; the use case makes the error. One type for each name, to be told apart. */
export type Refusal<Reason extends string> = Reason extends string ? { readonly outcome: Reason } : never;
