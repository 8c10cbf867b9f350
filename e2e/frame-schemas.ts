import {
  ERROR_CODES,
  type EventMap,
  type EventType,
  Message,
  Participant,
  PublicUser,
  Room,
  SYSTEM_EVENTS,
} from '@gongu/shared';
import { z } from 'zod';

const { roomId, seq } = Message.shape;
const ref = z.string().optional();
const time = z.iso.datetime();

const fields = {
  ready: z.strictObject({
    connectionId: z.string(),
    user: PublicUser,
    serverTime: time,
    heartbeatMs: z.int(),
    tokenExpiresAt: time,
    limits: z.strictObject({ contentChars: z.int(), frameBytes: z.int() }),
  }),
  joined: z.strictObject({
    ref,
    roomId,
    room: Room.strict(),
    you: Participant.extend({ unread: z.int() }).strict(),
    participants: z.array(Participant.strict()),
    messages: z.array(Message.strict()),
    lastSeq: seq,
    recovered: z.boolean(),
    hasMore: z.boolean(),
  }),
  ack: z.strictObject({
    ref,
    roomId,
    seq,
    messageId: z.string(),
    clientMessageId: z.string(),
    createdAt: time,
    duplicate: z.boolean(),
  }),
  message: Message.strict(),
  typing: z.strictObject({ roomId, user: PublicUser, typing: z.boolean() }),
  read: z.strictObject({ roomId, userId: z.string(), seq }),
  presence: z.strictObject({ roomId, userId: z.string(), online: z.boolean(), onlineCount: z.int() }),
  head: z.strictObject({ roomId, seq }),
  page: z.strictObject({ ref, roomId, messages: z.array(Message.strict()), hasMore: z.boolean() }),
  ok: z.strictObject({ ref }),
  pong: z.strictObject({ ref, serverTime: time }),
  resync: z.strictObject({ roomId, afterSeq: seq }),
  reconnect: z.strictObject({ afterMs: z.int() }),
  'token.expiring': z.strictObject({ expiresAt: time }),
  error: z.strictObject({
    ref,
    code: z.enum(ERROR_CODES),
    message: z.string(),
    roomId: roomId.optional(),
    retryAfterMs: z.int().optional(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })),
  }),
} satisfies { [K in EventType]: z.ZodType<EventMap[K]> };

/** Schemas of the frames that the server sends in `gongu.v1`, by `type`: the types of `EventMap`, and nothing beside. */
export const serverFrames = fields as unknown as Readonly<Record<EventType, z.ZodObject>>;

/** The `data` of a SYSTEM message. */
export const SystemData = z.strictObject({
  event: z.enum(SYSTEM_EVENTS),
  participant: Participant.strict().nullish(),
  participantCount: z.int().optional(),
  committedCount: z.int().optional(),
  reason: z.string().optional(),
  room: Room.omit({ onlineCount: true }).strict().optional(),
});
