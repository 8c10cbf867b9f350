import { z } from 'zod';
import { AttachmentIds } from './attachment.ts';
import { ChatMessage, MessageKind, messagePlace } from './chat-message.ts';
import { ClientRef, MessageId } from './ids.ts';
import { SystemEvent } from './system-event.ts';
import { hasForbiddenCharacters, text } from './text.ts';

/** What the service tells of a room: who came and went, and what became of it. */
export const SystemMessage = z
  .object({
    ...messagePlace,
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

/** A row that tells of a change to another one, which it names. */
export type ChangeMessage = SystemMessage & { data: Extract<SystemEvent, { event: 'message.changed' }> };

/** Whether a row tells of a change to another one. Such rows count in no page. */
export function isChange(message: Pick<Message, 'kind'>): message is ChangeMessage {
  return message.kind === 'SYSTEM' && (message as Partial<SystemMessage>).data?.event === 'message.changed';
}

/**
 * `userId`s, of which the first members count: `LIMITS.mentions` at most. Who is no member is dropped, also one whom nobody can be
 * called, and beyond `LIMITS.mentionsNamed` all are: a mention never refuses what is said.
 */
const mentions = z
  .array(z.string().refine((id) => !hasForbiddenCharacters(id), { error: 'must not contain NUL or a lone surrogate' }))
  .nullish();

/** Body of `PATCH …/messages/:seq` and the fields of an `edit` frame. `maxChars` counts code points. */
export function editBody(maxChars: number) {
  return z.object({
    content: text(maxChars, 0).meta({ description: 'empty only where the message has attachments' }),
    mentions: mentions.meta({ description: 'who is mentioned then; absent: who was' }),
    mentionsAll: z.boolean().nullish().meta({ description: 'for the host and admins; absent: as it was' }),
    ifVersion: z.int().min(1).nullish().meta({ description: 'the `version` that is edited; another one is refused' }),
  });
}

/** Body of `POST …/messages` and the fields of a `send` frame; see {@link saysSomething}. `maxChars` counts code points. */
export function sendBody(maxChars: number) {
  return z.object({
    clientMessageId: ClientRef,
    content: text(maxChars, 0).meta({ description: 'empty only where there are attachments' }),
    kind: z.enum(['CHAT', 'NOTIFICATION']).optional(),
    mentions: mentions.meta({ description: 'who is mentioned: of them the first 20 who are members' }),
    mentionsAll: z.boolean().nullish().meta({ description: 'all are mentioned; for the host and admins' }),
    replyTo: MessageId.nullish().meta({ description: 'a message of the same room' }),
    attachments: AttachmentIds.nullish().meta({ description: 'own uploads of the room, completed, in no message yet' }),
  });
}

type Said = { content: string; attachments?: readonly string[] | null | undefined };

/** A message has a text, or files, or both. */
export function saysSomething<S extends z.ZodType<Said>>(schema: S): S {
  const isSaid = ({ content, attachments }: Said) => content !== '' || (attachments?.length ?? 0) > 0;
  return schema.refine(isSaid, { path: ['content'], error: 'must not be empty' });
}
