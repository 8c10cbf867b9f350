import { AppError, LIMITS, type OpenRoom, type PatchRoom, type Room } from '@gongu/shared';
import { type Caller, callerId, isAdmin, requireService, requireSight } from './access.ts';
import { tellCommitted } from './committed.ts';
import { lookAt } from './counts.ts';
import { createLowering } from './lowering.ts';
import type { Emit } from './ports/emit.ts';
import type { MemberStore } from './ports/member-store.ts';
import type { Presence } from './ports/presence.ts';
import type { RoomRow } from './ports/room-row.ts';
import type { Opening, RoomListKey, RoomListRow, RoomStore } from './ports/room-store.ts';
import { noSuchRoom } from './refusals.ts';
import { allowedNext } from './status.ts';
import { roomView } from './view.ts';

export interface RoomsOptions {
  readonly rooms: RoomStore;
  readonly members: MemberStore;
  readonly presence: Presence;
  readonly emit: Emit;
  /** Hears of what operators want in the log: rooms opened, ended and removed. */
  readonly onChange: (
    event: 'opened' | 'closed' | 'cancelled' | 'removed' | 'updated',
    room: { roomId: string },
  ) => void;
}

/** Rooms ended by one run of the expiry at most; the rest follow in the next. */
const EXPIRE_LIMIT = 100;
/**
 * Guests removed by one statement, which tells of each with some 500 bytes. A room of 20 000 that ended at once was an
 * answer of 10 MB, the same again on the bus, and one turn of the event loop on each instance.
 */
const PORTION = 250;

/** The life of rooms: opened with a product, changed by trade, ended by trade or by the deadline. */
export function createRooms({ rooms, members, presence, emit, onChange }: RoomsOptions) {
  const lowering = createLowering({ rooms, presence, emit });
  const view = async (room: RoomRow): Promise<Room> => roomView(room, (await lookAt(presence, room.roomId)).counts);

  return {
    /**
     * Opens the room of a product. The same payload again finds it, another one is a CONFLICT. A deadline in the past is
     * accepted: the call may have been waiting in trade's outbox.
     */
    async open(caller: Caller, input: OpenRoom): Promise<{ room: Room; created: boolean }> {
      requireService(caller);
      const change = await rooms.open(openingOf(input));
      if (change.outcome === 'conflict') {
        throw new AppError('CONFLICT', { detail: 'This room was opened with another payload' });
      }
      tellCommitted(emit, change.messages);
      if (change.outcome === 'created') onChange('opened', change.room);
      return { room: await view(change.room), created: change.outcome === 'created' };
    },

    /** Makes sure that the lobby is there: a room without product, host and deadline, for whoever names no room. */
    async openLobby(roomId: string): Promise<void> {
      const change = await rooms.open({
        roomId,
        productId: null,
        title: roomId,
        hostId: null,
        hostNickname: null,
        maxParticipants: LIMITS.maxParticipants,
        minParticipants: null,
        expiresAt: null,
      });
      tellCommitted(emit, change.messages);
    },

    async get(caller: Caller, roomId: string): Promise<Room> {
      const room = await rooms.find(roomId);
      if (!room) throw noSuchRoom();
      await requireSight(caller, room, members);
      return view(room);
    },

    /** Status, cap, minimum and deadline by the service; title and slow mode also by the host and by an admin. */
    async patch(caller: Caller, roomId: string, patch: PatchRoom): Promise<Room> {
      if (patch.status !== undefined) {
        requireService(caller);
        const change = await rooms.setStatus(roomId, patch.status, patch.reason ?? null);
        if (change.outcome === 'NOT_FOUND') throw noSuchRoom();
        if (change.outcome === 'illegal') {
          const allowed = allowedNext(change.room.status, change.provisional);
          throw new AppError('ILLEGAL_TRANSITION', {
            detail: `A room that is ${change.room.status} can not become ${patch.status}`,
            allowed,
          });
        }
        tellCommitted(emit, change.messages);
        if (change.outcome !== 'changed') return view(change.room);
        onChange(change.room.status === 'CLOSED' ? 'closed' : 'cancelled', change.room);
        return view((await nowOrLater(clear(roomId))) ?? change.room);
      }
      if (caller.kind === 'user') await requireHost(caller, roomId, patch);
      const wanted = { ...patch, expiresAt: patch.expiresAt && isoOf(patch.expiresAt), byUserId: callerId(caller) };
      const change = await lowering.patch(roomId, wanted);
      switch (change.outcome) {
        case 'NOT_FOUND':
          throw noSuchRoom();
        case 'ROOM_READ_ONLY':
        case 'ROOM_NOT_ACTIVE':
          throw new AppError(change.outcome);
        case 'BELOW_BUYERS':
          throw new AppError('CONFLICT', {
            detail: 'The cap can not be below the number of present buyers',
            errors: [{ path: 'maxParticipants', message: 'is below the number of present buyers' }],
          });
        case 'IS_LOBBY':
          throw new AppError('CONFLICT', {
            detail: 'The lobby has no slow mode: nothing is kept of who is there',
            errors: [{ path: 'slowModeSeconds', message: 'must be 0 in the lobby' }],
          });
        case 'MIN_ABOVE_MAX':
          throw new AppError('VALIDATION_FAILED', {
            errors: [{ path: 'minParticipants', message: 'must not be more than maxParticipants' }],
          });
        default:
          tellCommitted(emit, change.messages);
          if (change.outcome === 'changed') onChange('updated', change.room);
          if (patch.maxParticipants === undefined) return view(change.room);
          return view((await nowOrLater(lowering.finish(roomId))) ?? change.room);
      }
    },

    /** Removes a room and its messages. */
    async remove(caller: Caller, roomId: string): Promise<void> {
      requireService(caller);
      if (!(await rooms.remove(roomId))) throw noSuchRoom();
      emit({ kind: 'removed', roomId });
      onChange('removed', { roomId });
    },

    /** A user's rooms, newest membership first. */
    listFor(userId: string, page: { limit: number; before: RoomListKey | null }): Promise<readonly RoomListRow[]> {
      return rooms.listFor(userId, page);
    },

    /**
     * Ends ACTIVE rooms whose deadline has passed, by the database's clock, and removes the guests whom an end, or a
     * lower cap, has left. Returns how many rooms ended. Safe on every instance.
     */
    async expire(): Promise<number> {
      const changes = await rooms.expire(EXPIRE_LIMIT);
      for (const change of changes) {
        tellCommitted(emit, change.messages);
        onChange(change.room.status === 'CLOSED' ? 'closed' : 'cancelled', change.room);
      }
      // Also those of an instance that ended between two portions.
      const failures: unknown[] = [];
      const attempt = (work: Promise<unknown>) => work.catch((error) => failures.push(error));
      for (const roomId of await rooms.clearing(EXPIRE_LIMIT)) await attempt(clear(roomId));
      for (const roomId of await rooms.lowering(EXPIRE_LIMIT)) await attempt(lowering.finish(roomId));
      // One that can't be done now keeps none of the others waiting.
      if (failures.length > 0) throw failures[0];
      return changes.length;
    },
  };

  /** Removes the guests of a room that was closed, in portions. The room afterwards; null when there were none. */
  async function clear(roomId: string): Promise<RoomRow | null> {
    for (let cleared: RoomRow | null = null; ; ) {
      const change = await rooms.clearGuests(roomId, PORTION);
      if (change.outcome !== 'changed') return cleared;
      tellCommitted(emit, change.messages);
      cleared = change.room;
    }
  }

  /** The end, or the wanted cap, is committed: what can't be done now the next run of the expiry does, on any instance. */
  async function nowOrLater(work: Promise<RoomRow | null>): Promise<RoomRow | null> {
    try {
      return await work;
    } catch {
      return null;
    }
  }

  async function requireHost(
    caller: Extract<Caller, { kind: 'user' }>,
    roomId: string,
    patch: PatchRoom,
  ): Promise<void> {
    const room = await rooms.find(roomId);
    if (!room) throw noSuchRoom();
    const isTrades =
      patch.maxParticipants !== undefined || patch.minParticipants !== undefined || patch.expiresAt !== undefined;
    if (isTrades || (room.hostId !== caller.user.userId && !isAdmin(caller))) {
      throw new AppError('FORBIDDEN', {
        detail: 'Only the host and an admin may change title and slow mode, and only the service the rest',
      });
    }
  }
}

export type Rooms = ReturnType<typeof createRooms>;

function openingOf(input: OpenRoom): Opening {
  return {
    roomId: input.productId,
    productId: input.productId,
    title: input.title,
    hostId: input.hostId,
    hostNickname: input.hostNickname ?? [...input.hostId].slice(0, 8).join(''),
    maxParticipants: input.maxParticipants,
    minParticipants: input.minParticipants ?? null,
    expiresAt: isoOf(input.expiresAt),
  };
}

/** The same instant always as the same text, so that equal payloads compare equal. */
function isoOf(time: string): string {
  return new Date(time).toISOString();
}
