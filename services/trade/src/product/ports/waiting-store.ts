import type { WaitingPlace } from '@gongu/shared';
import type { Caller } from '../caller.ts';
import type { Outcome } from './outcome.ts';

/** Who waits for a place. A place that is free goes to the first of them in the transaction that frees it. */
export interface WaitingStore {
  join(
    productId: string,
    quantity: number,
    caller: Caller,
  ): Promise<Outcome<'seller' | 'already' | 'waiting' | 'ended' | 'no_list' | 'free'>>;
  leave(productId: string, caller: Caller): Promise<Outcome<'absent'>>;
  find(productId: string, userId: string): Promise<WaitingPlace | null>;
}
