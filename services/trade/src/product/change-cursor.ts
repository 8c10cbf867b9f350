import type { NumberedChange } from './ports/change-store.ts';

/** A change and the number that a listener may resume after once it has seen it. */
export interface SafeChange extends NumberedChange {
  /** Every change up to this number has been handed out, or does not exist. Never more than `seq`. */
  readonly safe: number;
}

export interface ChangeCursorOptions {
  /** Numbers that are known when reading begins, ascending; what is absent between them may still come. */
  known: readonly number[];
  /** Milliseconds, of any origin, that never go back; as all times here. */
  now: number;
  /** Milliseconds until a number that did not come belongs to a transaction that was undone. */
  gapMs: number;
}

/** More absent numbers than this at once are no transactions under way, but a sequence that was set forward. */
const MOST_GAPS = 1_000;

/**
 * Reads a sequence whose numbers are given before commit, so that 7 may be visible while 6 is not yet. Reading on after
 * the greatest number would lose 6; this remembers what is absent and asks for it again, until it comes or `gapMs` have
 * passed. Does no I/O.
 */
export function createChangeCursor({ known, now, gapMs }: ChangeCursorOptions) {
  let last = known[0] === undefined ? 0 : known[0] - 1;
  /** Absent number → when it was missed first. */
  const gaps = new Map<number, number>();
  for (const seq of known) pass(seq, now);

  function pass(seq: number, at: number): void {
    for (let absent = Math.max(last + 1, seq - MOST_GAPS); absent < seq; absent++) gaps.set(absent, at);
    last = seq;
  }

  return {
    /** What to read next. */
    wanted(at: number): { after: number; also: number[] } {
      for (const [seq, since] of gaps) if (at - since >= gapMs) gaps.delete(seq);
      return { after: last, also: [...gaps.keys()] };
    },

    /** Takes what was read, ascending, and returns what is new of it in that order. */
    accept(read: readonly NumberedChange[], at: number): SafeChange[] {
      const fresh = read.filter(({ seq }) => seq > last || gaps.delete(seq));
      for (const { seq } of fresh) if (seq > last) pass(seq, at);
      const lowestGap = Math.min(...gaps.keys());
      return fresh.map((change) => ({ ...change, safe: Math.min(change.seq, lowestGap - 1) }));
    },

    /** Everything up to this number has been handed out. */
    safe: () => Math.min(last, Math.min(...gaps.keys()) - 1),
  };
}
export type ChangeCursor = ReturnType<typeof createChangeCursor>;
