import type { Message, PublicUser, SystemEvent } from '@gongu/shared';
import { systemData } from './apply-message.ts';
import type { ErasedRow } from './room-state.ts';

/** Such rows that are remembered: an older copy of what they are about may still be on its way. */
const ERASED_MAX = 20;
/** Fields of `data` that name somebody: a row has one of them. */
const NAMING = ['participant', 'user', 'by'] as const;
type Naming = { [K in (typeof NAMING)[number]]?: PublicUser | null };

/** `known`, and those that came; the same array where none did. */
export function withErased(known: readonly ErasedRow[], arrived: readonly Message[]): readonly ErasedRow[] {
  const rows = arrived.filter(
    (message): message is ErasedRow =>
      systemData(message)?.event === 'messages.erased' && known.every(({ seq }) => seq !== message.seq),
  );
  return rows[0] ? [...known, ...rows].slice(-ERASED_MAX) : known;
}

/** A message without whom they erased: as a deleted one where he sent it. The same object where they say nothing of it. */
export function withoutErased(message: Message, erased: readonly ErasedRow[]): Message {
  const row = erased.find((each) => isErased(message, each));
  if (!row) return message;
  const { roomId, seq, messageId, kind, replyTo, createdAt } = message;
  const { user } = row.data;
  const place = { roomId, seq, messageId, createdAt, version: row.seq, content: '', clientMessageId: null };
  if (kind !== 'SYSTEM') {
    return { ...place, kind, replyTo, sender: user, deletedAt: message.deletedAt ?? row.createdAt };
  }
  // A later row has the message that it wrote out.
  const data: Naming & { message?: unknown } = { ...message.data, message: undefined };
  for (const name of NAMING) if (data[name]) data[name] = { ...data[name], ...user };
  return { ...message, ...place, data: data as SystemEvent };
}

/** The `userId`s that somebody had who was erased, as far as messages at hand tell. */
export function idsOf(messages: readonly Message[], erased: readonly ErasedRow[]): readonly unknown[] {
  return messages.flatMap((message) => {
    const { participant, user, by } = (systemData(message) ?? {}) as Naming;
    const named = message.sender ?? participant ?? user ?? by;
    return named && erased.some((row) => isErased(message, row)) ? named.userId : [];
  });
}

function isErased({ seq, version = seq }: Message, row: ErasedRow): boolean {
  return version < row.seq && row.data.seqs.some(([first, last]) => first <= seq && seq <= last);
}
