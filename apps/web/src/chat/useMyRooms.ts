import type { ChatError, ListedRoom, Message } from '@gongu/client';
import { useChatClient, useRooms } from '@gongu/react';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiError, type ApiErrorCode } from '../api/api-error.ts';
import { keys } from '../products/queries.ts';
import { useServices } from '../session/SessionProvider.tsx';

/** Rooms that are shown: a page of theirs. */
const ROOMS = 100;
/** Milliseconds between two readings of last messages, however fast the rooms move; and after a reading that failed. */
const READ_MS = 1_000;
const READ_AGAIN_MS = 10_000;

export interface MyRoom extends ListedRoom {
  readonly lastMessage: Message | null;
}

export interface MyRooms {
  /** Newest membership first; undefined until they are known. */
  readonly rooms: readonly MyRoom[] | undefined;
  readonly error: Error | null;
  retry(): void;
}

/**
 * The products' rooms in which one is, as they move. The stream of all rooms tells of them; what it lacks is read when the
 * list has become another, and `withMessages`, when a room has moved.
 */
export function useMyRooms({ withMessages = false } = {}): MyRooms {
  const { session } = useServices();
  const client = useChatClient();
  const list = useRooms();
  const rooms = list.rooms.slice(0, ROOMS);
  const known = useQuery({
    queryKey: keys.rooms(session?.userId ?? ''),
    async queryFn() {
      // As the list is before the reading: what moves meanwhile is a reason for the next one.
      const asOf = stateOf(client.rooms().getSnapshot().rooms.slice(0, ROOMS));
      const found = await client.myRooms({ limit: ROOMS });
      if (!found.ok) throw apiError(found.error);
      return { asOf, items: new Map(found.value.items.map((room) => [room.roomId, room])) };
    },
    enabled: list.status === 'live',
    staleTime: Number.POSITIVE_INFINITY,
  });

  const { data, isFetching, dataUpdatedAt, errorUpdatedAt, refetch } = known;
  const { ids, heads } = stateOf(rooms);
  const isBehind = data !== undefined && (data.asOf.ids !== ids || (withMessages && data.asOf.heads !== heads));
  const dueAt = Math.max(dataUpdatedAt + READ_MS, errorUpdatedAt + READ_AGAIN_MS);
  useEffect(() => {
    if (!isBehind || isFetching) return;
    const timer = setTimeout(() => void refetch({ cancelRefetch: false }), Math.max(0, dueAt - Date.now()));
    return () => clearTimeout(timer);
  }, [isBehind, isFetching, dueAt, refetch]);

  return {
    rooms:
      data &&
      rooms.flatMap((room) => {
        const { productId = null, lastMessage = null } = data.items.get(room.roomId) ?? {};
        return productId === null ? [] : [{ ...room, lastMessage }];
      }),
    error: list.error ? apiError(list.error) : known.error,
    retry() {
      client.connect();
      if (list.status === 'live') void refetch({ cancelRefetch: false });
    },
  };
}

function stateOf(rooms: readonly ListedRoom[]): { readonly ids: string; readonly heads: string } {
  return {
    ids: rooms.map(({ roomId }) => roomId).join(' '),
    heads: rooms.map(({ roomId, seq }) => `${roomId} ${seq}`).join(),
  };
}

function apiError({ code, message, retryAfterMs }: ChatError): ApiError {
  return new ApiError(apiCode(code), message, { retryAfterMs });
}

function apiCode(code: ChatError['code']): ApiErrorCode {
  switch (code) {
    case 'CONNECTION_LOST':
    case 'TIMED_OUT':
    case 'TOKEN_UNAVAILABLE':
      return 'NETWORK';
    case 'NOT_OPEN':
    case 'OUTDATED':
    case 'STORAGE_FULL':
    case 'FILE_LOST':
      return 'INTERNAL';
    default:
      return code;
  }
}
