import { z } from 'zod';
import { serverFrames } from './event.ts';
import { Message } from './message.ts';
import { RoomStatus } from './room.ts';

const type = true;

/** The last block: a close code of WebSockets, and why. */
const closed = z.object({ code: z.int(), reason: z.string() });

/**
 * Blocks of a room's event stream (`GET /api/chat/rooms/:roomId/events`), by `event`: each `data` is the gongu.v1 frame of
 * that type without its `type`. `ready`, and answers to what only a socket can ask, don't come.
 */
export const roomStreamEvents = {
  /** `messages` is empty: each follows as an event of its own, with an id. */
  joined: serverFrames.joined.omit({ type, ref: true }),
  message: Message,
  typing: serverFrames.typing.omit({ type }),
  read: serverFrames.read.omit({ type }),
  presence: serverFrames.presence.omit({ type }),
  watchers: serverFrames.watchers.omit({ type }),
  /** One's own stream of a room that one only looks at; then `closed`. */
  unwatched: serverFrames.unwatched.omit({ type: true, ref: true }),
  head: serverFrames.head.omit({ type }),
  reconnect: serverFrames.reconnect.omit({ type }),
  'token.expiring': serverFrames['token.expiring'].omit({ type }),
  error: serverFrames.error.omit({ type }),
  closed,
} as const;

/** A room as the stream of all one's rooms shows it. */
export const RoomEntry = z
  .object({
    roomId: z.string(),
    title: z.string(),
    status: RoomStatus,
    reason: z.string().nullable(),
    /** Its newest message. */
    seq: z.int(),
    unread: z.int(),
    /** Of these, messages that are not deleted and mention one, or all. */
    unreadMentions: z.int(),
    lastReadSeq: z.int(),
  })
  .meta({ id: 'RoomEntry' });
export type RoomEntry = z.output<typeof RoomEntry>;

/** Blocks of the stream of all one's rooms (`GET /api/chat/events`), by `event`: the `data` of each. */
export const roomsStreamEvents = {
  /**
   * First, and whenever they must be told anew. Those that don't fit follow as `room.joined`. `hasMore`: he has more rooms
   * than are shown.
   */
  rooms: z.object({ rooms: z.array(RoomEntry), hasMore: z.boolean() }),
  /** A room moved on, or one's read mark in it did. */
  head: RoomEntry.pick({ roomId: true, seq: true, unread: true, unreadMentions: true }),
  'room.changed': RoomEntry.pick({ roomId: true, title: true, status: true, reason: true }),
  'room.joined': RoomEntry,
  /** `gone`: the room was removed. */
  'room.left': z.object({ roomId: z.string(), why: z.enum(['left', 'removed', 'gone']) }),
  reconnect: roomStreamEvents.reconnect,
  'token.expiring': roomStreamEvents['token.expiring'],
  error: roomStreamEvents.error,
  closed,
} as const;

export type RoomsStreamEventType = keyof typeof roomsStreamEvents;
/** What the stream of all one's rooms carries under that name. */
export type RoomsStreamData<K extends RoomsStreamEventType> = z.output<(typeof roomsStreamEvents)[K]>;
