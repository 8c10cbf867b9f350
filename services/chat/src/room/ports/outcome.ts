import type { RoomRow } from './room-row.ts';
import type { StoredMessage } from './stored-message.ts';

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

/** One of several that came to nothing, or of which nobody knows: `error` says which. */
export interface Failure {
  readonly outcome: 'FAILED';
  readonly error: unknown;
}
