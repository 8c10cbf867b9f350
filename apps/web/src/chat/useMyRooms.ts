import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../api/api-error.ts';
import { keys } from '../products/queries.ts';
import { useServices } from '../session/SessionProvider.tsx';

/** How often unread messages are counted again, in milliseconds, while the page is in sight. */
const COUNT_MS = 4_000;
const ROOMS = 100;

/** The rooms in which one is, newest membership first, with what is unread in them. */
export function useMyRooms() {
  const { chat, session } = useServices();
  return useQuery({
    queryKey: keys.rooms(session?.userId ?? ''),
    async queryFn() {
      const found = await chat!.myRooms({ limit: ROOMS });
      if (found.ok) return found.value.items.filter(({ productId }) => productId !== null);
      const { code, message, retryAfterMs } = found.error;
      const isOwn = code === 'CONNECTION_LOST' || code === 'TIMED_OUT' || code === 'TOKEN_UNAVAILABLE';
      throw new ApiError(isOwn ? 'NETWORK' : code === 'NOT_OPEN' || code === 'OUTDATED' ? 'INTERNAL' : code, message, {
        retryAfterMs,
      });
    },
    enabled: chat !== null,
    refetchInterval: COUNT_MS,
    staleTime: 1_000,
  });
}

/** All that is unread, of all rooms. */
export function useUnread(): number {
  return useMyRooms().data?.reduce((sum, { unread }) => sum + unread, 0) ?? 0;
}
