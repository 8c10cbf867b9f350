import { z } from 'zod';
import { ClientRef, MessageId } from './ids.ts';
import { SystemEvent } from './system-event.ts';
import { text } from './text.ts';
import { PublicUser } from './user.ts';

/** CHAT from a member, SYSTEM from the service, NOTIFICATION from the host or the service. */
export const MessageKind = z.enum(['CHAT', 'SYSTEM', 'NOTIFICATION']);
export type MessageKind = z.output<typeof MessageKind>;

const place = {
  roomId: z.string(),
  seq: z.int(),
  messageId: z.string(),
};

/** What somebody says: CHAT and NOTIFICATION. */
export const ChatMessage = z
  .object({
    ...place,
    kind: MessageKind.exclude(['SYSTEM']),
    /** Null for a NOTIFICATION by the service. */
    sender: PublicUser.nullable(),
    /** Raw text: escape at output. */
    content: z.string(),
    replyTo: z.string().nullable(),
    clientMessageId: z.string().nullable(),
    /** Any JSON; only where there is some. */
    data: z.unknown().optional(),
    createdAt: z.string(),
  })
  .meta({ id: 'ChatMessage' });
export type ChatMessage = z.output<typeof ChatMessage>;

/** What the service tells of a room: who came and went, and what became of it. */
export const SystemMessage = z
  .object({
    ...place,
    kind: MessageKind.extract(['SYSTEM']),
    sender: z.null(),
    /** A readable fallback: translate by `data`. */
    content: z.string(),
    replyTo: z.null(),
    clientMessageId: z.null(),
    data: SystemEvent,
    createdAt: z.string(),
  })
  .meta({ id: 'SystemMessage' });
export type SystemMessage = z.output<typeof SystemMessage>;

/**
 * One row of a room's sequence. All that lasts is such a row, one per `seq` and none missing: a client that applies
 * them in order of `seq` has the room's state.
 */
export const Message = z.discriminatedUnion('kind', [ChatMessage, SystemMessage]).meta({ id: 'Message' });
export type Message = z.output<typeof Message>;

/** Body of `POST …/messages` and the fields of a `send` frame. `maxChars` counts code points. */
export function sendBody(maxChars: number) {
  return z.object({
    clientMessageId: ClientRef,
    content: text(maxChars),
    kind: z.enum(['CHAT', 'NOTIFICATION']).optional(),
    replyTo: MessageId.nullish().meta({ description: 'a message of the same room' }),
  });
}
