import type { ChatMessage } from '@gongu/shared';
import { type Result, success } from './chat-error.ts';
import type { ChatClient } from './client.ts';

export interface FoundMessages {
  /** The newest first, as they are now. */
  readonly messages: readonly ChatMessage[];
  /** As `cursor`, asks for those that are older; null: that is all. */
  readonly next: string | null;
}

/**
 * Messages that contain `q` as any part of their text, of a room, or without `roomId` of all rooms that one is in. `q` has 2 to 64
 * characters as `searchForm` makes them; a page has `limit`, 20 by default.
 */
export async function searchMessages(
  client: Pick<ChatClient, 'request'>,
  q: string,
  { roomId, cursor, limit = 20 }: { readonly roomId?: string; readonly cursor?: string; readonly limit?: number } = {},
): Promise<Result<FoundMessages>> {
  const where = roomId === undefined ? '/search' : `/rooms/${encodeURIComponent(roomId)}/search`;
  const query = new URLSearchParams({ q, limit: String(limit) });
  if (cursor !== undefined) query.set(roomId === undefined ? 'cursor' : 'before', cursor);
  const answer = await client.request<{ messages: ChatMessage[]; hasMore: boolean; nextCursor?: string | null }>(
    'GET',
    `${where}?${query}`,
  );
  if (!answer.ok) return answer;
  const { messages, hasMore, nextCursor } = answer.value;
  return success({
    messages,
    next: nextCursor ?? (hasMore && roomId !== undefined ? String(messages.at(-1)!.seq) : null),
  });
}
