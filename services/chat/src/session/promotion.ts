import type { Hub } from '../hub/hub.ts';
import { lookAt } from '../room/counts.ts';
import type { Presence } from '../room/ports/presence.ts';
import type { Attendances } from './attendance.ts';
import type { Client } from './client.ts';
import { joinedAnswer } from './joined-answer.ts';

export interface PromotionOptions {
  readonly hub: Pick<Hub, 'standing'>;
  readonly presence: Pick<Presence, 'view'>;
  readonly attendances: Pick<Attendances, 'of' | 'enter'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * One looked at a room, and has become a member: by what he sent, at another socket, or by a purchase. His client is a
 * member's from then on, and is told so by a `joined` that nothing asked for.
 */
export function createPromotion({ hub, presence, attendances, now }: PromotionOptions) {
  return async (client: Client, roomId: string): Promise<void> => {
    const { user } = client;
    if (!user || client.over || attendances.of(client, roomId) !== 'watcher') return;
    attendances.enter(client, user, roomId, 'member');
    const { online, counts } = await lookAt(presence, roomId);
    // From here on nothing is awaited: it is of one moment. One that is behind asks again, and hears it then.
    const standing = client.over ? null : hub.standing(roomId, client.listener);
    if (!standing || attendances.of(client, roomId) !== 'member') return;
    const at = { ...standing, messages: [], recovered: true, hasMore: false };
    client.emit(joinedAnswer({ user, isWatcher: false, at: { ...at, own: null }, online, counts, now }));
  };
}

export type Promote = ReturnType<typeof createPromotion>;
