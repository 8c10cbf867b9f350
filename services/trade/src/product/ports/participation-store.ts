import type {
  Buyer,
  Participation,
  PaymentStatus,
  Product,
  ProductSummary,
  Purchase,
  ReportPayment,
} from '@gongu/shared';
import type { Caller } from '../caller.ts';
import type { Claim } from './key-store.ts';
import type { Outcome } from './outcome.ts';
import type { Page, Position } from './page.ts';
import type { Trace } from './trace.ts';

/** Who takes part in what. Joins and withdrawals keep the promises of {@link ProductStore}. */
export interface ParticipationStore {
  join(
    productId: string,
    quantity: number,
    caller: Caller,
    claim: Claim | null,
  ): Promise<
    | { outcome: 'ok'; product: Product; participation: Participation }
    | { outcome: 'not_found' }
    | { outcome: 'seller' | 'already' | 'ended'; product: Product }
  >;
  withdraw(productId: string, caller: Caller): Promise<Outcome<'seller' | 'absent' | 'ended'>>;
  /** `ok` also when it is that quantity already. */
  changeQuantity(
    productId: string,
    quantity: number,
    caller: Caller,
  ): Promise<
    | { outcome: 'ok'; product: Product; participation: Participation }
    | { outcome: 'not_found' }
    | { outcome: 'seller' | 'absent' | 'ended'; product: Product }
  >;
  /**
   * What the shop says of a payment; also of one whose place is gone. `ok` also when it is so already. `less` and `more`: of
   * the amount. `not_due`: the place is gone, and what is held is asked to be released.
   */
  reportPayment(
    productId: string,
    userId: string,
    report: ReportPayment,
    trace: Trace,
  ): Promise<
    | { outcome: 'ok' | 'less' | 'more' | 'not_due' | 'illegal'; product: Product; participation: Participation }
    | { outcome: 'absent'; product: Product }
    | { outcome: 'not_found' }
  >;
  find(productId: string, userId: string): Promise<Participation | null>;
  /** Oldest first, one more than `limit` where there is more. Position: `joinedAt` and user id. */
  buyers(productId: string, page: Page<Position>, payment?: PaymentStatus): Promise<Buyer[]>;
  /** Newest first, one more than `limit` where there is more. Position: `joinedAt` and product id. */
  purchases(userId: string, page: Page<Position>): Promise<Purchase[]>;
  /** Of one moment. Null: there is no such product. */
  summary(productId: string, timeZone: string): Promise<ProductSummary | null>;
}
