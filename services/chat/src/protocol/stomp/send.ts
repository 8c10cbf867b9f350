import {
  type Command,
  type CommandSchemas,
  type FieldError,
  fieldErrors,
  parseMessageId,
  withoutBom,
} from '@gongu/shared';
import type { Sink, SinkAction } from './destination.ts';
import { type StompFrame, utf8 } from './frame.ts';

export interface SendOptions {
  readonly schemas: CommandSchemas;
  /** The room of a body that names none; null: there is no such room. */
  readonly lobbyRoomId: string | null;
  /** A `clientMessageId` for bodies without one. */
  readonly newId: () => string;
}

type SentType = 'send' | SinkAction;

/** What a SEND asks for, or what is wrong with its body. */
export type Sent =
  | { readonly command: Extract<Command, { type: SentType }> }
  | { readonly errors: readonly FieldError[] };

/** The body of a SEND as a command. `ref`: how its answer is recognised. */
export function sendCommand(frame: StompFrame, sink: Sink, ref: string, options: SendOptions): Sent {
  const text = utf8(frame.body);
  if (text === null) return wrong('', 'must be UTF-8');
  const type = frame.headers.get('content-type');
  return sink.kind === 'send'
    ? send(text, type, sink.roomId, ref, options)
    : act(objectOf(text), sink.kind, sink.roomId, ref, options);
}

function send(text: string, type: string | undefined, to: string | null, ref: string, options: SendOptions): Sent {
  const { schemas, lobbyRoomId, newId } = options;
  const body = messageOf(text, type);
  if (!body) return wrong('', 'must be JSON, or text/plain');
  const roomId = to ?? body.roomId ?? lobbyRoomId;
  if (roomId === null) return wrong('roomId', 'is missing: the destination names no room');
  return checked(
    schemas.send.safeParse({
      type: 'send',
      ref,
      roomId,
      clientMessageId: body.clientMessageId ?? newId(),
      content: body.content ?? body.message ?? (body.attachments === undefined ? undefined : ''),
      replyTo: body.replyTo,
      mentions: body.mentions,
      mentionsAll: body.mentionsAll,
      kind: body.kind ?? undefined,
      attachments: body.attachments,
    }),
  );
}

/**
 * A message's fields. Clients disagree with their own `content-type` (Spring sends JSON texts as text/plain, some send
 * none), so an object with a text in it is always JSON, and only what can't be is taken as the text itself.
 */
function messageOf(text: string, type: string | undefined): Record<string, unknown> | null {
  const object = objectOf(text);
  if (object && ('content' in object || 'message' in object || 'attachments' in object)) return object;
  if (type !== undefined && /^\s*application\/(.+\+)?json\b/i.test(type)) {
    const value = jsonOf(text);
    return typeof value === 'string' ? { content: value } : object;
  }
  // Without any type, an object is a body whose field is called otherwise; sent on as a text it would please nobody.
  return object && type === undefined ? object : { content: text };
}

function act(
  body: Record<string, unknown> | null,
  type: SinkAction,
  roomId: string,
  ref: string,
  { schemas }: SendOptions,
): Sent {
  if (!body) return wrong('', 'must be a JSON object');
  if (type === 'typing') return checked(schemas.typing.safeParse({ type, ref, roomId, typing: body.typing }));
  let { seq } = body;
  if (seq === undefined && body.messageId !== undefined) {
    const id = typeof body.messageId === 'string' ? parseMessageId(body.messageId) : null;
    if (id?.roomId !== roomId) return wrong('messageId', 'must be the id of a message of this room: roomId:seq');
    seq = id.seq;
  }
  const { content, ifVersion, mentions, mentionsAll, emoji, on } = body;
  if (type === 'edit')
    return checked(schemas.edit.safeParse({ type, ref, roomId, seq, content, ifVersion, mentions, mentionsAll }));
  if (type === 'delete') return checked(schemas.delete.safeParse({ type, ref, roomId, seq }));
  if (type === 'react') return checked(schemas.react.safeParse({ type, ref, roomId, seq, emoji, on }));
  if (type === 'pin') return checked(schemas.pin.safeParse({ type, ref, roomId, seq, on }));
  return checked(schemas.read.safeParse({ type, ref, roomId, seq }));
}

function checked<C extends Extract<Command, { type: SentType }>>(
  result:
    | { success: true; data: C }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } },
): Sent {
  return result.success ? { command: result.data } : { errors: fieldErrors(result.error.issues) };
}

function wrong(path: string, message: string): Sent {
  return { errors: [{ path, message }] };
}

function objectOf(text: string): Record<string, unknown> | null {
  const value = jsonOf(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(withoutBom(text));
  } catch {
    return undefined;
  }
}
