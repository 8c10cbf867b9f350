import type { StoredMessage } from './stored-message.ts';

/** Where committed messages go: this instance's hub and the other instances, at once. `seq` makes a second copy harmless. */
export interface Feed {
  /** Messages of one or more rooms, ascending within each room. */
  committed(messages: readonly StoredMessage[]): void;
  /** A read mark moved. May be lost. */
  read(roomId: string, userId: string, seq: number, chatNo: number): void;
  /** The room and all in it is gone. */
  removed(roomId: string): void;
}
