import { z } from 'zod';
import { ChatMessage, Reaction } from './chat-message.ts';
import { Emoji } from './emoji.ts';
import { RoomId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { Message } from './message.ts';
import { PublicUser } from './user.ts';

/** An integer in a query: decimal digits and nothing else, where `Number` would take an empty text and `0x10` too. */
export function queryInteger(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,17}$/.test(value) ? Number(value) : value),
    z.int().min(min).max(max),
  );
}

/** Where a page of a `list` or `search` goes on. The longest names a user by an id of 255 characters of three bytes each. */
export function queryCursor(of: 'list' | 'search') {
  return z
    .string()
    .max(2_048)
    .regex(/^[A-Za-z0-9_-]+$/, { error: `must be the nextCursor of the same ${of}, asked in the same way` })
    .optional()
    .meta({
      description: `\`nextCursor\` of the same ${of}, asked in the same way, as it came; anything else is VALIDATION_FAILED`,
    });
}

/** `?limit=&cursor=` of lists. */
export const ListQuery = z.object({
  limit: queryInteger(1, LIMITS.listMax).default(LIMITS.listSize),
  cursor: queryCursor('list'),
});

/** A message in a path. */
export const MessagePath = z.object({ roomId: RoomId, seq: queryInteger(1) });

/** One's own reaction to a message, in a path. */
export const ReactionPath = MessagePath.extend({ emoji: Emoji });

/** Answer to a reaction: all that there are of the message. */
export const Reactions = z
  .object({ reactions: z.array(Reaction), version: z.int().meta({ description: "the message's version now" }) })
  .meta({ id: 'Reactions' });

/** `?limit=&cursor=&emoji=` of who reacted. */
export const ReactionQuery = ListQuery.extend({
  emoji: Emoji.optional().meta({ description: 'only those who reacted by this one' }),
});

/** Somebody who reacted, and by what. */
export const Reacted = z.object({ emoji: z.string(), user: PublicUser }).meta({ id: 'Reacted' });

/** A list's answer. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** `?before=|after=|offset=&limit=` of messages; `before` and `after` are exclusive, `offset` counts back from the newest. */
export const MessageQuery = z
  .object({
    before: queryInteger(1).optional().meta({ description: 'exclusive; not together with after or offset' }),
    after: queryInteger(0).optional().meta({ description: 'exclusive; not together with before or offset' }),
    offset: queryInteger(0, 1_000_000_000)
      .optional()
      .meta({ description: 'counts back from the newest; not together with before or after' }),
    limit: queryInteger(1, LIMITS.pageMax).default(LIMITS.pageSize),
  })
  .refine((query) => [query.before, query.after, query.offset].filter((value) => value !== undefined).length <= 1, {
    path: ['before'],
    error: 'only one of before, after and offset may be given',
  });

/**
 * By the `seq` of a message, the emojis by which one has reacted oneself: of those messages to which more have reacted by one
 * emoji than are named with it. Absent where there are none.
 */
export const ownReactions = { reacted: z.record(z.string(), z.array(z.string())).optional() };

/** A page of messages, ascending by `seq`. `hasMore`: there are more in the direction of reading. */
export const MessagePage = z
  .object({
    messages: z.array(Message),
    hasMore: z.boolean(),
    /** What of it is one's own. */
    you: z.object(ownReactions).optional(),
  })
  .meta({ id: 'MessagePage' });
export type MessagePage = z.output<typeof MessagePage>;

/** Answer of `GET …/notice`: the newest NOTIFICATION of a room that is not deleted, and has no `data`; null where there is none. */
export const NewestNotice = z.object({ message: ChatMessage.nullable() }).meta({ id: 'NewestNotice' });
export type NewestNotice = z.output<typeof NewestNotice>;
