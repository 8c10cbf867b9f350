import { z } from 'zod';
import { ChatMessage } from './chat-message.ts';
import { LIMITS } from './limits.ts';
import { queryCursor, queryInteger } from './page.ts';
import { SEARCH_CHARS, searchForm } from './search-form.ts';
import { codePoints, text } from './text.ts';

/** `?q=`: what is looked for, any part of a text. */
export const SearchText = text(256)
  .refine(
    (value) => {
      const characters = codePoints(searchForm(value));
      return characters >= SEARCH_CHARS.least && characters <= SEARCH_CHARS.most;
    },
    { error: `must have ${SEARCH_CHARS.least} to ${SEARCH_CHARS.most} characters after NFKC and case folding` },
  )
  .meta({ description: '2 to 64 characters after NFKC and case folding; any part of a text', minLength: 1 });

const limit = queryInteger(1, LIMITS.pageMax).default(20);

/** `?q=&before=&limit=` of a room's search. */
export const SearchQuery = z.object({
  q: SearchText,
  before: queryInteger(1).optional().meta({ description: 'exclusive' }),
  limit,
});

/** `?q=&cursor=&limit=` of a search of all one's rooms. */
export const RoomsSearchQuery = z.object({
  q: SearchText,
  cursor: queryCursor('search'),
  limit,
});

/** Messages that contain what was asked for, the newest first. `hasMore`: there are older ones. */
export const SearchPage = z.object({ messages: z.array(ChatMessage), hasMore: z.boolean() }).meta({ id: 'SearchPage' });
export type SearchPage = z.output<typeof SearchPage>;

/** The same of all one's rooms. `nextCursor`: asks for the older ones; null where there are none. */
export const RoomsSearchPage = SearchPage.extend({ nextCursor: z.string().nullable() }).meta({ id: 'RoomsSearchPage' });
export type RoomsSearchPage = z.output<typeof RoomsSearchPage>;
