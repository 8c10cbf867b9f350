import type { StoredMessage } from '../room/ports/stored-message.ts';

/** A message of people's as it is in memory. */
export type Known = Exclude<StoredMessage, { kind: 'SYSTEM' }>;

/** Of an edit or a deletion, what becomes of a message beside its text. */
export interface Rewriting {
  readonly content: string;
  readonly mentions: readonly string[];
  readonly mentionsAll: boolean;
  readonly masked: boolean;
}

/** What `message_json` would say of a message after an edit (`edit`) or a deletion (null), from what it was before. */
export function afterChange(
  known: Known,
  { createdAt: at, seq: version }: Pick<StoredMessage, 'createdAt' | 'seq'>,
  edit: Rewriting | null,
): StoredMessage {
  const { roomId, seq, messageId, kind, sender, replyTo, clientMessageId, createdAt, chatNo } = known;
  const place = { roomId, seq, messageId, kind, sender };
  if (!edit) {
    return { ...place, content: '', replyTo, clientMessageId, createdAt, deletedAt: at, version, chatNo };
  }
  const { signalType, reactions, attachments } = known;
  return {
    ...{ ...place, content: edit.content, replyTo, clientMessageId },
    ...(signalType === undefined ? {} : { signalType }),
    createdAt,
    ...(edit.mentions.length > 0 ? { mentions: [...edit.mentions] } : {}),
    ...(edit.mentionsAll ? { mentionsAll: true } : {}),
    ...(edit.masked ? { masked: true } : {}),
    editedAt: at,
    ...(reactions ? { reactions } : {}),
    ...(attachments ? { attachments } : {}),
    ...{ version, chatNo },
  };
}
