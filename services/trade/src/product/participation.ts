import {
  AppError,
  type Buyer,
  type Participation,
  type PaymentStatus,
  type ProductSummary,
  type Purchase,
} from '@gongu/shared';
import type { Caller } from './caller.ts';
import type { Answer, Once, Repeatable } from './once.ts';
import { pageOf } from './page.ts';
import { requireAccount } from './permission.ts';
import type { Page, PageOf, Position } from './ports/page.ts';
import type { ParticipationStore } from './ports/participation-store.ts';
import type { Products } from './products.ts';
import { cannotBuy, cannotChange } from './status.ts';

export interface ParticipationsOptions {
  store: ParticipationStore;
  products: Pick<Products, 'mayLookInto'>;
  once: Once;
}

/** The buyer's side. Errors are AppErrors of the contract. */
export function createParticipations({ store, products, once }: ParticipationsOptions) {
  return {
    /**
     * @throws ANONYMOUS_NOT_ALLOWED, NOT_FOUND, SELLER_CANNOT_BUY, ALREADY_PARTICIPATING, CAP_REACHED, DEADLINE_PASSED,
     *   NOT_RECRUITING, IDEMPOTENCY_CONFLICT, CONFLICT
     */
    join(
      caller: Caller,
      productId: string,
      quantity: number,
      repeatable: Repeatable | null,
    ): Promise<Answer<Participation>> {
      requireAccount(caller.user);
      return once(repeatable, async (claim) => {
        const joined = await store.join(productId, quantity, caller, claim);
        switch (joined.outcome) {
          case 'ok':
            return joined.participation;
          case 'not_found':
            throw noSuchProduct();
          case 'seller':
            throw new AppError('SELLER_CANNOT_BUY');
          case 'already':
            throw new AppError('ALREADY_PARTICIPATING');
          case 'ended':
            throw cannotBuy(joined.product);
        }
      });
    },

    /** @throws ANONYMOUS_NOT_ALLOWED, NOT_FOUND (also without a purchase), FORBIDDEN (the seller), NOT_RECRUITING, DEADLINE_PASSED */
    async withdraw(caller: Caller, productId: string): Promise<void> {
      requireAccount(caller.user);
      const withdrawn = await store.withdraw(productId, caller);
      switch (withdrawn.outcome) {
        case 'ok':
          return;
        case 'not_found':
          throw noSuchProduct();
        case 'seller':
          throw new AppError('FORBIDDEN', { detail: 'The seller has no purchase to withdraw' });
        case 'absent':
          throw notParticipating();
        case 'ended':
          throw cannotChange(withdrawn.product);
      }
    },

    /** @throws ANONYMOUS_NOT_ALLOWED, NOT_FOUND (also without a purchase), FORBIDDEN (the seller), NOT_RECRUITING, DEADLINE_PASSED */
    async changeQuantity(caller: Caller, productId: string, quantity: number): Promise<Participation> {
      requireAccount(caller.user);
      const changed = await store.changeQuantity(productId, quantity, caller);
      switch (changed.outcome) {
        case 'ok':
          return changed.participation;
        case 'not_found':
          throw noSuchProduct();
        case 'seller':
          throw new AppError('FORBIDDEN', { detail: 'The seller has no purchase to change' });
        case 'absent':
          throw notParticipating();
        case 'ended':
          throw cannotChange(changed.product);
      }
    },

    /** @throws NOT_FOUND when the caller does not take part */
    async mine({ user }: Caller, productId: string): Promise<Participation> {
      const found = await store.find(productId, user.userId);
      if (found === null) throw notParticipating();
      return found;
    },

    /** For the seller and admins. @throws NOT_FOUND, FORBIDDEN */
    async buyers(
      caller: Caller,
      productId: string,
      page: Page<Position>,
      payment?: PaymentStatus,
    ): Promise<PageOf<Buyer, Position>> {
      await products.mayLookInto(caller, productId);
      return pageOf(await store.buyers(productId, page, payment), page.limit, (last) => ({
        at: last.joinedAt,
        id: last.userId,
      }));
    },

    /** All of them, in pages, as above. */
    async *allBuyers(caller: Caller, productId: string, limit: number, payment?: PaymentStatus) {
      for (let after: Position | null = null; ; ) {
        const page: PageOf<Buyer, Position> = await this.buyers(caller, productId, { limit, after }, payment);
        yield page.items;
        if (page.next === null) return;
        after = page.next;
      }
    },

    /** For the seller and admins. @param timeZone of the days, an IANA name. @throws NOT_FOUND, FORBIDDEN */
    async summary(caller: Caller, productId: string, timeZone: string): Promise<ProductSummary> {
      await products.mayLookInto(caller, productId);
      return (await store.summary(productId, timeZone)) ?? fail(noSuchProduct());
    },

    /** What the caller has bought. */
    async purchases({ user }: Caller, page: Page<Position>): Promise<PageOf<Purchase, Position>> {
      const rows = await store.purchases(user.userId, page);
      return pageOf(rows, page.limit, (last) => ({ at: last.joinedAt, id: last.productId }));
    },
  };
}
export type Participations = ReturnType<typeof createParticipations>;

function noSuchProduct(): AppError {
  return new AppError('NOT_FOUND', { detail: 'There is no such product' });
}

function notParticipating(): AppError {
  return new AppError('NOT_FOUND', { detail: 'There is no such participation' });
}

function fail(error: Error): never {
  throw error;
}
