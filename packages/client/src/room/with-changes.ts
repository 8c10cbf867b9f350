import type { ChatMessage, Message } from '@gongu/shared';
import type { OutgoingChange } from '../outbox/outgoing.ts';

/**
 * Messages as they will be when all that is on its way has been done; the same array where nothing is. What was refused is not
 * done, and what is deleted stays so whatever comes.
 */
export function withChanges(messages: readonly Message[], changing: readonly OutgoingChange[]): readonly Message[] {
  const last = new Map<number, OutgoingChange>();
  for (const draft of changing) if (draft.status !== 'failed') last.set(draft.change.seq, draft);
  if (last.size === 0) return messages;
  return messages.map((message) => {
    const draft = last.get(message.seq);
    return !draft || message.kind === 'SYSTEM' || message.deletedAt ? message : changed(message, draft);
  });
}

function changed({ data, ...message }: ChatMessage, { change, content, queuedAtMs }: OutgoingChange): ChatMessage {
  const at = new Date(queuedAtMs).toISOString();
  if (change.kind === 'delete') return { ...message, content: '', deletedAt: at };
  return { ...message, ...(data === undefined ? {} : { data }), content, editedAt: at };
}
