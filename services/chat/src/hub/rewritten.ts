import { type ChatMessage, isChange, type Reaction } from '@gongu/shared';
import { targetOf } from '../room/page-rows.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';

/** The reactions to a message, newer than `version` is. They hold for a copy that has all that was changed before. */
interface Reacted extends Pick<ChatMessage, 'seq' | 'version'> {
  readonly reactions: readonly Reaction[];
}

/** A newer copy of a message, or of the reactions to it. */
export type Newer = ChatMessage | Reacted;

/** Whether it is the whole message, which counts whatever else has come; reactions count in the order of the sequence. */
export function isWhole(newer: Newer): newer is ChatMessage {
  return 'content' in newer;
}

/** What a row of change tells of its message; null for any other. */
export function newerBy(row: StoredMessage): Newer | null {
  if (!isChange(row)) return null;
  const { message, reactions } = row.data;
  return message ?? (reactions ? { seq: targetOf(row), version: row.seq, reactions } : null);
}

/** `row` with a newer copy of a message: of the row itself, or of what it tells of. The same row where that says nothing new. */
export function rewritten(row: StoredMessage, newer: Newer): StoredMessage {
  if (isChange(row)) {
    // First what is about another message, as most of what is held is: each change passes all of it.
    if (targetOf(row) !== newer.seq) return row;
    const { message, reactions, emoji, on, ...data } = row.data;
    if (message && message.version < newer.version) {
      return { ...row, data: { ...row.data, message: merged(message, newer) } } as StoredMessage;
    }
    if (!reactions || row.seq >= newer.version) return row;
    // Nobody needs to know by what somebody reacted to what is gone.
    const by = emoji === undefined || ('deletedAt' in newer && newer.deletedAt) ? {} : { emoji, on };
    return { ...row, data: { ...data, ...by, reactions: newer.reactions ?? [] } } as StoredMessage;
  }
  if (row.kind === 'SYSTEM' || row.seq !== newer.seq || row.version >= newer.version) return row;
  const { chatNo, signalType } = row;
  const isGone = 'deletedAt' in newer && newer.deletedAt;
  return { ...merged(row, newer), chatNo, ...(signalType === undefined || isGone ? {} : { signalType }) };
}

function merged(copy: ChatMessage, newer: Newer): ChatMessage {
  if (isWhole(newer)) return newer;
  const { reactions: _, ...message } = copy;
  const reactions = newer.reactions.length > 0 ? { reactions: [...newer.reactions] } : {};
  return { ...message, ...reactions, version: newer.version };
}

/** Rows that were read at different moments, ascending: each message as the newest of them says it is. */
export function asChanged(rows: readonly StoredMessage[]): readonly StoredMessage[] {
  let newest: Map<number, { whole?: ChatMessage; reacted?: Newer }> | null = null;
  for (const row of rows) {
    const newer = newerBy(row);
    if (!newer) continue;
    newest ??= new Map();
    const known = newest.get(newer.seq) ?? {};
    if (!isWhole(newer)) known.reacted = newer;
    else if (!known.whole || known.whole.version < newer.version) known.whole = newer;
    newest.set(newer.seq, known);
  }
  if (!newest) return rows;
  const changes = newest;
  return rows.map((row) => {
    const { whole, reacted } = changes.get(isChange(row) ? targetOf(row) : row.seq) ?? {};
    const current = whole ? rewritten(row, whole) : row;
    return reacted ? rewritten(current, reacted) : current;
  });
}
