import {
  type Command,
  type CommandType,
  codePoints,
  commandSchemas,
  errorEvent,
  fieldErrors,
  hasForbiddenCharacters,
  withoutBom,
} from '@gongu/shared';
import { frameOf, type JoinedEvent, wireMessage } from '../room/event.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import type { Answer, Codec, FrameRoom, ProtocolKind, Step } from './codec.ts';
import { cutJoined, cutPage } from './cut.ts';

/** `gongu.v1`: one JSON object a frame, both ways. docs/protocol.md is its specification. */
export function createJsonProtocol({ contentChars }: { contentChars: number }): ProtocolKind {
  const schemas = commandSchemas(contentChars);
  const codec: Codec = {
    protocol: 'json',
    resyncs: true,
    // One rendering serves all clients of this protocol, whatever the room.
    renderKey: () => '',
    receive: (frame) => [parse(frame)],
    render: (event) => {
      if (event.type === 'joined') return { texts: [joined(event)] };
      if (event.type === 'message') return { texts: [messageText(event.message)] };
      const frame = frameOf(event);
      return { texts: frame ? [JSON.stringify(frame)] : [] };
    },
    cut: <A extends Answer>(answer: A, room: FrameRoom) =>
      (answer.type === 'joined' ? cutJoined(answer, room, textOf) : cutPage(answer, room)) as A,
  };
  const messageTexts = new WeakMap<StoredMessage, string>();

  /** Most of it is messages that were told to the one who joined before as well. */
  function joined({ messages, ...rest }: JoinedEvent): string {
    return `${JSON.stringify(rest).slice(0, -1)},"messages":[${messages.map(textOf).join(',')}]}`;
  }

  function textOf(message: StoredMessage): string {
    const known = messageTexts.get(message);
    if (known !== undefined) return known;
    const text = JSON.stringify(wireMessage(message));
    messageTexts.set(message, text);
    return text;
  }

  /** The same as of `frameOf`, without one more copy of each message that is told. */
  function messageText(message: StoredMessage): string {
    return `{"type":"message",${JSON.stringify(wireMessage(message)).slice(1)}`;
  }

  function parse(frame: string | Uint8Array): Step {
    const value = objectOf(frame);
    if (!value) {
      return { kind: 'bad', error: errorEvent('BAD_FRAME', 'A frame must be one JSON object') };
    }
    const ref = refOf(value.ref);
    const { type } = value;
    if (typeof type !== 'string' || !Object.hasOwn(schemas, type)) {
      return { kind: 'refused', error: errorEvent('UNKNOWN_TYPE', unknownType(type), ref) };
    }
    const plain = plainSend(value, contentChars);
    if (plain) return { kind: 'command', command: plain };
    const result = schemas[type as CommandType].safeParse(value);
    if (!result.success) {
      const error = errorEvent('VALIDATION_FAILED', 'The frame is not valid', {
        ...ref,
        errors: fieldErrors(result.error.issues),
      });
      return { kind: 'refused', error };
    }
    return { kind: 'command', command: result.data as Command };
  }

  return {
    subprotocols: ['gongu.v1'],
    sniff: (frame) => firstCharacter(frame) === '{',
    // Stateless, so one instance serves every socket.
    create: () => codec,
  };

  function unknownType(type: unknown): string {
    const names = Object.keys(schemas).join(', ');
    return typeof type === 'string' ? `There is no such type; there are ${names}` : `type must be one of ${names}`;
  }
}

const PLAIN_FIELDS: ReadonlySet<string> = new Set(['type', 'ref', 'roomId', 'clientMessageId', 'content']);
const PLAIN_ROOM = /^[A-Za-z0-9_-]{1,64}$/;
const PLAIN_REF = /^[ -~]{1,64}$/;

/**
 * A `send` of a text alone, as most frames are: what the schema would make of it. Null: the schema has more to look at. A server
 * that is not busy has the schema's code in no cache: it was 12 µs of the 300 that a message to 20 members costs (`pnpm bench
 * s1b --profile`), 2 µs where it runs in a loop.
 */
function plainSend(value: Record<string, unknown>, contentChars: number): Command | null {
  const { type, ref, roomId, clientMessageId, content } = value;
  if (type !== 'send' || typeof content !== 'string' || typeof roomId !== 'string') return null;
  if (typeof clientMessageId !== 'string' || (ref !== undefined && typeof ref !== 'string')) return null;
  for (const name in value) if (!PLAIN_FIELDS.has(name)) return null;
  const isPlain =
    PLAIN_ROOM.test(roomId) &&
    PLAIN_REF.test(clientMessageId) &&
    (ref === undefined || PLAIN_REF.test(ref)) &&
    content !== '' &&
    content.length <= contentChars &&
    !hasForbiddenCharacters(content);
  return isPlain ? (value as Command) : null;
}

function objectOf(frame: string | Uint8Array): Record<string, unknown> | null {
  try {
    const text = typeof frame === 'string' ? frame : new TextDecoder('utf-8', { fatal: true }).decode(frame);
    const value: unknown = JSON.parse(withoutBom(text));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The `ref` of a frame that is otherwise wrong, so that its sender knows which one is meant. */
function refOf(ref: unknown): { ref?: string } {
  return typeof ref === 'string' && ref.length <= 128 && codePoints(ref) <= 64 ? { ref } : {};
}

function firstCharacter(frame: string | Uint8Array): string {
  if (typeof frame === 'string') return withoutBom(frame).charAt(0);
  const marked = frame[0] === 0xef && frame[1] === 0xbb && frame[2] === 0xbf;
  return String.fromCharCode(frame[marked ? 3 : 0] ?? 0);
}
