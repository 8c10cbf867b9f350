import type { AuditEntry, PriceTier, Product, ProductFacets, ProductStatus } from '@gongu/shared';
import type { Caller } from '../caller.ts';
import type { Claim } from './key-store.ts';
import type { Outcome } from './outcome.ts';
import type { Page, Position } from './page.ts';

/** A product about to be created; checked, except for what only the database can tell. */
export interface NewProduct {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly imageUrl: string | null;
  readonly price: Product['price'];
  readonly priceTiers?: readonly PriceTier[];
  readonly payment?: Product['payment'];
  readonly waitingList?: boolean;
  readonly notices?: boolean;
  readonly category?: string | null;
  readonly tags?: readonly string[];
  /** Ids of pictures that were uploaded. */
  readonly pictures?: readonly string[];
  readonly minParticipants: number;
  readonly maxParticipants: number;
  readonly deadline: Date;
}

/** Fields to change; absent ones stay. Null takes image or category away. */
export interface Edit {
  readonly title?: string;
  readonly description?: string;
  readonly imageUrl?: string | null;
  readonly priceTiers?: readonly PriceTier[];
  readonly notices?: boolean;
  readonly category?: string | null;
  readonly tags?: readonly string[];
  readonly pictures?: readonly string[];
  readonly minParticipants?: number;
  readonly maxParticipants?: number;
  readonly deadline?: Date;
}

export type ProductSort = 'deadline' | '-createdAt';

export interface ProductFilter {
  readonly status?: ProductStatus;
  readonly sellerId?: string;
  /** Only products in which this user takes part. */
  readonly buyerId?: string;
  readonly minSeatsLeft?: number;
  readonly category?: string;
  /** Only products that have all of them. */
  readonly tags?: readonly string[];
  /** Only products in which it is found; see {@link ProductTexts}. */
  readonly q?: string;
  readonly deadlineBefore?: Date;
  readonly sort: ProductSort;
}

/** What a product is found by: these, a line each, as `searchForm` has them. */
export type ProductTexts = Pick<NewProduct, 'title' | 'category' | 'tags' | 'description'>;

/**
 * Products in the database. Every change locks the product's row, ends the product first if its deadline has passed by
 * the database's clock, and commits together with its audit, its live change and its entries for chat.
 */
export interface ProductStore {
  /**
   * @param maxDays how far away the deadline may be, days of 24 hours; null: as far as one likes
   * @param maxOpen how many products that recruit a seller may have; null: any number
   */
  create(
    product: NewProduct,
    caller: Caller,
    claim: Claim | null,
    maxDays?: number | null,
    maxOpen?: number | null,
  ): Promise<
    | { outcome: 'ok'; product: Product }
    | {
        outcome: 'deadline_past' | 'deadline_far' | 'tiers_invalid' | 'pictures_invalid' | 'too_many';
      }
  >;
  find(id: string): Promise<Product | null>;
  /** Of products that recruit. */
  facets(): Promise<ProductFacets>;
  /**
   * One more than `limit` where there is more. Fewer with `stop`: as many products were looked at as may be for one page,
   * and there may be more after that position.
   */
  list(filter: ProductFilter, page: Page<Position>): Promise<{ rows: Product[]; stop: Position | null }>;
  /**
   * @param versions the versions that the caller may have seen; null: any
   * @param maxDays of a new deadline, as above
   */
  edit(
    id: string,
    edit: Edit,
    versions: readonly number[] | null,
    caller: Caller,
    admin: boolean,
    maxDays?: number | null,
  ): Promise<
    Outcome<
      | 'forbidden'
      | 'stale'
      | 'ended'
      | 'deadline_past'
      | 'deadline_far'
      | 'below_buyers'
      | 'minimum_above_maximum'
      | 'tiers_fixed'
      | 'tiers_invalid'
      | 'pictures_invalid'
    >
  >;
  /** The same end again is `ok` and changes nothing. */
  end(
    id: string,
    status: 'CLOSED' | 'CANCELLED',
    note: string | null,
    caller: Caller,
    admin: boolean,
  ): Promise<Outcome<'forbidden' | 'illegal' | 'minimum'>>;
  /** Ends up to `limit` products whose deadline has passed. Any number of instances share the work. */
  endDue(limit: number): Promise<number>;
  /** Oldest first, one more than `limit` where there is more. */
  audit(id: string, page: Page<string>): Promise<AuditEntry[]>;
}
