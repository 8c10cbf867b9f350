import type { Address, AddressedBuyer, OwnAddress, Product } from '@gongu/shared';
import type { Caller } from '../caller.ts';
import type { Page, Position } from './page.ts';

/** What a file or a list of addresses is called in the audit. */
export type AddressFormat = 'json' | 'csv';

/**
 * Where purchases are sent. In the database they are sealed, each for its product and buyer. Every call throws AppError
 * UNAVAILABLE where the keys that the service has are not those that sealed: nothing is overwritten then.
 */
export interface AddressStore {
  /** `ended`: the product has closed, and there is an address; or it is cancelled. */
  save(
    productId: string,
    address: Address,
    caller: Caller,
  ): Promise<
    | { outcome: 'ok'; updatedAt: string }
    | { outcome: 'not_found' }
    | { outcome: 'seller' | 'absent' | 'ended'; product: Product }
  >;
  find(productId: string, userId: string): Promise<OwnAddress | null>;
  /**
   * Oldest purchase first, one more than `limit` where there is more. Notes for each buyer on the page that the caller
   * has read it, and in the audit unless `format` is null (a page that goes on another).
   */
  read(
    productId: string,
    page: Page<Position>,
    caller: Caller,
    admin: boolean,
    format: AddressFormat | null,
  ): Promise<
    | { outcome: 'ok'; buyers: AddressedBuyer[] }
    | { outcome: 'not_found' }
    | { outcome: 'forbidden' | 'not_closed'; product: Product }
  >;
}
