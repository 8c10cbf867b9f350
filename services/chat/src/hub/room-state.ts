import { isChange, type Participant } from '@gongu/shared';
import type { MemberRow } from '../room/ports/member-row.ts';
import type { RoomRow } from '../room/ports/room-row.ts';
import type { RoomSnapshot } from '../room/ports/room-store.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';

/** A room and its members in this instance's memory: true as long as every message of the room passes through `apply`. */
export interface RoomState {
  room: RoomRow;
  /** In order of joining. */
  readonly members: Map<string, MemberRow>;
  /** Whether `members` are all; otherwise one who is not among them must be asked for in the store. */
  complete: boolean;
  /** Who is muted, and until when. */
  readonly muted: Map<string, string | null>;
  /** 0 where nobody can be banned: nothing need be asked of the store. Grows with each ban. */
  bans: number;
}

export function roomState(snapshot: RoomSnapshot): RoomState {
  return {
    room: snapshot.room,
    members: new Map(snapshot.members.map((member) => [member.userId, member])),
    complete: snapshot.complete,
    muted: new Map(Object.entries(snapshot.muted)),
    bans: snapshot.restricted ? 1 : 0,
  };
}

/** Until when somebody is muted; null: until it is taken away. Undefined: he is not. */
export function mutedUntil({ muted }: RoomState, userId: string, nowMs: number): string | null | undefined {
  const until = muted.get(userId);
  return until && Date.parse(until) <= nowMs ? undefined : until;
}

/** Moves the state by the next message of the sequence. Returns who ceased to be a member by it, else null. */
export function apply(state: RoomState, message: StoredMessage): string | null {
  const lastMentionSeq = Math.max(state.room.lastMentionSeq, mentioningSeq(message));
  state.room = { ...state.room, lastSeq: message.seq, lastChatNo: message.chatNo, lastMentionSeq };
  if (message.kind !== 'SYSTEM') {
    if (message.sender) markRead(state, message.sender.userId, message.seq, message.chatNo);
    return null;
  }
  const { data } = message;
  switch (data.event) {
    case 'participant.joined':
      count(state, data);
      state.members.set(data.participant.userId, memberOf(data.participant, message));
      return null;
    case 'participant.committed':
    case 'participant.uncommitted': {
      count(state, data);
      const member = state.members.get(data.participant.userId);
      if (member) state.members.set(member.userId, { ...member, committed: data.event === 'participant.committed' });
      return null;
    }
    case 'participant.left':
    case 'participant.removed':
      if (bannedBy(message) !== null) ban(state, data.participant.userId);
      count(state, data);
      state.members.delete(data.participant.userId);
      return data.participant.userId;
    case 'participant.banned':
      ban(state, data.user.userId);
      return null;
    case 'participant.muted':
      state.muted.set(data.user.userId, data.until);
      return null;
    case 'participant.unmuted':
      state.muted.delete(data.user.userId);
      return null;
    case 'room.opened':
    case 'room.closed':
    case 'room.cancelled':
    case 'room.updated': {
      const { pinnedMessageIds, slowModeSeconds } = state.room;
      const { lastSeq: _, ...changed } = data.room;
      state.room = { ...state.room, pinnedMessageIds, slowModeSeconds, ...changed };
      return null;
    }
    case 'message.changed':
    case 'messages.erased':
      if (data.pinnedMessageIds) state.room = { ...state.room, pinnedMessageIds: data.pinnedMessageIds };
      return null;
    // A row that only a newer version of the service writes.
    default:
      return null;
  }
}

/** Takes members as the store has them: at a moment that is not before that of the state, so that what follows changes nothing. */
export function takeMembers(state: RoomState, { room, members, complete }: RoomSnapshot): void {
  if (room.lastSeq < state.room.lastSeq) return;
  state.members.clear();
  for (const member of members) state.members.set(member.userId, member);
  state.complete = complete;
}

/** Who may not even look any longer, by a row; null for any other. */
export function bannedBy(message: StoredMessage): string | null {
  if (message.kind !== 'SYSTEM') return null;
  const { data } = message;
  if (data.event === 'participant.banned') return data.user.userId;
  return data.event === 'participant.removed' && data.reason === 'BANNED' ? data.participant.userId : null;
}

/** A ban takes the place of what restricted somebody before. */
function ban(state: RoomState, userId: string): void {
  state.bans++;
  state.muted.delete(userId);
}

/** The position of a message that mentions somebody, as it comes or is edited; else 0. */
function mentioningSeq(message: StoredMessage): number {
  const told = isChange(message) ? message.data.message : message.kind === 'SYSTEM' ? undefined : message;
  return told && (told.mentions || told.mentionsAll) ? told.seq : 0;
}

function count(state: RoomState, now: Pick<RoomRow, 'participantCount' | 'committedCount'>): void {
  state.room = { ...state.room, participantCount: now.participantCount, committedCount: now.committedCount };
}

/** Moves a read mark in memory; only forward. */
export function markRead(state: RoomState, userId: string, seq: number, chatNo: number): void {
  const member = state.members.get(userId);
  if (member && member.lastReadSeq < seq) {
    state.members.set(userId, { ...member, lastReadSeq: seq, lastReadChatNo: chatNo });
  }
}

function memberOf(participant: Participant, message: StoredMessage): MemberRow {
  return {
    userId: participant.userId,
    nickname: participant.nickname,
    tag: participant.tag,
    host: participant.role === 'HOST',
    committed: participant.committed,
    joinedAt: participant.joinedAt,
    joinedSeq: message.seq,
    // One who joins has read what was there: SYSTEM rows don't count, so the number of this row is that of the one before.
    lastReadSeq: participant.lastReadSeq,
    lastReadChatNo: message.chatNo,
  };
}
