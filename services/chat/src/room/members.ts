import { AppError, afterCommit, type Concerned, defaultNickname, type Participant, type User } from '@gongu/shared';
import { type Caller, callerId, isAdmin, requireMember, requireService } from './access.ts';
import { tellCommitted } from './committed.ts';
import { givingWay } from './giving-way.ts';
import { createGroupCommit } from './group-commit.ts';
import { isLobby, lobbyMember } from './lobby.ts';
import type { Emit } from './ports/emit.ts';
import type { MemberRow } from './ports/member-row.ts';
import type { Joining, JoinOutcome, Mark, MarkOutcome, MemberStore } from './ports/member-store.ts';
import type { Presence } from './ports/presence.ts';
import type { RoomStore } from './ports/room-store.ts';
import { mustWait, noSuchRoom } from './refusals.ts';
import { participantView } from './view.ts';

export interface MembersOptions {
  /** Seconds for which one whom the host or the service removed can't join again. */
  readonly rejoinPauseS: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly rooms: RoomStore;
  readonly members: MemberStore;
  readonly presence: Presence;
  readonly emit: Emit;
  /** Hears of what operators analyse: who joined, left, was removed, bought or withdrew. */
  readonly onChange: (event: string, fields: { roomId: string; userId: string }) => void;
}

/** What trade tells of a buyer. Without a nickname he gets one made of his id. */
interface Commitment {
  readonly committed: boolean;
  readonly nickname?: string | null | undefined;
}

/** How often a read mark is tried whose row somebody has locked: for half a second, as long as appends and joins wait. */
const MARK_TRIES = 10;
const MARK_PAUSE_MS = 50;

/** Memberships: joined by a member, ended by him, by the host or by trade; purchases as trade tells them. */
export function createMembers({ rooms, members, presence, emit, onChange, rejoinPauseS, now }: MembersOptions) {
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

  /** The user as a participant, as everybody is one of the lobby; null where he is none, or where there is no room. */
  async function present(user: User, roomId: string): Promise<Participant | null> {
    const [room, [row]] = await Promise.all([rooms.find(roomId), members.find(roomId, [user.userId])]);
    const member = room && isLobby(room) ? lobbyMember(room, user, now()) : row;
    return member ? participantView(member, await presence.view(roomId)) : null;
  }

  async function showOrLobby(roomId: string, user: User): Promise<Participant> {
    return (await present(user, roomId)) ?? show(roomId, user.userId);
  }

  async function record(roomId: string, userId: string, { committed, nickname }: Commitment) {
    const name = nickname ?? defaultNickname(userId);
    const change = await givingWay(presence, roomId, (online) =>
      members.commit(roomId, userId, committed, name, online),
    );
    switch (change.outcome) {
      case 'NOT_FOUND':
        throw noSuchRoom();
      case 'SELLER_CANNOT_BUY':
      case 'ROOM_READ_ONLY':
      case 'ROOM_NOT_ACTIVE':
      case 'ROOM_FULL':
        throw new AppError(change.outcome);
    }
    tellCommitted(emit, change.messages);
    if (change.outcome !== 'same') onChange(`participant.${change.outcome}`, { roomId, userId });
    return change.participant;
  }

  return {
    /**
     * Takes a place in an ACTIVE room; 'already' for a member. `lastSeq`: the room's newest after it.
     * @throws AppError NOT_FOUND, BANNED, ROOM_NOT_ACTIVE (ended, or its deadline has passed), ROOM_FULL, UNAVAILABLE;
     *   RATE_LIMITED (was removed lately, or came and went six times within a minute)
     */
    async join(
      user: User,
      roomId: string,
      online: boolean,
    ): Promise<{ outcome: 'joined' | 'already'; lastSeq: number }> {
      const joining = { roomId, user, online };
      const change = await givingWay(presence, roomId, async (present) =>
        present === null ? joins.add(joining) : (await members.join([joining], present))[0]!,
      );
      switch (change.outcome) {
        case 'NOT_FOUND':
          throw noSuchRoom();
        case 'FAILED':
          throw change.error;
        case 'BUSY':
          throw new AppError('UNAVAILABLE', { detail: 'The room is busy; nothing was stored', retryAfterMs: 500 });
        case 'BANNED':
        case 'ROOM_NOT_ACTIVE':
        case 'ROOM_FULL':
          throw new AppError(change.outcome);
        case 'RATE_LIMITED':
          throw mustWait(change);
        default:
          tellCommitted(emit, change.messages);
          if (change.outcome === 'joined') onChange('participant.joined', { roomId, userId: user.userId });
          return { outcome: change.outcome, lastSeq: change.room.lastSeq };
      }
    },

    /** Ends a membership: one's own, any by the service, any but the own by the host and by an admin. */
    async leave(caller: Caller, roomId: string, userId: string): Promise<void> {
      const own = caller.kind === 'user' && caller.user.userId === userId;
      if (caller.kind === 'user' && !own && !isAdmin(caller)) await requireHost(caller.user, roomId);
      const event = own ? 'participant.left' : 'participant.removed';
      const byUserId = callerId(caller);
      const how = { pauseS: rejoinPauseS, limited: own, byUserId };
      const change = await members.leave(roomId, userId, event, null, how);
      switch (change.outcome) {
        case 'NOT_FOUND':
          throw noSuchRoom();
        case 'FORBIDDEN':
          throw new AppError('FORBIDDEN', { detail: 'The host can not leave the own room' });
        case 'ROOM_READ_ONLY':
          throw new AppError('ROOM_READ_ONLY');
        case 'RATE_LIMITED':
          throw mustWait(change);
        case 'absent':
          // To one who is no member, a leave says what is true already; to the host, that he named nobody.
          if (caller.kind === 'user' && !own) {
            throw new AppError('NOT_FOUND', { detail: 'There is no such participant' });
          }
          return;
        default:
          tellCommitted(emit, change.messages);
          onChange(event, { roomId, userId });
      }
    },

    /**
     * Records a purchase or its withdrawal. A buyer always gets in. Who it is about, as he is or was at last; `joinedAt`
     * is null where nothing is known of him.
     */
    async commit(caller: Caller, roomId: string, userId: string, body: Commitment): Promise<Concerned> {
      requireService(caller);
      const participant = await record(roomId, userId, body);
      const { has } = await presence.view(roomId);
      if (participant) return { ...participant, online: has(userId) };
      // A withdrawal of one who neither bought nor joined, as far as is still known: nothing is made up of him.
      const nickname = body.nickname ?? defaultNickname(userId);
      const nobody = { role: 'GUEST' as const, committed: false, joinedAt: null, lastReadSeq: 0 };
      return { userId, nickname, tag: null, ...nobody, online: has(userId) };
    },

    /**
     * Records several, one after the other, until nobody waits for the answer any more: who gave up may have told what comes after
     * them meanwhile. @throws what `commit` does of the first that fails; those before it are recorded
     */
    async commitAll(
      caller: Caller,
      roomId: string,
      all: readonly (Commitment & { readonly userId: string })[],
      isAwaited: () => boolean,
    ): Promise<void> {
      requireService(caller);
      for (const { userId, ...body } of all) {
        if (!isAwaited()) return;
        await record(roomId, userId, body);
      }
    },

    show,
    present,

    /** Of one who has just joined. */
    showJoined: (roomId: string, user: User) => afterCommit(showOrLobby(roomId, user)),

    /** Members in order of joining. */
    async list(
      caller: Caller,
      roomId: string,
      page: { limit: number; afterSeq: number | null },
    ): Promise<{ participants: Participant[]; rows: readonly MemberRow[] }> {
      const room = await rooms.find(roomId);
      if (!room) throw noSuchRoom();
      if (isLobby(room)) return { participants: [], rows: [] };
      await requireMember(caller, roomId, members);
      const [rows, view] = await Promise.all([members.list(roomId, page), presence.view(roomId)]);
      return { participants: rows.map((row) => participantView(row, view)), rows };
    },

    /** Moves a read mark forward; never past the newest message, never back. */
    async markRead(userId: string, roomId: string, seq: number): Promise<void> {
      const mark = await markOnce(roomId, userId, seq);
      if (!mark.member) {
        const room = await rooms.find(roomId);
        if (!room) throw noSuchRoom();
        if (isLobby(room)) return;
        throw new AppError((await members.isBanned(roomId, userId)) ? 'BANNED' : 'NOT_A_MEMBER');
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
      throw new AppError('FORBIDDEN', { detail: 'Only the host, an admin and the service may remove others' });
    }
  }
}

export type Members = ReturnType<typeof createMembers>;
