import type { Event, EventOf, Message, Room, RoomEntry, RoomsStreamData } from '@gongu/shared';
import type { StoredMessage } from './ports/stored-message.ts';

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
export type SummaryOf<K extends keyof SummaryMap> = { type: K } & SummaryMap[K];
export type Summary = { [K in keyof SummaryMap]: SummaryOf<K> }[keyof SummaryMap];

/** A message was added to the room. */
export interface MessageEvent {
  readonly type: 'message';
  readonly message: StoredMessage;
}

/** The answer to a join. Of a storm of joins all get the same message objects, so that a codec can keep what it made of them. */
export type JoinedEvent = Omit<EventOf<'joined'>, 'messages'> & { readonly messages: readonly StoredMessage[] };

/** What a client is told, before a protocol's codec has made of it what goes over the wire. Never leaves the service. */
export type ChatEvent = Exclude<Event, { type: 'message' | 'joined' }> | MessageEvent | JoinedEvent | Summary;

/** A message without what never leaves the service. */
export function wireMessage({ chatNo: _, signalType: __, ...message }: StoredMessage): Message {
  return message;
}

/** What a message takes as JSON on any wire, at the very most: as if each of its characters were escaped. */
export function mostBytes(message: Message): number {
  const { content, sender, data } = message;
  const chars = content.length + (sender ? sender.userId.length + sender.nickname.length : 0);
  // Ids, times and names of fields have less than this. A control character takes seven bytes where JSON is in a JSON text.
  const [reactions, attachments] = message.kind === 'SYSTEM' ? [] : [message.reactions, message.attachments];
  const more = [data, reactions, attachments].reduce<number>(
    (sum, part) => sum + (part ? JSON.stringify(part).length : 0),
    0,
  );
  return 1_200 + 7 * (chars + more);
}

/** The frame of gongu.v1; null for what it does not carry. */
export function frameOf(event: ChatEvent): Event | null {
  switch (event.type) {
    case 'message':
      return { type: 'message', ...wireMessage(event.message) };
    case 'joined':
      return { ...event, messages: event.messages.map(wireMessage) };
    case 'participants':
    case 'status':
    case 'connections':
    case 'identity':
    case 'rooms':
    case 'unread':
    case 'room.changed':
    case 'room.joined':
    case 'room.left':
    case 'whisper':
      return null;
    default:
      return event;
  }
}
