import { AppError, defaultNickname, type Restriction, type RestrictUser } from '@gongu/shared';
import { type Caller, callerId, isAdmin } from './access.ts';
import { tellCommitted } from './committed.ts';
import type { Emit } from './ports/emit.ts';
import type { MemberStore } from './ports/member-store.ts';
import type { Restrainer, RestrictionStore } from './ports/restriction-store.ts';
import type { RoomStore } from './ports/room-store.ts';
import { noSuchRoom } from './refusals.ts';

export interface RestrictionsOptions {
  readonly restrictions: RestrictionStore;
  readonly rooms: Pick<RoomStore, 'find'>;
  readonly members: Pick<MemberStore, 'find'>;
  readonly emit: Emit;
  /** Hears who was muted or banned, and of whom that was taken away. */
  readonly onChange: (event: string, fields: { roomId: string; userId: string; byUserId: string | null }) => void;
}

/** Mutes and bans in rooms, by the host, an admin or the service. */
export function createRestrictions({ restrictions, rooms, members, emit, onChange }: RestrictionsOptions) {
  return {
    /**
     * Mutes or bans a user, in place of what restricted him before; the same again changes nothing. A ban removes him.
     * @throws AppError NOT_FOUND, FORBIDDEN (not the host, an admin or the service; against oneself, an admin, the service or, by
     *   a ban, the host), CONFLICT (a ban of a buyer; of who was erased; 1,000 restrictions in the room), VALIDATION_FAILED (`until` has passed),
     *   ROOM_READ_ONLY (CANCELLED), UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async restrict(caller: Caller, roomId: string, userId: string, wanted: RestrictUser): Promise<Restriction> {
      const { kind, reason = null } = wanted;
      const until = wanted.until ? new Date(wanted.until).toISOString() : null;
      const by = restrainerOf(caller);
      const nickname = defaultNickname(userId);
      // Who means the service would be told that it is done, and it talks on; somebody may be called so all the same.
      if (userId === SERVICE && (await members.find(roomId, [userId])).length === 0) throw refusalOf('PROTECTED');
      const change = await restrictions.restrict(roomId, userId, { kind, until, reason }, nickname, by);
      if (!('room' in change)) throw refusalOf(change.outcome);
      tellCommitted(emit, change.messages);
      if (change.outcome === 'changed') {
        onChange(kind === 'BAN' ? 'participant.banned' : 'participant.muted', { roomId, userId, byUserId: by.userId });
      }
      return change.restriction;
    },

    /** Takes a restriction away; where there is none, nothing changes. @throws AppError as `restrict`, and FORBIDDEN of a host's own */
    async lift(caller: Caller, roomId: string, userId: string): Promise<void> {
      const by = restrainerOf(caller);
      const change = await restrictions.lift(roomId, userId, by);
      if (!('room' in change)) throw refusalOf(change.outcome);
      tellCommitted(emit, change.messages);
      if (change.outcome === 'changed') onChange('restriction.lifted', { roomId, userId, byUserId: by.userId });
    },

    /** In the order of user ids. @throws AppError NOT_FOUND, FORBIDDEN, UNAVAILABLE */
    async list(
      caller: Caller,
      roomId: string,
      page: { limit: number; afterId: string },
    ): Promise<readonly Restriction[]> {
      const room = await rooms.find(roomId);
      if (!room) throw noSuchRoom();
      const presides = caller.kind === 'service' || isAdmin(caller) || room.hostId === caller.user.userId;
      if (!presides) throw refusalOf('FORBIDDEN');
      return restrictions.list(roomId, page);
    },
  };
}

export type Restrictions = ReturnType<typeof createRestrictions>;

/** What the documents call trade, which is no user. */
const SERVICE = 'service';

function restrainerOf(caller: Caller): Restrainer {
  return { userId: callerId(caller), isAdmin: isAdmin(caller) };
}

type Refused = Extract<Awaited<ReturnType<RestrictionStore['restrict']>>, { outcome: Uppercase<string> }>['outcome'];

function refusalOf(code: Refused): AppError {
  switch (code) {
    case 'NOT_FOUND':
      return noSuchRoom();
    case 'FORBIDDEN':
      return new AppError('FORBIDDEN', { detail: 'Only the host, an admin and the service restrict others' });
    case 'PROTECTED':
      return new AppError('FORBIDDEN', {
        detail: 'Nobody restricts himself, an admin or the service, nor ends a mute of his own, nor bans the host',
      });
    case 'ERASED':
      return new AppError('CONFLICT', { detail: 'The user was erased' });
    case 'IS_BUYER':
      return new AppError('CONFLICT', { detail: 'A buyer can be muted, and not banned' });
    case 'TOO_MANY':
      return new AppError('CONFLICT', { detail: 'A room has at most 1,000 restrictions: take some away' });
    case 'UNTIL_PASSED':
      return new AppError('VALIDATION_FAILED', { errors: [{ path: 'until', message: 'must be a time to come' }] });
    case 'ROOM_READ_ONLY':
      return new AppError(code);
  }
}
