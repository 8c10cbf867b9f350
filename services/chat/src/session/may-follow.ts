import { AppError } from '@gongu/shared';
import type { Hub } from '../hub/hub.ts';
import type { Asker, Rates } from '../room/rates.ts';

/** Lets in who may hear a room. @throws AppError NOT_A_MEMBER, BANNED, NOT_FOUND (no such room), RATE_LIMITED, UNAVAILABLE */
export type MayFollow = (roomId: string, asker: Asker) => Promise<void>;

export interface MayFollowOptions {
  readonly hub: Pick<Hub, 'isMember' | 'isOpen'>;
  readonly rates: Pick<Rates, 'watch'>;
  /** Whether who is no member may look at a room that is ACTIVE. */
  readonly isWatchable: boolean;
}

/** Who may hear a room: its members, and while it is ACTIVE everybody who is signed in. */
export function createMayFollow({ hub, rates, isWatchable }: MayFollowOptions): MayFollow {
  return async (roomId, asker) => {
    if (await hub.isMember(roomId, asker.user.userId)) return;
    if (!isWatchable || !(await hub.isOpen(roomId, asker.user.userId))) throw new AppError('NOT_A_MEMBER');
    rates.watch(asker);
  };
}
