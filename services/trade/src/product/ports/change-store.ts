import type { ProductChange } from '@gongu/shared';

/** A change as it is told to live listeners. `seq` grows with the order of writing, not of commits. */
export interface NumberedChange {
  readonly seq: number;
  readonly change: ProductChange;
}

/** The append-only sequence of changes. */
export interface ChangeStore {
  /** Numbers of the newest `limit` changes, ascending. */
  newest(limit: number): Promise<number[]>;
  /** Changes after `seq`, and those numbered in `also`, ascending. */
  read(seq: number, also: readonly number[], limit: number): Promise<NumberedChange[]>;
  /** Lowest and highest number that is kept; zeros when there is none. */
  range(): Promise<{ lowest: number; highest: number }>;
}
