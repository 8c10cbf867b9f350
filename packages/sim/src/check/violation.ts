/**
 * `lost`: acknowledged or received, and not there in the end, or not with everybody. `doubled`: stored or received twice.
 * `reordered`: received after what follows it. `gap`: left out of what a client was told. `changed`: not the same for
 * everybody. `refused-stored`: refused for good, and stored all the same. `unanswered`: no outcome, long after all was
 * healed. `invented`: nobody said it. `no-member`: talk of somebody who is none. `after-cancelled`: anything in a room
 * that was cancelled. `member-after-closed`: somebody new in a room that was closed. `too-soon`: a membership that might
 * not change yet. `cap-exceeded`: more than may be, of all or of guests without an account. `out-of-turn`: somebody gave
 * way before one whose turn it was. `restricted`: talk of somebody who is muted, or a join of one who is banned. `stale`: a text that was changed or deleted long before is still told. `lingers`: a visitor who is gone keeps his place. `diverged`: trade and chat, or a number and what it counts, do not agree. `memory`: more than its
 * bound. `died`: a process ended by itself. `token`: one is in a log.
 */
export const VIOLATION_KINDS = [
  'lost',
  'doubled',
  'reordered',
  'gap',
  'changed',
  'refused-stored',
  'unanswered',
  'invented',
  'no-member',
  'after-cancelled',
  'member-after-closed',
  'too-soon',
  'cap-exceeded',
  'out-of-turn',
  'restricted',
  'lingers',
  'stale',
  'diverged',
  'memory',
  'died',
  'token',
] as const;
export type ViolationKind = (typeof VIOLATION_KINDS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  /** The room, or the product; null where it is about neither. */
  readonly roomId: string | null;
  /** Whose history shows it; null where none does. */
  readonly client: string | null;
  /** What it is about, where it is about messages. */
  readonly seqs: readonly number[];
  /** All of it in one line. */
  readonly text: string;
}
