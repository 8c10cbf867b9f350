import { z } from 'zod';
import { Attachment } from './attachment.ts';
import { PublicUser } from './user.ts';

/** CHAT from a member, SYSTEM from the service, NOTIFICATION from the host or the service. */
export const MessageKind = z.enum(['CHAT', 'SYSTEM', 'NOTIFICATION']);
export type MessageKind = z.output<typeof MessageKind>;

/** Where a row of a room's sequence stands, and as which of its changes it is shown. */
export const messagePlace = {
  roomId: z.string(),
  seq: z.int(),
  messageId: z.string(),
  /** `seq` of the last row that changed it; its own while none did. Of two copies the one with the greater is the newer. */
  version: z.int(),
};

/** How many reacted to a message by one emoji, and the first three of them. */
export const Reaction = z
  .object({
    emoji: z.string(),
    count: z.int(),
    users: z.array(PublicUser.pick({ userId: true, nickname: true })),
  })
  .meta({ id: 'Reaction' });
export type Reaction = z.output<typeof Reaction>;

/** What somebody says: CHAT and NOTIFICATION. */
export const ChatMessage = z
  .object({
    ...messagePlace,
    kind: MessageKind.exclude(['SYSTEM']),
    /** Null for a NOTIFICATION by the service. */
    sender: PublicUser.nullable(),
    /** Raw text: escape at output. Empty where it was deleted, and where there are files alone. */
    content: z.string(),
    replyTo: z.string().nullable(),
    clientMessageId: z.string().nullable(),
    /** Any JSON; only where there is some. */
    data: z.unknown().optional(),
    createdAt: z.string(),
    /** Only where it was edited. */
    editedAt: z.string().optional(),
    /** Only where it was deleted. */
    deletedAt: z.string().optional(),
    /** `userId`s of the members whom it mentions; only where there are some. */
    mentions: z.array(z.string()).optional(),
    /** Only where it mentions all. */
    mentionsAll: z.literal(true).optional(),
    /** Only where something in `content` was masked. */
    masked: z.literal(true).optional(),
    /** Only where its texts can not be read, since they were altered where they are stored: then `content` is empty. */
    unreadable: z.literal(true).optional(),
    /** In the order in which each emoji came first; only where there are some. */
    reactions: z.array(Reaction).optional(),
    /** Only where there are some. */
    attachments: z.array(Attachment).optional(),
  })
  .meta({ id: 'ChatMessage' });
export type ChatMessage = z.output<typeof ChatMessage>;
