import { z } from 'zod';
import { ClientRef, MessageId } from './ids.ts';
import { text } from './text.ts';
import { PublicUser } from './user.ts';

/** CHAT from a member, SYSTEM from the service, NOTIFICATION from the host or the service. */
export const MessageKind = z.enum(['CHAT', 'SYSTEM', 'NOTIFICATION']);
export type MessageKind = z.output<typeof MessageKind>;

/** What a SYSTEM message tells, in `data.event`. */
export const SYSTEM_EVENTS = [
  'participant.joined',
  'participant.left',
  'participant.removed',
  'participant.committed',
  'participant.uncommitted',
  'room.opened',
  'room.closed',
  'room.cancelled',
  'room.updated',
] as const;
export type SystemEvent = (typeof SYSTEM_EVENTS)[number];

/**
 * One row of a room's sequence. All that lasts is such a row, one per `seq` and none missing: a client that applies
 * them in order of `seq` has the room's state.
 */
export const Message = z
  .object({
    roomId: z.string(),
    seq: z.int(),
    messageId: z.string(),
    kind: MessageKind,
    /** Null for SYSTEM, and for a NOTIFICATION by the service. */
    sender: PublicUser.nullable(),
    /** Raw text: escape at output. Of SYSTEM a readable fallback; translate by `data`. */
    content: z.string(),
    replyTo: z.string().nullable(),
    clientMessageId: z.string().nullable(),
    /** Only where there is some. */
    data: z.unknown().optional(),
    createdAt: z.string(),
  })
  .meta({ id: 'Message' });
export type Message = z.output<typeof Message>;

/** Body of `POST …/messages` and the fields of a `send` frame. `maxChars` counts code points. */
export function sendBody(maxChars: number) {
  return z.object({
    clientMessageId: ClientRef,
    content: text(maxChars),
    kind: z.enum(['CHAT', 'NOTIFICATION']).optional(),
    replyTo: MessageId.nullish(),
  });
}
