import { type ChangeMessage, isChange, LIMITS, type Message } from '@gongu/shared';

/**
 * Of rows, ascending, as many as hold `limit` that are no rows of change, from the end that is kept; with them the rows of
 * change that follow each, a thousand at most.
 */
export function limitRows<M extends Message>(
  rows: readonly M[],
  limit: number,
  keep: 'oldest' | 'newest',
): readonly M[] {
  if (rows.length <= limit) return rows;
  let others = 0;
  let changes = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[keep === 'oldest' ? i : rows.length - 1 - i]!;
    // A row of change that stands before the oldest of the others goes with the page before.
    if (keep === 'newest' && others === limit) return rows.slice(rows.length - i);
    if (isChange(row)) changes++;
    else others++;
    if (others > limit || changes > LIMITS.pageChanges) return keep === 'oldest' ? rows.slice(0, i) : rows.slice(-i);
  }
  return rows;
}

/** Rows that are no rows of change. */
export function countOthers(rows: readonly Message[]): number {
  return rows.reduce((count, row) => (isChange(row) ? count : count + 1), 0);
}

/** The `seq` of the message that a row of change is about. */
export function targetOf({ data: { message, seq } }: ChangeMessage): number {
  return message?.seq ?? seq!;
}

/**
 * The same rows, of which each message that was changed is written out in the newest row of change alone that is about it, and
 * its reactions in the newest that is about these, or in that one.
 */
export function writtenOnce<M extends Message>(rows: readonly M[]): readonly M[] {
  let written: Set<number> | null = null;
  let reacted: Set<number> | null = null;
  let changed: M[] | null = null;
  for (let i = rows.length - 1; i >= 0; i--) {
    const row: Message = rows[i]!;
    if (!isChange(row)) continue;
    const { message, reactions } = row.data;
    // What is pinned says nothing of the message itself.
    if (!message && !reactions) continue;
    const target = targetOf(row);
    written ??= new Set();
    reacted ??= new Set();
    if (written.has(target) || (!message && reacted.has(target))) {
      changed ??= [...rows];
      changed[i] = named(row) as Message as M;
    }
    if (message) written.add(target);
    else reacted.add(target);
  }
  return changed ?? rows;
}

/** A row of change that names its target and does not write it out. */
function named(row: ChangeMessage): ChangeMessage {
  const { message: _, reactions: __, ...data } = row.data;
  return { ...row, data: { ...data, seq: targetOf(row), version: row.seq } };
}

/** The `seq`s of messages of which not all who reacted are named with them. */
export function manyReacted(rows: readonly Message[]): number[] {
  const seqs = new Set<number>();
  for (const row of rows) {
    const told = isChange(row) ? row.data.message : row.kind === 'SYSTEM' ? undefined : row;
    const reactions = isChange(row) ? (row.data.reactions ?? told?.reactions) : told?.reactions;
    if (reactions?.some(({ count, users }) => count > users.length)) seqs.add(isChange(row) ? targetOf(row) : row.seq);
  }
  return [...seqs];
}
