import type { FinalRoom, Mark } from './evidence.ts';
import type { Violation, ViolationKind } from './violation.ts';

/**
 * Reactions and pins: what was acknowledged last is so in the end, on messages that are still there; nothing else is; and
 * each message counts those that it has.
 *
 * @param marks those of the room
 */
export function checkMarks(room: FinalRoom, marks: readonly Mark[]): readonly Violation[] {
  const { roomId, messages, reactions, pinnedMessageIds: pinned } = room;
  if (!reactions || !pinned) return [];
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, seq: number, text: string) =>
    violations.push({ kind, roomId, client: null, seqs: [seq], text: `${roomId}: ${seq} ${text}` });

  const possible = new Map<string, { readonly seq: number; readonly may: Set<boolean> }>();
  for (const { seq, userId, emoji, on, outcome } of marks) {
    const key = keyOf(seq, emoji, userId);
    const { may } = possible.get(key) ?? { may: new Set([false]) };
    // A try that was not answered may be carried out after all that follows it.
    if (outcome === 'unknown') possible.set(key, { seq, may: new Set([...may, true, false]) });
    else possible.set(key, { seq, may: outcome === 'done' && may.size < 2 ? new Set([on]) : may });
  }
  const there = new Map(reactions.map(({ seq, userId, emoji }) => [keyOf(seq, emoji, userId), seq]));
  for (const id of pinned) {
    const seq = Number(id.slice(roomId.length + 1));
    there.set(keyOf(seq, null, ''), seq);
  }
  const gone = new Set(messages.flatMap(({ seq, isDeleted }) => (isDeleted ? [seq] : [])));
  for (const [key, { seq, may }] of possible) {
    if (!gone.has(seq) && !there.has(key) && !may.has(false))
      report('lost', seq, `has not ${key}, as was acknowledged`);
  }
  for (const [key, seq] of there) {
    if (gone.has(seq)) report('diverged', seq, `is deleted and has ${key}`);
    else if (!possible.get(key)?.may.has(true)) report('invented', seq, `has ${key}, for which nobody asked`);
  }
  for (const { seq, reactions: told = [] } of messages) {
    const counted = told.reduce((sum, { count }) => sum + count, 0);
    const listed = reactions.filter((one) => one.seq === seq).length;
    if (counted !== listed) report('diverged', seq, `counts ${counted} reactions of ${listed}`);
  }
  return violations;
}

/** Whoever pins, there is one pin. */
function keyOf(seq: number, emoji: string | null, userId: string): string {
  return emoji === null ? `${seq} pinned` : `${seq} ${emoji} of ${userId}`;
}
