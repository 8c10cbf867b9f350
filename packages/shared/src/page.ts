import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { Message } from './message.ts';

/** `?limit=&cursor=` of lists. */
export const ListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(LIMITS.listMax).default(LIMITS.listSize),
  cursor: z.string().max(512).optional(),
});

/** A list's answer. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** `?before=|after=|offset=&limit=` of messages; `before` and `after` are exclusive, `offset` counts back from the newest. */
export const MessageQuery = z
  .object({
    before: z.coerce.number().int().min(1).optional(),
    after: z.coerce.number().int().min(0).optional(),
    offset: z.coerce.number().int().min(0).max(1_000_000_000).optional(),
    limit: z.coerce.number().int().min(1).max(LIMITS.pageMax).default(LIMITS.pageSize),
  })
  .refine((query) => [query.before, query.after, query.offset].filter((value) => value !== undefined).length <= 1, {
    path: ['before'],
    error: 'only one of before, after and offset may be given',
  });

/** A page of messages, ascending by `seq`. `hasMore`: there are more in the direction of reading. */
export const MessagePage = z.object({ messages: z.array(Message), hasMore: z.boolean() }).meta({ id: 'MessagePage' });
export type MessagePage = z.output<typeof MessagePage>;
