import type { ChatMessage, Message, MessagePage } from '@gongu/shared';
import { systemData } from './apply-message.ts';
import { withoutErased } from './erased.ts';
import type { ErasedRow, Reacted, RoomState } from './room-state.ts';

/** The message that a row writes out, if it does. */
export function changedBy(message: Message): ChatMessage[] {
  const data = systemData(message);
  return data?.event === 'message.changed' && data.message ? [data.message] : [];
}

/** Of each message the newest copy, the one that changed last at the end. */
export function newest(copies: readonly ChatMessage[]): Map<number, ChatMessage> {
  const found = new Map<number, ChatMessage>();
  for (const copy of copies) {
    const known = found.get(copy.seq);
    if (known && known.version >= copy.version) continue;
    found.delete(copy.seq);
    found.set(copy.seq, copy);
  }
  return found;
}

/** What took effect of reactions by an action, in the messages at hand; and what a snapshot or page tells of one's own. */
export function withReactions(state: RoomState, before: RoomState, source: Partial<MessagePage>): RoomState {
  const { reacted } = state;
  const own: Record<string, readonly string[]> = {};
  if ('hasMore' in source) {
    for (const message of source.messages!) {
      const data = systemData(message);
      const of = data?.event === 'message.changed' ? (data.message ?? data) : (message as ChatMessage);
      const isLong = of.reactions?.some(({ count, users }) => count > users.length);
      if (isLong) own[of.seq!] = source.you?.reacted?.[of.seq!] ?? [];
    }
  }
  const ownReactions = Object.keys(own).length > 0 ? { ...state.ownReactions, ...own } : state.ownReactions;
  if (reacted === before.reacted) return ownReactions === state.ownReactions ? state : { ...state, ownReactions };
  const none = new Map<number, ChatMessage>();
  return {
    ...state,
    ownReactions,
    messages: upToDate(state.messages, none, reacted),
    quoted: upToDate(state.quoted, none, reacted),
    changed: upToDate(state.changed, none, reacted) as readonly ChatMessage[],
  };
}

/** Messages with newer copies, and newer reactions, in place of older ones, without who was erased; the same array where there are none. */
export function upToDate(
  messages: readonly Message[],
  copies: ReadonlyMap<number, ChatMessage>,
  reacted: ReadonlyMap<number, Reacted>,
  erased: readonly ErasedRow[] = [],
): readonly Message[] {
  const current = messages.map((message) => {
    const copy = copies.get(message.seq);
    // Servers of the first version say none, and change nothing.
    const newest = withoutErased(copy && copy.version > (message.version ?? message.seq) ? copy : message, erased);
    const newer = reacted.get(message.seq);
    if (!newer || newest.kind === 'SYSTEM' || newer.version <= newest.version) return newest;
    const { reactions: _, ...rest } = newest;
    const { version, reactions } = newer;
    return { ...rest, version, ...(reactions.length > 0 ? { reactions: [...reactions] } : {}) };
  });
  return current.some((message, i) => message !== messages[i]) ? current : messages;
}
