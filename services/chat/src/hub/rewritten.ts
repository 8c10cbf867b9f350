import { type ChatMessage, isChange } from '@gongu/shared';
import { targetOf } from '../room/page-rows.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';

/** `row` with a newer copy of a message: of the row itself, or of what it tells of. The same row where that says nothing new. */
export function rewritten(row: StoredMessage, newer: ChatMessage): StoredMessage {
  if (isChange(row)) {
    const { message } = row.data;
    const isOlder = message?.seq === newer.seq && message.version < newer.version;
    return isOlder ? ({ ...row, data: { ...row.data, message: newer } } as StoredMessage) : row;
  }
  if (row.seq !== newer.seq || row.version >= newer.version) return row;
  const { chatNo, signalType } = row;
  return { ...newer, chatNo, ...(signalType === undefined || newer.deletedAt ? {} : { signalType }) };
}

/** Rows that were read at different moments, ascending: each message as the newest of them says it is. */
export function asChanged(rows: readonly StoredMessage[]): readonly StoredMessage[] {
  let newest: Map<number, ChatMessage> | null = null;
  for (const row of rows) {
    const message = isChange(row) ? row.data.message : undefined;
    if (!message) continue;
    newest ??= new Map();
    newest.set(message.seq, message);
  }
  if (!newest) return rows;
  const messages = newest;
  return rows.map((row) => {
    const message = messages.get(isChange(row) ? targetOf(row) : row.seq);
    return message ? rewritten(row, message) : row;
  });
}
