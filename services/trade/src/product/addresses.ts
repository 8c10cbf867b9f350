import { type Address, type AddressedBuyer, AppError, type NoAddress, type OwnAddress } from '@gongu/shared';
import type { Caller } from './caller.ts';
import { pageOf } from './page.ts';
import { isAdmin, notTheSeller, requireAccount } from './permission.ts';
import type { AddressFormat, AddressStore } from './ports/address-store.ts';
import type { Page, PageOf, Position } from './ports/page.ts';
import { cannotChange } from './status.ts';

export interface AddressesOptions {
  /** Null: the service has no keys, and keeps none. */
  store: AddressStore | null;
}

/** Where purchases are sent: given by the buyer, read by the seller once the product has closed. Errors are AppErrors. */
export function createAddresses({ store }: AddressesOptions) {
  const required = (): AddressStore => {
    if (store !== null) return store;
    throw new AppError('NOT_FOUND', { detail: 'This service keeps no addresses (ADDRESS_KEYS is not set)' });
  };
  const noSuchProduct = () => new AppError('NOT_FOUND', { detail: 'There is no such product' });

  /** @throws NOT_FOUND, FORBIDDEN, NOT_RECRUITING (it has not closed) */
  async function read(
    caller: Caller,
    productId: string,
    page: Page<Position>,
    format: AddressFormat | null,
  ): Promise<PageOf<AddressedBuyer, Position>> {
    requireAccount(caller.user);
    const answer = await required().read(productId, page, caller, isAdmin(caller.user), format);
    switch (answer.outcome) {
      case 'ok':
        return pageOf(answer.buyers, page.limit, (last) => ({ at: last.joinedAt, id: last.userId }));
      case 'not_found':
        throw noSuchProduct();
      case 'forbidden':
        throw notTheSeller();
      case 'not_closed':
        throw new AppError('ILLEGAL_TRANSITION', {
          detail: `Addresses are read once the product is CLOSED; it is ${answer.product.status}`,
        });
    }
  }

  return {
    /**
     * While the product recruits; after it closed, once, by who gave none.
     *
     * @throws ANONYMOUS_NOT_ALLOWED, NOT_FOUND (also without a purchase), FORBIDDEN (the seller), NOT_RECRUITING,
     *   DEADLINE_PASSED
     */
    async put(caller: Caller, productId: string, address: Address): Promise<OwnAddress> {
      requireAccount(caller.user);
      const saved = await required().save(productId, address, caller);
      switch (saved.outcome) {
        case 'ok':
          return { ...address, updatedAt: saved.updatedAt, readBy: [] };
        case 'not_found':
          throw noSuchProduct();
        case 'seller':
          throw new AppError('FORBIDDEN', { detail: 'The seller has no purchase to be sent' });
        case 'absent':
          throw new AppError('NOT_FOUND', { detail: 'There is no such participation' });
        case 'ended':
          throw cannotChange(saved.product);
      }
    },

    async mine({ user }: Caller, productId: string): Promise<OwnAddress | NoAddress> {
      if (store === null) return { kept: false };
      return (await store.find(productId, user.userId)) ?? { kept: true };
    },

    /** A page for the seller and admins. @throws NOT_FOUND, FORBIDDEN, ILLEGAL_TRANSITION (it has not closed) */
    list: (caller: Caller, productId: string, page: Page<Position>) => read(caller, productId, page, 'json'),

    /** All of them, page by page. What keeps anybody from them is thrown before the first. */
    async *all(caller: Caller, productId: string, limit: number): AsyncGenerator<readonly AddressedBuyer[]> {
      let after: Position | null = null;
      do {
        const page: PageOf<AddressedBuyer, Position> = await read(
          caller,
          productId,
          { limit, after },
          after === null ? 'csv' : null,
        );
        yield page.items;
        after = page.next;
      } while (after !== null);
    },
  };
}
export type Addresses = ReturnType<typeof createAddresses>;
