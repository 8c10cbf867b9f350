import type { ErrorCode, FieldError } from './errors.ts';
import type { Message } from './message.ts';
import type { Participant, Room, RoomStatus } from './room.ts';
import type { PublicUser } from './user.ts';

/** Frames that the server sends in `gongu.v1`, by `type`. docs/protocol.md says when. */
export interface EventMap {
  ready: {
    connectionId: string;
    user: PublicUser;
    serverTime: string;
    heartbeatMs: number;
    tokenExpiresAt: string;
    limits: { contentChars: number; frameBytes: number };
  };
  joined: {
    ref?: string;
    roomId: string;
    room: Room;
    you: Participant & { unread: number };
    participants: Participant[];
    messages: Message[];
    lastSeq: number;
    recovered: boolean;
    hasMore: boolean;
  };
  ack: {
    ref?: string;
    roomId: string;
    seq: number;
    messageId: string;
    clientMessageId: string;
    createdAt: string;
    duplicate: boolean;
  };
  message: Message;
  typing: { roomId: string; user: PublicUser; typing: boolean };
  read: { roomId: string; userId: string; seq: number };
  presence: { roomId: string; userId: string; online: boolean; onlineCount: number };
  head: { roomId: string; seq: number };
  page: { ref?: string; roomId: string; messages: Message[]; hasMore: boolean };
  ok: { ref?: string };
  pong: { ref?: string; serverTime: string };
  resync: { roomId: string; afterSeq: number };
  reconnect: { afterMs: number };
  'token.expiring': { expiresAt: string };
  error: {
    ref?: string;
    code: ErrorCode;
    message: string;
    roomId?: string;
    retryAfterMs?: number;
    errors: FieldError[];
  };
}
export type EventType = keyof EventMap;
/** A server's frame. */
export type Event = { [K in EventType]: { type: K } & EventMap[K] }[EventType];
export type EventOf<K extends EventType> = { type: K } & EventMap[K];

/**
 * What gongu.v1 does not carry: it tells the same by `presence` and by SYSTEM messages. Protocols whose clients subscribe
 * to it singly (STOMP) do, each at most once a second and room.
 */
export interface SummaryMap {
  participants: { roomId: string; participantCount: number; onlineCount: number };
  /** The room after its status, title, cap, minimum or end changed. */
  status: { roomId: string; room: Room };
  /** Sockets connected on all instances. */
  connections: { count: number };
  /** First on the older URLs, when no token was presented: the anonymous identity that the socket was given. */
  identity: { token: string };
  /** A user's rooms on the stream that carries all of them: first, and whenever they must be told anew. */
  rooms: { rooms: RoomEntry[]; hasMore: boolean };
  /** A room of his moved on, or his read mark in it did. */
  unread: { roomId: string; seq: number; unread: number };
  'room.changed': { roomId: string; title: string; status: RoomStatus; reason: string | null };
  'room.joined': RoomEntry;
  /** `gone`: the room was removed. */
  'room.left': { roomId: string; why: 'left' | 'removed' | 'gone' };
  /** From one member to another's sockets in the room, by `/room`. */
  whisper: { roomId: string; sender: string; receiver: string; signalType: string; data: unknown };
}
/** A room as the stream of all rooms shows it. */
export interface RoomEntry {
  roomId: string;
  title: string;
  status: RoomStatus;
  reason: string | null;
  seq: number;
  unread: number;
  lastReadSeq: number;
}
export type Summary = { [K in keyof SummaryMap]: { type: K } & SummaryMap[K] }[keyof SummaryMap];

const SUMMARIES: ReadonlySet<string> = new Set<keyof SummaryMap>([
  'participants',
  'status',
  'connections',
  'rooms',
  'unread',
  'room.changed',
  'room.joined',
  'room.left',
  'identity',
  'whisper',
]);

/** Tells a summary from the events of gongu.v1. */
export function isSummary(event: Event | Summary): event is Summary {
  return SUMMARIES.has(event.type);
}

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
