import type { Restriction } from '@gongu/shared';
import type { Result } from './chat-error.ts';
import type { ChatClient } from './client.ts';

/**
 * Who is muted or banned in a room, for its host and admins. `nextCursor`, as `cursor`, asks for those that follow; null: that
 * is all.
 */
export function listRestrictions(
  client: Pick<ChatClient, 'request'>,
  roomId: string,
  cursor?: string,
): Promise<Result<{ readonly items: readonly Restriction[]; readonly nextCursor: string | null }>> {
  const query = cursor === undefined ? '' : `?${new URLSearchParams({ cursor })}`;
  return client.request('GET', `/rooms/${encodeURIComponent(roomId)}/restrictions${query}`);
}
