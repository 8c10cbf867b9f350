import type { FinalRoom, History } from './evidence.ts';
import { systemEventOf } from './system-event.ts';
import type { Violation, ViolationKind } from './violation.ts';

/**
 * Mentions: a message names those whom its sender named, as far as they were members then; and everybody is told as many
 * unread ones as there are after his mark, in messages that are still there.
 *
 * @param histories those of the room
 */
export function checkMentions(histories: readonly History[], room: FinalRoom): readonly Violation[] {
  const { roomId, messages } = room;
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, seq: number, text: string) =>
    violations.push({ kind, roomId, client: null, seqs: [seq], text: `${roomId}: ${seq} ${text}` });

  const named = new Map<string, readonly string[]>();
  for (const { userId, entries } of histories) {
    for (const entry of entries) {
      if (entry.kind === 'said' && entry.mentions) named.set(`${userId}\n${entry.id}`, entry.mentions);
    }
  }
  const members = new Set<string>();
  for (const message of messages) {
    const { seq, kind, sender, clientMessageId, mentions = [], isDeleted = false } = message;
    if (kind === 'SYSTEM') {
      const data = systemEventOf(message);
      if (data?.event === 'participant.joined') members.add(data.participant.userId);
      if (data?.event === 'participant.left' || data?.event === 'participant.removed') {
        members.delete(data.participant.userId);
      }
      if (data?.event === 'room.opened' && data.participant) members.add(data.participant.userId);
      continue;
    }
    const wanted = isDeleted ? [] : (named.get(`${sender}\n${clientMessageId}`) ?? []).filter((id) => members.has(id));
    const missing = wanted.filter((id) => !mentions.includes(id));
    const others = mentions.filter((id) => !wanted.includes(id));
    if (missing.length > 0) report('lost', seq, `does not mention ${missing}`);
    if (others.length > 0) report('invented', seq, `mentions ${others}`);
  }
  for (const { userId, lastReadSeq, unreadMentions } of room.members) {
    if (unreadMentions === undefined || lastReadSeq === undefined) continue;
    const unread = messages.filter(({ seq, mentions }) => seq > lastReadSeq && mentions?.includes(userId));
    if (unread.length === unreadMentions) continue;
    report('diverged', lastReadSeq, `is read by ${userId}, who is told ${unreadMentions} mentions of ${unread.length}`);
  }
  return violations;
}
