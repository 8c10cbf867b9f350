import type { Event } from './event.ts';
import type { Room } from './room.ts';
import type { RoomEntry, RoomsStreamData } from './stream-event.ts';

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
  rooms: RoomsStreamData<'rooms'>;
  /** A room of his moved on, or his read mark in it did. */
  unread: RoomsStreamData<'head'>;
  'room.changed': RoomsStreamData<'room.changed'>;
  'room.joined': RoomEntry;
  'room.left': RoomsStreamData<'room.left'>;
  /** From one member to another's sockets in the room, by `/room`. */
  whisper: { roomId: string; sender: string; receiver: string; signalType: string; data: unknown };
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
