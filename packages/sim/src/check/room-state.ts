import type { ViolationKind } from './violation.ts';

/** What counts of a stored message. */
export interface LogRow {
  readonly seq: number;
  readonly kind: string;
  /** `userId`; null for SYSTEM. */
  readonly sender: string | null;
  readonly data?: unknown;
  /** ISO 8601; undefined: what depends on time is not judged. */
  readonly createdAt?: string;
}

/** What of a room's log its rules look at. */
export interface State {
  status: string;
  /** An end that expiry gave: trade may still give the other one, and a purchase that waited still gets in. */
  provisional: boolean;
  max: number;
  host: string | null;
  readonly members: Set<string>;
  readonly buyers: Set<string>;
}

/** Tells what the row that is looked at breaks, in one line. */
export type Report = (kind: ViolationKind, text: string) => void;
