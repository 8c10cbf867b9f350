import type { PublicUser } from '@gongu/shared';
import type { Result } from './chat-error.ts';
import type { ChatClient } from './client.ts';

/** Somebody who reacted, and by what. */
export interface Reacted {
  readonly emoji: string;
  readonly user: PublicUser;
}

/**
 * Who reacted to a message, in the order in which they did; with `emoji`, by that one. `nextCursor`, as `cursor`, asks for
 * those that follow; null: that is all.
 */
export function listReactions(
  client: Pick<ChatClient, 'request'>,
  roomId: string,
  seq: number,
  page: { readonly emoji?: string; readonly cursor?: string; readonly limit?: number } = {},
): Promise<Result<{ readonly items: readonly Reacted[]; readonly nextCursor: string | null }>> {
  const query = new URLSearchParams(
    Object.entries(page).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return client.request('GET', `/rooms/${encodeURIComponent(roomId)}/messages/${seq}/reactions?${query}`);
}
