import type { Restriction, Room } from '@gongu/shared';
import type { Result } from './chat-error.ts';
import type { ChatClient } from './client.ts';

export type ReportReason = 'SPAM' | 'ABUSE' | 'FRAUD' | 'OTHER';

/**
 * Order in a room: what its host and admins do to keep it, and what a member may ask for. Errors as in docs/protocol.md:
 * `FORBIDDEN`, `CONFLICT` (who bought is not banned) and others.
 */
export function roomOrder(client: Pick<ChatClient, 'request'>, roomId: string) {
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  const of = (userId: string) => `${room}/restrictions/${encodeURIComponent(userId)}`;
  return {
    /** Who is muted or banned. `nextCursor`, as `cursor`, asks for those that follow; null: that is all. */
    restrictions(cursor?: string): Promise<Result<{ items: Restriction[]; nextCursor: string | null }>> {
      const query = cursor === undefined ? '' : `?${new URLSearchParams({ cursor })}`;
      return client.request('GET', `${room}/restrictions${query}`);
    },
    /** Mutes or bans, in place of what was; without `until` (ISO 8601) it lasts until it is taken away. */
    restrict(
      userId: string,
      restriction: { readonly kind: 'MUTE' | 'BAN'; readonly until?: string; readonly reason?: string },
    ): Promise<Result<Restriction>> {
      return client.request('PUT', of(userId), restriction);
    },
    unrestrict: (userId: string): Promise<Result<void>> => client.request('DELETE', of(userId)),
    /** He may enter again after a pause. */
    remove: (userId: string): Promise<Result<void>> =>
      client.request('DELETE', `${room}/participants/${encodeURIComponent(userId)}`),
    /** Seconds from one message of a member to his next, 0 to 3600; 0: none. */
    setSlowMode: (slowModeSeconds: number): Promise<Result<Room>> => client.request('PATCH', room, { slowModeSeconds }),
    /** Reports somebody else's message to those who run the chat. Once more is ok. */
    report(seq: number, report: { readonly reason: ReportReason; readonly note?: string }): Promise<Result<unknown>> {
      return client.request('POST', `${room}/messages/${seq}/reports`, report);
    },
  };
}
