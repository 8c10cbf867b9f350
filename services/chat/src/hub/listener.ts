import type { UnwatchReason } from '@gongu/shared';
import type { ChatEvent } from '../room/event.ts';

/** One who listens to rooms, and is told of what it can't be written. */
export interface Listener {
  readonly userId: string;
  /** Listeners with equal keys get equal bytes. */
  key(roomId: string): string;
  /**
   * Events as this listener's bytes; called once per key. Null when its protocol shows none of them. Never throws: what
   * can't be rendered is left out.
   */
  encode(events: readonly ChatEvent[]): Buffer | null;
  /** False when its queue is full: nothing was taken. */
  write(bytes: Buffer): boolean;
  /** Its queue is full: events after `afterSeq` were not queued. */
  onBehind(roomId: string, afterSeq: number): void;
  /**
   * Its user is no longer a member ('left unseen': and it was behind, so it was not sent the message that says so), or the
   * room is gone; nothing more follows.
   */
  onEnded(roomId: string, why: 'left' | 'left unseen' | 'gone'): void;
  /** It looked at the room, and its user has become a member: it goes on as a member's. */
  onEntered(roomId: string): void;
  /** It may not look at the room any longer; nothing more follows. */
  onUnwatched(roomId: string, reason: UnwatchReason): void;
}

/** One who looks and is no member, with an account or without: those without one are told nothing of single people. */
export type Watching = 'user' | 'anonymous';
