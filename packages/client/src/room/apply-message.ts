import { type Message, mentionsUser, type Participant, type SystemEvent } from '@gongu/shared';
import type { RoomState } from './room-state.ts';

/** What a SYSTEM message tells; null for other messages. Its `event` may be one that only a newer server knows. */
export function systemData(message: Message): SystemEvent | null {
  return message.kind === 'SYSTEM' && typeof message.data?.event === 'string' ? message.data : null;
}

/** The effect on everything but the list of messages. Call it once per `seq`, in order. */
export function applyMessage(state: RoomState, message: Message): RoomState {
  const { seq, sender } = message;
  const next: RoomState = {
    ...state,
    appliedSeq: seq,
    headSeq: Math.max(state.headSeq, seq),
    room: state.room && { ...state.room, lastSeq: seq },
  };
  if (message.kind === 'SYSTEM') return applySystem(next, systemData(message), seq);
  const unread = state.unread + (seq > state.readSeq ? 1 : 0);
  const unreadMentions = state.unreadMentions + (seq > state.readSeq && mentionsUser(message, state.me) ? 1 : 0);
  if (!sender) return { ...next, unread, unreadMentions };
  const mine = sender.userId === state.me;
  return {
    ...withRead(next, sender.userId, seq),
    typists: state.typists.filter(({ user }) => user.userId !== sender.userId),
    // Who writes has read what was there.
    ...(mine ? { readSeq: Math.max(state.readSeq, seq), unread: 0, unreadMentions: 0 } : { unread, unreadMentions }),
  };
}

/** Messages to which there were reactions lately that are remembered: an older copy of one may still be on its way. */
const REACTED_MAX = 100;
/** Those who went that are remembered, for the same reason. */
const LEFT_MAX = 100;

function applySystem(state: RoomState, data: SystemEvent | null, version: number): RoomState {
  if (data && 'room' in data) {
    const { room } = state;
    if (!room) return state;
    const { lastSeq: _, pinnedMessageIds = room.pinnedMessageIds, ...changed } = data.room;
    return { ...state, room: { ...room, ...changed, pinnedMessageIds } };
  }
  if (data?.event === 'message.changed') {
    const { pinnedMessageIds, reactions, seq, by, emoji, on } = data;
    if (reactions && seq) {
      const others = [...state.reacted].filter(([known]) => known !== seq);
      const reacted = new Map([...others, [seq, { version, reactions }] as const].slice(-REACTED_MAX));
      const next = { ...state, reacted };
      return emoji && by?.userId === state.me ? withOwnReaction(next, seq, emoji, on === true) : next;
    }
    return withPinned(state, pinnedMessageIds);
  }
  if (data?.event === 'messages.erased') return withPinned(state, data.pinnedMessageIds);
  if (data && 'user' in data) {
    const isMute = data.event === 'participant.muted';
    const isMine = data.user.userId === state.me && (isMute || data.event === 'participant.unmuted');
    return isMine ? { ...state, muted: isMute ? { until: data.until } : null } : state;
  }
  return data && 'participantCount' in data ? applyMembership(state, data) : state;
}

function withPinned(state: RoomState, pinnedMessageIds: string[] | undefined): RoomState {
  return pinnedMessageIds && state.room ? { ...state, room: { ...state.room, pinnedMessageIds } } : state;
}

function applyMembership(state: RoomState, data: Extract<SystemEvent, { participantCount: number }>): RoomState {
  const { event, participant, participantCount, committedCount } = data;
  const room = state.room && { ...state.room, participantCount, committedCount };
  const { userId } = participant;
  const others = state.participants.filter((known) => known.userId !== userId);
  const mine = userId === state.me;
  switch (event) {
    case 'participant.joined': {
      const known = find(state, userId);
      const joined = known ? { ...participant, online: participant.online || known.online } : participant;
      return {
        ...state,
        room,
        participants: [...others, joined],
        left: state.left.filter((each) => each !== userId),
        ...(mine
          ? { you: joined, gone: null, goneReason: null, readSeq: Math.max(state.readSeq, joined.lastReadSeq) }
          : {}),
      };
    }
    case 'participant.left':
    case 'participant.removed':
      return {
        ...state,
        room,
        participants: others,
        left: [...state.left, userId].slice(-LEFT_MAX),
        typists: state.typists.filter(({ user }) => user.userId !== userId),
        ...(mine ? goneBy(data) : {}),
      };
    default: {
      const { role, committed } = participant;
      return withParticipant({ ...state, room }, userId, (known) => ({ ...known, role, committed }));
    }
  }
}

/** What the end of the own membership makes of a room. */
export function goneBy(data: SystemEvent): Pick<RoomState, 'you' | 'muted' | 'gone' | 'goneReason'> {
  const removed = data.event === 'participant.removed';
  return { you: null, muted: null, gone: removed ? 'removed' : 'left', goneReason: (removed && data.reason) || null };
}

function find(state: RoomState, userId: string): Participant | undefined {
  return state.participants.find((known) => known.userId === userId);
}

/** Changes what is known of one participant, in the list and in `you`; nothing where he is not known. */
export function withParticipant(
  state: RoomState,
  userId: string,
  change: (known: Participant) => Participant,
): RoomState {
  const known = find(state, userId);
  const participants = known
    ? state.participants.map((each) => (each === known ? change(each) : each))
    : state.participants;
  const you = state.you && userId === state.me ? change(state.you) : state.you;
  return { ...state, participants, you };
}

/** What one has done oneself. A row that was read from the store does not say by which emoji it was. */
export function withOwnReaction(state: RoomState, seq: number, emoji: string, on: boolean): RoomState {
  const others = (state.ownReactions[seq] ?? []).filter((each) => each !== emoji);
  return { ...state, ownReactions: { ...state.ownReactions, [seq]: on ? [...others, emoji] : others } };
}

/** Moves somebody's read mark; only forward. */
export function withRead(state: RoomState, userId: string, seq: number): RoomState {
  const known = userId === state.me ? (state.you ?? find(state, userId)) : find(state, userId);
  if (!known || known.lastReadSeq >= seq) return state;
  return withParticipant(state, userId, (each) => ({ ...each, lastReadSeq: Math.max(each.lastReadSeq, seq) }));
}
