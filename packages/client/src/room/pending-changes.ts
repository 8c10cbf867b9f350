import type { ChatMessage, Message, Reaction } from '@gongu/shared';
import type { Change, Outgoing, OutgoingChange } from '../outbox/outgoing.ts';
import { withOwnReaction } from './apply-message.ts';
import { hasReacted, type RoomState } from './room-state.ts';

/** How many are named with a reaction. */
const NAMED = 3;

/** Whether of two states `withPending` makes the same. */
export function isOfSame(a: RoomState, b: RoomState): boolean {
  return (['messages', 'notice', 'ownReactions', 'you', 'room', 'pinned', 'participants', 'quoted'] as const).every(
    (part) => a[part] === b[part],
  );
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
    state = ordered(state, change);
    if (/^(?:edit|delete|react)$/.test(change.kind)) state = said(state, draft);
  }
  return state;
}

/** The room and its people. What keeps somebody from writing is told to him alone. */
function ordered(state: RoomState, { kind, seq, on, userId, restriction, seconds }: Change): RoomState {
  const { room, messages, pinned, quoted } = state;
  if (room && kind === 'slow') return { ...state, room: { ...room, slowModeSeconds: seconds! } };
  if (kind === 'remove' || restriction?.kind === 'BAN') {
    return { ...state, participants: state.participants.filter((each) => each.userId !== userId) };
  }
  if (!room || (kind !== 'pin' && kind !== 'delete')) return state;
  const id = `${state.roomId}:${seq}`;
  const isPinned = room.pinnedMessageIds?.includes(id) ?? false;
  if (isPinned === (kind === 'pin' && on)) return state;
  const found = [...messages, ...pinned, ...quoted].find((message) => message.seq === seq);
  const [ids, shown] = [
    (room.pinnedMessageIds ?? []).filter((each) => each !== id),
    pinned.filter((each) => each.seq !== seq),
  ];
  return {
    ...state,
    room: { ...room, pinnedMessageIds: isPinned ? ids : [id, ...ids] },
    pinned: isPinned || !found ? shown : [found as ChatMessage, ...shown],
  };
}

/** A message, and what there is of it elsewhere. */
function said(state: RoomState, draft: OutgoingChange): RoomState {
  const { change } = draft;
  const isIt = (message: Message | null): message is ChatMessage =>
    message !== null && message.seq === change.seq && message.kind !== 'SYSTEM' && !message.deletedAt;
  const { messages, notice } = state;
  const after = (message: ChatMessage) => changed(state, message, draft);
  const at = messages.findIndex(isIt);
  const next = isIt(notice) ? after(notice) : notice;
  const own = change.kind === 'react' ? withOwnReaction(state, change.seq, change.emoji!, change.on!) : state;
  return {
    ...state,
    ownReactions: own.ownReactions,
    messages: at < 0 ? messages : messages.map((each, i) => (i === at ? after(each as ChatMessage) : each)),
    notice: next && !next.deletedAt ? next : null,
  };
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

/** Whether what was stored of one's own is to be seen in the room, or nothing of it is. */
export function isShown(state: RoomState, { change, seq }: Outgoing): boolean {
  if (!change || change.kind === 'react') return state.appliedSeq >= (seq ?? 0);
  const { room, participants, messages, roomId } = state;
  const { kind, userId, restriction } = change;
  if (kind === 'pin') return room?.pinnedMessageIds?.includes(`${roomId}:${change.seq}`) === change.on;
  if (kind === 'slow') return room?.slowModeSeconds === change.seconds;
  if (kind === 'remove' || restriction?.kind === 'BAN') return participants.every((each) => each.userId !== userId);
  const message = messages.find((one) => one.seq === change.seq);
  if (!message || message.kind === 'SYSTEM' || message.deletedAt) return true;
  return kind !== 'delete' && (kind !== 'edit' || (message.version ?? 0) >= (seq ?? 0));
}
