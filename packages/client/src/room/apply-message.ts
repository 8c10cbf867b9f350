import type { Message, Participant, Room, SystemEvent } from '@gongu/shared';
import type { RoomState } from './room-state.ts';

/** What a SYSTEM message tells; the numbers are those after it. */
export interface SystemData {
  readonly event: SystemEvent;
  readonly participant?: Participant;
  /** Why: of a removal, or of an end. */
  readonly reason?: string;
  readonly participantCount?: number;
  readonly committedCount?: number;
  readonly room?: Partial<Room>;
}

/** The data of a SYSTEM message; null where it has none that is known. */
export function systemData(message: Message): SystemData | null {
  const data = message.data as SystemData | undefined;
  return message.kind === 'SYSTEM' && typeof data?.event === 'string' ? data : null;
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
  if (message.kind === 'SYSTEM') return applySystem(next, systemData(message));
  if (!sender) return { ...next, unread: state.unread + (seq > state.readSeq ? 1 : 0) };
  const mine = sender.userId === state.me;
  return {
    ...withRead(next, sender.userId, seq),
    typists: state.typists.filter(({ user }) => user.userId !== sender.userId),
    // Who writes has read what was there.
    ...(mine
      ? { readSeq: Math.max(state.readSeq, seq), unread: 0 }
      : { unread: state.unread + (seq > state.readSeq ? 1 : 0) }),
  };
}

function applySystem(state: RoomState, data: SystemData | null): RoomState {
  if (!data) return state;
  const { event, participant, participantCount, committedCount } = data;
  let { room } = state;
  if (room && participantCount !== undefined && committedCount !== undefined) {
    room = { ...room, participantCount, committedCount };
  }
  if (event.startsWith('room.')) {
    const { onlineCount: _, lastSeq: __, ...rest } = data.room ?? {};
    return { ...state, room: room && { ...room, ...rest } };
  }
  if (!participant) return { ...state, room };
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
        ...(mine ? { you: joined, gone: null, readSeq: Math.max(state.readSeq, joined.lastReadSeq) } : {}),
      };
    }
    case 'participant.left':
    case 'participant.removed':
      return {
        ...state,
        room,
        participants: others,
        typists: state.typists.filter(({ user }) => user.userId !== userId),
        ...(mine ? { you: null, gone: event === 'participant.left' ? 'left' : 'removed' } : {}),
      };
    default: {
      const { role, committed } = participant;
      return withParticipant({ ...state, room }, userId, (known) => ({ ...known, role, committed }));
    }
  }
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

/** Moves somebody's read mark; only forward. */
export function withRead(state: RoomState, userId: string, seq: number): RoomState {
  const known = userId === state.me ? (state.you ?? find(state, userId)) : find(state, userId);
  if (!known || known.lastReadSeq >= seq) return state;
  return withParticipant(state, userId, (each) => ({ ...each, lastReadSeq: Math.max(each.lastReadSeq, seq) }));
}
