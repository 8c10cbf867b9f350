import { AppError, type ChatMessage, type SearchPage, searchForm, type User } from '@gongu/shared';
import { type Caller, readerId } from './access.ts';
import { wireMessage } from './event.ts';
import type { SearchPlace, SearchStore } from './ports/search-store.ts';
import type { StoredMessage } from './ports/stored-message.ts';
import { noSuchRoom } from './refusals.ts';

export interface SearchOptions {
  readonly search: SearchStore;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
  /** Hears how many milliseconds a search took that found what there is. */
  readonly onSearched: (milliseconds: number) => void;
}

/** Messages by what is in them. */
export function createSearch({ search, now, onSearched }: SearchOptions) {
  async function timed<T>(asked: () => Promise<T>): Promise<T> {
    const beganAt = now();
    const found = await asked();
    onSearched(now() - beganAt);
    return found;
  }

  return {
    /**
     * Messages of a room that contain `q`, the newest first, for members, admins and the service.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED
     */
    async inRoom(
      caller: Caller,
      roomId: string,
      { q, before = null, limit }: { q: string; before?: number | null | undefined; limit: number },
    ): Promise<SearchPage> {
      const wanted = { form: searchForm(q), before, limit: limit + 1 };
      const found = await timed(() => search.find(roomId, readerId(caller), wanted));
      if (found === 'NOT_FOUND') throw noSuchRoom();
      if (typeof found === 'string') throw new AppError(found);
      return pageOf(found, limit);
    },

    /** The same of all rooms that `user` is a member of; `before` null: from the newest on. `next`: where the older ones begin. */
    async inRooms(
      user: User,
      { q, before, limit }: { q: string; before: SearchPlace | null; limit: number },
    ): Promise<SearchPage & { readonly next: SearchPlace | null }> {
      const wanted = { form: searchForm(q), before, limit: limit + 1 };
      const { messages, epochs } = await timed(() => search.findInRooms(user.userId, wanted));
      const page = pageOf(messages, limit);
      const last = page.hasMore ? page.messages.at(-1) : undefined;
      return { ...page, next: last ? { ...last, epoch: epochs.get(last.roomId)! } : null };
    },
  };
}

export type Search = ReturnType<typeof createSearch>;

function pageOf(found: readonly StoredMessage[], limit: number): SearchPage {
  const messages = found.slice(0, limit).map((message) => wireMessage(message) as ChatMessage);
  return { messages, hasMore: found.length > limit };
}
