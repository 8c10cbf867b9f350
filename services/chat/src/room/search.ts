import {
  AppError,
  type ChatMessage,
  hasForbiddenCharacters,
  type RoomsSearchPage,
  type SearchPage,
  searchForm,
  type User,
} from '@gongu/shared';
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

    /** The same of all rooms that `user` is a member of. @throws AppError VALIDATION_FAILED (`cursor`) */
    async inRooms(
      user: User,
      { q, cursor, limit }: { q: string; cursor?: string | undefined; limit: number },
    ): Promise<RoomsSearchPage> {
      const before = cursor === undefined ? null : placeOf(cursor);
      const wanted = { form: searchForm(q), before, limit: limit + 1 };
      const found = await timed(() => search.findInRooms(user.userId, wanted));
      const page = pageOf(found, limit);
      return { ...page, nextCursor: page.hasMore ? cursorOf(page.messages.at(-1)!) : null };
    },
  };
}

export type Search = ReturnType<typeof createSearch>;

function pageOf(found: readonly StoredMessage[], limit: number): SearchPage {
  const messages = found.slice(0, limit).map((message) => wireMessage(message) as ChatMessage);
  return { messages, hasMore: found.length > limit };
}

function cursorOf({ createdAt, roomId, seq }: ChatMessage): string {
  return Buffer.from(JSON.stringify([createdAt, roomId, seq])).toString('base64url');
}

function placeOf(cursor: string): SearchPlace {
  const place = readPlace(Buffer.from(cursor, 'base64url').toString());
  if (place) return place;
  throw new AppError('VALIDATION_FAILED', {
    errors: [{ path: 'cursor', message: 'must be the nextCursor of the same search' }],
  });
}

function readPlace(text: string): SearchPlace | null {
  try {
    const [createdAt, roomId, seq] = JSON.parse(text);
    const isTime = typeof createdAt === 'string' && new Date(createdAt).toISOString() === createdAt;
    const isPlace = isTime && typeof roomId === 'string' && Number.isSafeInteger(seq);
    return isPlace && !hasForbiddenCharacters(roomId) ? { createdAt, roomId, seq } : null;
  } catch {
    return null;
  }
}
