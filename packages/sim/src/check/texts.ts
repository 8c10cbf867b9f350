import type { Change } from './evidence.ts';

/** The texts that changed messages of one room have had. */
export interface Texts {
  /** In the order in which they were asked for, the first one first; undefined: nobody asked to change this message. */
  of(seq: number): readonly string[] | undefined;
}

/** @param changes those of one room; of one message in the order in which they were asked for */
export function textsOf(changes: readonly Change[]): Texts {
  const texts = new Map<number, string[]>();
  for (const { seq, before, content } of changes) {
    const known = texts.get(seq) ?? [before];
    texts.set(seq, [...known, content ?? '']);
  }
  return { of: (seq) => texts.get(seq) };
}
