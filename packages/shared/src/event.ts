import { z } from 'zod';
import { ChatMessage } from './chat-message.ts';
import { ERROR_CODES, type ErrorCode, type FieldError } from './errors.ts';
import { Message, SystemMessage } from './message.ts';
import { MessagePage, ownReactions } from './page.ts';
import { Participant, Room } from './room.ts';
import { PublicUser } from './user.ts';

const roomId = z.string();
const seq = z.int();
/** Of the frame that is answered. */
const ref = z.string().optional();
const time = z.iso.datetime();

/**
 * Why one no longer looks. `ASKED`: by `unwatch`. `ROOM_NOT_ACTIVE`: it was closed or cancelled. `ROOM_GONE`: it was removed.
 * `REMOVED`: one has become a member and was removed, in one moment. `BANNED`: from the room.
 */
export const UnwatchReason = z.enum(['ASKED', 'ROOM_NOT_ACTIVE', 'ROOM_GONE', 'REMOVED', 'BANNED']);
export type UnwatchReason = z.output<typeof UnwatchReason>;

const messageType = { type: z.literal('message') };

/** Frames that the server sends in `gongu.v1`, by `type`. docs/protocol.md says when. */
export const serverFrames = {
  ready: z.object({
    type: z.literal('ready'),
    connectionId: z.string(),
    user: PublicUser,
    serverTime: time,
    heartbeatMs: z.int(),
    tokenExpiresAt: time,
    limits: z.object({
      contentChars: z.int(),
      frameBytes: z.int(),
      /** Seconds for which its sender may edit a message; absent: messages can't be changed here. */
      editWindowS: z.int().optional(),
    }),
  }),
  joined: z.object({
    type: z.literal('joined'),
    ref,
    roomId,
    room: Room,
    /** Null: one looks and is no member. */
    you: Participant.extend({
      unread: z.int(),
      unreadMentions: z.int(),
      ...ownReactions,
      /** Only where one is muted; `until` null: until it is taken away. */
      muted: z.object({ until: z.string().nullable() }).optional(),
    }).nullable(),
    participants: z.array(Participant),
    messages: z.array(Message),
    lastSeq: seq,
    /** The room's; to be named by the next `join`. */
    epoch: z.string(),
    recovered: z.boolean(),
    hasMore: z.boolean(),
  }),
  ack: z.object({
    type: z.literal('ack'),
    ref,
    roomId,
    seq,
    messageId: z.string(),
    clientMessageId: z.string(),
    createdAt: time,
    duplicate: z.boolean(),
  }),
  message: z.discriminatedUnion('kind', [ChatMessage.extend(messageType), SystemMessage.extend(messageType)]),
  typing: z.object({ type: z.literal('typing'), roomId, user: PublicUser, typing: z.boolean() }),
  read: z.object({ type: z.literal('read'), roomId, userId: z.string(), seq }),
  presence: z.object({
    type: z.literal('presence'),
    roomId,
    userId: z.string(),
    online: z.boolean(),
    onlineCount: z.int(),
  }),
  watchers: z.object({ type: z.literal('watchers'), roomId, watcherCount: z.int() }),
  unwatched: z.object({ type: z.literal('unwatched'), ref, roomId, reason: UnwatchReason }),
  head: z.object({ type: z.literal('head'), roomId, seq }),
  page: MessagePage.extend({ type: z.literal('page'), ref, roomId }),
  ok: z.object({
    type: z.literal('ok'),
    ref,
    /** Of an `edit` or a `react`: the message's version now. */
    version: z.int().optional(),
  }),
  pong: z.object({ type: z.literal('pong'), ref, serverTime: time }),
  resync: z.object({ type: z.literal('resync'), roomId, afterSeq: seq }),
  reconnect: z.object({ type: z.literal('reconnect'), afterMs: z.int() }),
  'token.expiring': z.object({ type: z.literal('token.expiring'), expiresAt: time }),
  error: z.object({
    type: z.literal('error'),
    ref,
    code: z.enum(ERROR_CODES),
    message: z.string(),
    roomId: roomId.optional(),
    retryAfterMs: z.int().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
  }),
} as const;

type ServerFrames = typeof serverFrames;
export type EventType = keyof ServerFrames;
export type EventOf<K extends EventType> = z.output<ServerFrames[K]>;
/** A server's frame. */
export type Event = EventOf<EventType>;

/** An `error` frame; `code` from the one table. */
export function errorEvent(
  code: ErrorCode,
  message: string,
  rest: {
    ref?: string | undefined;
    roomId?: string | undefined;
    retryAfterMs?: number | undefined;
    errors?: readonly FieldError[] | undefined;
  } = {},
): EventOf<'error'> {
  const { ref, roomId, retryAfterMs, errors = [] } = rest;
  return {
    type: 'error',
    ...(ref === undefined ? {} : { ref }),
    code,
    message,
    ...(roomId === undefined ? {} : { roomId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    errors: [...errors],
  };
}
