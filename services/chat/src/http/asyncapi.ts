import {
  Attachment,
  ChatMessage,
  commandSchemas,
  Message,
  Participant,
  PublicUser,
  Reaction,
  Room,
  RoomEntry,
  RoomRecord,
  roomStreamEvents,
  roomsStreamEvents,
  SystemEvent,
  SystemMessage,
  serverFrames,
} from '@gongu/shared';
import { z } from 'zod';

export interface AsyncApiOptions {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  /** Longest text of a message, code points. */
  readonly contentChars: number;
}

type Schemas = Readonly<Record<string, z.ZodType>>;
type Registry = ReturnType<typeof z.registry<{ id: string }>>;

/** Each kind of SYSTEM message, by the name that `/openapi.json` has for it. */
const SystemEvents: Schemas = Object.fromEntries(
  [RoomRecord, ...SystemEvent.options].map((schema) => [z.globalRegistry.get(schema)!.id!, schema]),
);

/** Parts that several messages have: each stands once in the document. */
const SHARED: Schemas = {
  ChatMessage,
  Message,
  Participant,
  Attachment,
  Reaction,
  Room,
  RoomEntry,
  SystemEvent,
  SystemMessage,
  User: PublicUser,
  ...SystemEvents,
};

const schemaUri = (id: string) => `#/components/schemas/${id}`;
/** A route's path with its parameters as AsyncAPI writes them. */
const addressOf = (path: string) => path.replace(/:(\w+)/g, '{$1}');
const refTo = (path: string) => ({ $ref: `#/${path}` });

/** What goes over sockets and event streams, as AsyncAPI 3.0: from the schemas that hold it everywhere else. */
export function asyncApiOf({ info, contentChars }: AsyncApiOptions): object {
  const given: Registry = z.registry();
  const taken: Registry = z.registry();
  for (const [id, schema] of Object.entries(SHARED)) given.add(schema, { id });
  const messages: Record<string, object> = {};

  /** A channel's messages as components, and how the channel names them. */
  function messagesOf(prefix: string, schemas: Schemas, registry: Registry): Record<string, object> {
    const refs = Object.entries(schemas).map(([type, schema]) => {
      const key = `${prefix}.${type}`;
      // One that stands in the document already is referred to.
      if (!registry.has(schema)) registry.add(schema, { id: key });
      messages[key] = {
        name: type,
        contentType: 'application/json',
        payload: { $ref: schemaUri(registry.get(schema)!.id) },
      };
      return [key, refTo(`components/messages/${key}`)];
    });
    return Object.fromEntries(refs);
  }
  const commands = messagesOf('command', commandSchemas(contentChars), taken);
  const frames = messagesOf('frame', serverFrames, given);
  const ofRoom = messagesOf('room', roomStreamEvents, given);
  const ofRooms = messagesOf('rooms', roomsStreamEvents, given);

  const operation = (action: 'send' | 'receive', channel: string, of: Record<string, object>, summary: string) => ({
    action,
    channel: refTo(`channels/${channel}`),
    summary,
    messages: Object.keys(of).map((key) => refTo(`channels/${channel}/messages/${key}`)),
  });
  return {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/json',
    channels: {
      socket: {
        address: '/ws',
        description: 'A WebSocket of the subprotocol gongu.v1: one JSON object a frame, both ways.',
        messages: { ...commands, ...frames },
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
      room: {
        address: addressOf('/api/chat/rooms/:roomId/events'),
        description: 'A room as server-sent events: `event` is the name of the message, `data` its payload.',
        parameters: { roomId: { description: 'A room that the user is a member of, or one that is ACTIVE.' } },
        messages: ofRoom,
      },
      rooms: {
        address: '/api/chat/events',
        description:
          "All of one's rooms as server-sent events: `event` is the name of the message, `data` its payload.",
        messages: ofRooms,
      },
    },
    operations: {
      takeCommand: operation('receive', 'socket', commands, 'What a client sends.'),
      sendFrame: operation('send', 'socket', frames, 'What the server sends.'),
      sendRoomEvent: operation('send', 'room', ofRoom, 'What happens in a room.'),
      sendRoomsEvent: operation('send', 'rooms', ofRooms, "How all of one's rooms are, as it changes."),
    },
    components: { messages, schemas: { ...schemasOf(given, 'output'), ...schemasOf(taken, 'input') } },
  };
}

function schemasOf(registry: Registry, io: 'input' | 'output'): Record<string, object> {
  const { schemas } = z.toJSONSchema(registry, { io, uri: schemaUri, target: 'draft-7', unrepresentable: 'any' });
  // Where they stand says what they are called.
  return Object.fromEntries(Object.entries(schemas).map(([id, { $id: _, $schema: __, ...schema }]) => [id, schema]));
}
