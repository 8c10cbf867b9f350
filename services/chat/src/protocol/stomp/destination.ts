import { RESERVED_ROOM_IDS, RoomId } from '@gongu/shared';

/** What of a room is subscribed to. */
export type RoomTopic = 'messages' | 'read' | 'typing' | 'participants' | 'status';

/** Something that can be subscribed to. */
export type Source =
  | { readonly kind: 'room'; readonly roomId: string; readonly topic: RoomTopic }
  | { readonly kind: 'connections' }
  | { readonly kind: 'errors' };

/** Something that can be sent to. `roomId` null: the body names the room. */
export type Sink =
  | { readonly kind: 'send'; readonly roomId: string | null }
  | { readonly kind: SinkAction; readonly roomId: string };

/** What can be sent to a room beside messages. */
const SINK_ACTIONS = ['read', 'typing', 'edit', 'delete', 'react', 'pin'] as const;
export type SinkAction = (typeof SINK_ACTIONS)[number];

/** Destinations as a STOMP codec understands them. Null: there is no such destination. */
export interface Destinations {
  source(destination: string): Source | null;
  sink(destination: string): Sink | null;
}

export interface DestinationOptions {
  /** What clients subscribe below, and may send to as well. @default ['/topic'] */
  readonly topics?: readonly string[];
  /** What clients send to. @default ['/app', '/pub'] */
  readonly applications?: readonly string[];
  /** The segment between prefix and room. @default ['chat', 'couple'] */
  readonly names?: readonly string[];
  /** The older short form: `{channel}/{roomId}` for messages, `{channel}/entry` for the count of connections. @default '/sub/channel' */
  readonly channel?: string;
  /** Where errors of one's own are sent. @default '/user/queue/errors' */
  readonly errors?: string;
}

/** `/entry` is a reserved room id, so that no room can be called so. */
const CONNECTIONS = 'entry';
/** One more than any destination has after its prefix. */
const SEGMENTS = 4;
const SUB_TOPICS: readonly string[] = ['read', 'typing', 'participants', 'status'] satisfies RoomTopic[];

/** The destinations of docs/protocol.md, with prefixes as configured. A prefix begins with a slash and has none at its end. */
export function createDestinations(options: DestinationOptions = {}): Destinations {
  const { topics = ['/topic'], applications = ['/app', '/pub'], names = ['chat', 'couple'] } = options;
  const { channel = '/sub/channel', errors = '/user/queue/errors' } = options;

  /** Segments after one of the prefixes and a name. */
  function below(prefixes: readonly string[], destination: string): string[] | null {
    const prefix = prefixes.find((candidate) => destination.startsWith(`${candidate}/`));
    if (prefix === undefined) return null;
    const [name, ...rest] = destination.slice(prefix.length + 1).split('/', SEGMENTS);
    return names.includes(name!) ? rest : null;
  }

  return {
    source(destination) {
      if (destination === errors) return { kind: 'errors' };
      if (destination.startsWith(`${channel}/`)) {
        const last = destination.slice(channel.length + 1);
        if (last === CONNECTIONS) return { kind: 'connections' };
        return isRoomId(last) ? { kind: 'room', roomId: last, topic: 'messages' } : null;
      }
      const [roomId, topic, ...more] = below(topics, destination) ?? [];
      if (!isRoomId(roomId) || more.length > 0) return null;
      if (topic === undefined) return { kind: 'room', roomId, topic: 'messages' };
      return SUB_TOPICS.includes(topic) ? { kind: 'room', roomId, topic: topic as RoomTopic } : null;
    },

    sink(destination) {
      const topic = below(topics, destination);
      const segments = topic ?? below(applications, destination);
      if (!segments) return null;
      const [roomId, action, ...more] = segments;
      if (roomId === undefined) return topic ? null : { kind: 'send', roomId: null };
      if (!isRoomId(roomId) || more.length > 0) return null;
      if (action === undefined) return { kind: 'send', roomId };
      const kind = SINK_ACTIONS.find((each) => each === action);
      return kind ? { kind, roomId } : null;
    },
  };
}

function isRoomId(text: string | undefined): text is string {
  return text !== undefined && RoomId.safeParse(text).success && !RESERVED_ROOM_IDS.has(text);
}
