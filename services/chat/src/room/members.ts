import { AppError, defaultNickname, type Participant, type User } from '@gongu/shared';
import { type Caller, requireMember, requireService } from './access.ts';
import { afterCommit } from './after-commit.ts';
import { tellCommitted } from './committed.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Emit } from './ports/emit.ts';
import type { MemberRow } from './ports/member-row.ts';
import type { Joining, JoinOutcome, Mark, MarkOutcome, MemberStore } from './ports/member-store.ts';
import type { Presence } from './ports/presence.ts';
import type { RoomStore } from './ports/room-store.ts';
import { noSuchRoom } from './refusals.ts';
import { participantView } from './view.ts';

export interface MembersOptions {
  readonly rooms: RoomStore;
  readonly members: MemberStore;
  readonly presence: Presence;
  readonly emit: Emit;
  /** Hears of what operators analyse: who joined, left, was removed, bought or withdrew. */
  readonly onChange: (event: string, fields: { roomId: string; userId: string }) => void;
}

/** How often a read mark is tried whose row somebody has locked: for half a second, as long as appends and joins wait. */
const MARK_TRIES = 10;
const MARK_PAUSE_MS = 50;

/** Memberships: joined by a member, ended by him, by the host or by trade; purchases as trade tells them. */
export function createMembers({ rooms, members, presence, emit, onChange }: MembersOptions) {
  const marks = createGroupCommit<{ roomId: string; userId: string; seq: number }, MarkOutcome>({
    run: (batch) => members.markRead(batch),
  });
  // A crowd that comes at once shares round trips and commits, as senders do.
  const joins = createGroupCommit<Joining, JoinOutcome>({ run: (batch) => members.join(batch), batchMax: 100 });

  async function show(roomId: string, userId: string): Promise<Participant> {
    const [[member], view] = await Promise.all([members.find(roomId, [userId]), presence.view(roomId)]);
    if (!member) throw new AppError('NOT_FOUND', { detail: 'There is no such participant' });
    return participantView(member, view);
  }

  return {
    /**
     * Takes a place in an ACTIVE room; 'already' for a member. `lastSeq`: the room's newest after it.
     * @throws AppError NOT_FOUND, ROOM_NOT_ACTIVE (ended, or its deadline has passed), ROOM_FULL, UNAVAILABLE
     */
    async join(
      user: User,
      roomId: string,
      online: boolean,
    ): Promise<{ outcome: 'joined' | 'already'; lastSeq: number }> {
      const change = await joins.add({ roomId, user, online });
      switch (change.outcome) {
        case 'NOT_FOUND':
          throw noSuchRoom();
        case 'FAILED':
          throw change.error;
        case 'BUSY':
          throw new AppError('UNAVAILABLE', { detail: 'The room is busy; nothing was stored', retryAfterMs: 500 });
        case 'ROOM_NOT_ACTIVE':
        case 'ROOM_FULL':
          throw new AppError(change.outcome);
        default:
          tellCommitted(emit, change.messages);
          if (change.outcome === 'joined') onChange('participant.joined', { roomId, userId: user.userId });
          return { outcome: change.outcome, lastSeq: change.room.lastSeq };
      }
    },

    /** Ends a membership: one's own, any by the service, any but the own by the host. */
    async leave(caller: Caller, roomId: string, userId: string): Promise<void> {
      const own = caller.kind === 'user' && caller.user.userId === userId;
      if (caller.kind === 'user' && !own) await requireHost(caller.user, roomId);
      const change = await members.leave(roomId, userId, own ? 'participant.left' : 'participant.removed', null);
      switch (change.outcome) {
        case 'NOT_FOUND':
          throw noSuchRoom();
        case 'FORBIDDEN':
          throw new AppError('FORBIDDEN', { detail: 'The host can not leave the own room' });
        case 'ROOM_READ_ONLY':
          throw new AppError('ROOM_READ_ONLY');
        case 'absent':
          // To one who is no member, a leave says what is true already; to the host, that he named nobody.
          if (caller.kind === 'user' && !own) {
            throw new AppError('NOT_FOUND', { detail: 'There is no such participant' });
          }
          return;
        default:
          tellCommitted(emit, change.messages);
          onChange(own ? 'participant.left' : 'participant.removed', { roomId, userId });
      }
    },

    /** Records a purchase or its withdrawal. A buyer always gets in. */
    async commit(
      caller: Caller,
      roomId: string,
      userId: string,
      body: { committed: boolean; nickname?: string | null | undefined },
    ): Promise<Participant> {
      requireService(caller);
      const nickname = body.nickname ?? defaultNickname(userId);
      const change = await members.commit(roomId, userId, body.committed, nickname);
      switch (change.outcome) {
        case 'NOT_FOUND':
          throw noSuchRoom();
        case 'SELLER_CANNOT_BUY':
        case 'ROOM_READ_ONLY':
        case 'ROOM_NOT_ACTIVE':
        case 'ROOM_FULL':
          throw new AppError(change.outcome);
        default: {
          tellCommitted(emit, change.messages);
          if (change.outcome !== 'same') onChange(`participant.${change.outcome}`, { roomId, userId });
          const [[member], view] = await afterCommit(
            Promise.all([members.find(roomId, [userId]), presence.view(roomId)]),
          );
          if (member) return participantView(member, view);
          // A buyer who left the conversation: known to trade, no member.
          return {
            userId,
            nickname,
            tag: null,
            role: body.committed ? 'BUYER' : 'GUEST',
            committed: body.committed,
            online: false,
            joinedAt: change.room.createdAt,
            lastReadSeq: 0,
          };
        }
      }
    },

    show,

    /** Of one who has just joined. */
    showJoined: (roomId: string, userId: string) => afterCommit(show(roomId, userId)),

    /** Members in order of joining. */
    async list(
      caller: Caller,
      roomId: string,
      page: { limit: number; afterSeq: number | null },
    ): Promise<{ participants: Participant[]; rows: readonly MemberRow[] }> {
      if (!(await rooms.find(roomId))) throw noSuchRoom();
      await requireMember(caller, roomId, members);
      const [rows, view] = await Promise.all([members.list(roomId, page), presence.view(roomId)]);
      return { participants: rows.map((row) => participantView(row, view)), rows };
    },

    /** Moves a read mark forward; never past the newest message, never back. */
    async markRead(userId: string, roomId: string, seq: number): Promise<void> {
      const mark = await markOnce(roomId, userId, seq);
      if (!mark.member) {
        if (!(await rooms.find(roomId))) throw noSuchRoom();
        throw new AppError('NOT_A_MEMBER');
      }
      if (mark.moved) emit({ kind: 'read', roomId, userId, seq: mark.seq, chatNo: mark.chatNo });
    },
  };

  /** Who finds the own row locked tries again by himself: nobody else waits for him. */
  async function markOnce(roomId: string, userId: string, seq: number): Promise<Mark> {
    for (let tries = 1; ; tries++) {
      const mark = await marks.add({ roomId, userId, seq });
      if (!('outcome' in mark)) return mark;
      if (mark.outcome === 'FAILED') throw mark.error;
      if (tries >= MARK_TRIES) {
        throw new AppError('UNAVAILABLE', { detail: 'The room is busy; nothing was stored', retryAfterMs: 500 });
      }
      await new Promise((resolve) => setTimeout(resolve, MARK_PAUSE_MS));
    }
  }

  async function requireHost(user: User, roomId: string): Promise<void> {
    const room = await rooms.find(roomId);
    if (!room) throw noSuchRoom();
    if (room.hostId !== user.userId) {
      throw new AppError('FORBIDDEN', { detail: 'Only the host and the service may remove others' });
    }
  }
}

export type Members = ReturnType<typeof createMembers>;
