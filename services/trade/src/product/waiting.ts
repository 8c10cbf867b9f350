import { AppError, afterCommit, type WaitingPlace } from '@gongu/shared';
import type { Caller } from './caller.ts';
import { requireAccount } from './permission.ts';
import type { WaitingStore } from './ports/waiting-store.ts';
import { cannotBuy } from './status.ts';

/** The waiting lists. Errors are AppErrors of the contract. */
export function createWaiting({ store }: { store: WaitingStore }) {
  /** @throws NOT_FOUND when the caller does not wait */
  async function mine({ user }: Caller, productId: string): Promise<WaitingPlace> {
    return (await store.find(productId, user.userId)) ?? notWaiting();
  }

  return {
    mine,

    /**
     * @throws ANONYMOUS_NOT_ALLOWED, NOT_FOUND, SELLER_CANNOT_BUY, ALREADY_PARTICIPATING, ALREADY_WAITING, CONFLICT (no
     *   list, or places are left), DEADLINE_PASSED, NOT_RECRUITING
     */
    async join(caller: Caller, productId: string, quantity: number): Promise<WaitingPlace> {
      requireAccount(caller.user);
      const joined = await store.join(productId, quantity, caller);
      switch (joined.outcome) {
        case 'ok':
          // Who was promoted meanwhile waits no more: then he was the next.
          return (
            (await afterCommit(store.find(productId, caller.user.userId))) ?? {
              ...{ productId, userId: caller.user.userId, quantity, position: 1 },
            }
          );
        case 'not_found':
          throw new AppError('NOT_FOUND', { detail: 'There is no such product' });
        case 'seller':
          throw new AppError('SELLER_CANNOT_BUY');
        case 'already':
          throw new AppError('ALREADY_PARTICIPATING');
        case 'waiting':
          throw new AppError('ALREADY_WAITING');
        case 'ended':
          throw cannotBuy(joined.product);
        case 'no_list':
          throw new AppError('CONFLICT', { detail: 'The product has no waiting list' });
        case 'free':
          throw new AppError('CONFLICT', { detail: 'There are places left: buy one' });
      }
    },

    /** @throws ANONYMOUS_NOT_ALLOWED, NOT_FOUND (also when the caller does not wait) */
    async leave(caller: Caller, productId: string): Promise<void> {
      requireAccount(caller.user);
      const { outcome } = await store.leave(productId, caller);
      if (outcome !== 'ok') notWaiting();
    },
  };
}
export type WaitingLists = ReturnType<typeof createWaiting>;

function notWaiting(): never {
  throw new AppError('NOT_FOUND', { detail: 'There is no such place on a waiting list' });
}
