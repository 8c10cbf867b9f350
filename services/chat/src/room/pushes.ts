import { AppError, type PushSubscriptions, type PutPush, type User } from '@gongu/shared';
import type { MemberStore } from './ports/member-store.ts';
import type { PushStore } from './ports/push-store.ts';
import { noSuchRoom } from './refusals.ts';

export interface PushesOptions {
  readonly pushes: PushStore;
  readonly members: Pick<MemberStore, 'isBanned'>;
  /** What browsers subscribe with, base64url; null: no pushes are sent here. */
  readonly publicKey: string | null;
}

/** Who wants to hear of unread messages while no page is open, and on which device. */
export function createPushes({ pushes, members, publicKey }: PushesOptions) {
  /** @throws AppError NOT_FOUND */
  function requireKey(): string {
    if (publicKey !== null) return publicKey;
    throw new AppError('NOT_FOUND', { detail: 'This service sends no pushes (PUSH_KEY is not set)' });
  }

  return {
    /** @throws AppError NOT_FOUND: no pushes are sent here */
    key: () => ({ publicKey: requireKey() }),

    /** @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED, UNAVAILABLE, UNKNOWN_OUTCOME */
    async put(user: User, { roomId, ...target }: PutPush): Promise<void> {
      requireKey();
      const outcome = await pushes.put(roomId, user.userId, target);
      if (outcome === 'NOT_FOUND') throw noSuchRoom();
      if (outcome !== 'NOT_A_MEMBER') return;
      throw new AppError((await members.isBanned(roomId, user.userId)) ? 'BANNED' : 'NOT_A_MEMBER');
    },

    /** Also where no pushes are sent any more. `roomId` null: of all rooms. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
    remove: (user: User, endpoint: string, roomId: string | null): Promise<void> =>
      pushes.remove(user.userId, endpoint, roomId),

    /** The user's own, by room. @throws AppError UNAVAILABLE */
    list: (user: User): Promise<PushSubscriptions> => pushes.list(user.userId),
  };
}

export type Pushes = ReturnType<typeof createPushes>;
