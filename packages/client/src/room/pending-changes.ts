import type { ChatMessage, Message, Reaction } from '@gongu/shared';
import type { Change, OutgoingChange } from '../outbox/outgoing.ts';
import { withOwnReaction } from './apply-message.ts';
import { hasReacted, type RoomState } from './room-state.ts';

/** How many are named with a reaction. */
const NAMED = 3;

/** Whether of two states `withPending` makes the same. */
export function isOfSame(a: RoomState, b: RoomState): boolean {
  return a.messages === b.messages && a.notice === b.notice && a.ownReactions === b.ownReactions && a.you === b.you;
}

/**
 * A room as it will be when all that is on its way has been done. What was refused is not done, and what is deleted stays so
 * whatever comes.
 */
export function withPending(before: RoomState, changing: readonly OutgoingChange[]): RoomState {
  let state = before;
  for (const draft of changing) {
    if (draft.status === 'failed') continue;
    const { change } = draft;
    const isIt = (message: Message | null): message is ChatMessage =>
      message !== null && message.seq === change.seq && message.kind !== 'SYSTEM' && !message.deletedAt;
    const { messages, notice } = state;
    const after = (message: ChatMessage) => changed(state, message, draft);
    const at = messages.findIndex(isIt);
    const next = isIt(notice) ? after(notice) : notice;
    const own = change.kind === 'react' ? withOwnReaction(state, change.seq, change.emoji!, change.on!) : state;
    state = {
      ...state,
      ownReactions: own.ownReactions,
      messages: at < 0 ? messages : messages.map((each, i) => (i === at ? after(each as ChatMessage) : each)),
      notice: next && !next.deletedAt ? next : null,
    };
  }
  return state;
}

function changed(state: RoomState, message: ChatMessage, draft: OutgoingChange): ChatMessage {
  const { change, content, queuedAtMs } = draft;
  const at = new Date(queuedAtMs).toISOString();
  if (change.kind === 'react') return reacted(state, message, change);
  const { data, mentions: named, mentionsAll: all, reactions, ...rest } = message;
  if (change.kind === 'delete') return { ...rest, content: '', deletedAt: at };
  const { mentions = named ?? [], mentionsAll = all ?? false } = draft;
  return {
    ...{ ...rest, content, editedAt: at },
    ...(data === undefined ? {} : { data }),
    ...(reactions === undefined ? {} : { reactions }),
    ...(mentions.length > 0 ? { mentions: [...mentions] } : {}),
    ...(mentionsAll ? { mentionsAll } : {}),
  };
}

function reacted(state: RoomState, message: ChatMessage, { emoji, on }: Change): ChatMessage {
  if (hasReacted(state, message, emoji!) === on) return message;
  const { reactions = [], ...rest } = message;
  const me = { userId: state.me, nickname: state.you?.nickname ?? '' };
  const known = reactions.find((each) => each.emoji === emoji);
  const { count, users } = known ?? { count: 0, users: [] };
  const others = users.filter(({ userId }) => userId !== me.userId);
  const next: Reaction = {
    emoji: emoji!,
    count: count + (on ? 1 : -1),
    // As many are named as the server would name; he who comes later is not among them.
    users: on && others.length < NAMED && others.length === count ? [...others, me] : others,
  };
  const all = known ? reactions.map((each) => (each === known ? next : each)) : [...reactions, next];
  const left = all.filter((each) => each.count > 0);
  return left.length > 0 ? { ...rest, reactions: left } : rest;
}
