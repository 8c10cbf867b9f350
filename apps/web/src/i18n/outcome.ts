import type { Product } from '@gongu/shared';
import type { Strings } from './strings.ts';

/** Why a product has ended, in words; null: it has not, or nobody said. A seller ends his well or not at all. */
export function outcomeOf({ status, reason }: Pick<Product, 'status' | 'reason'>, strings: Strings): string | null {
  if (reason === null) return null;
  return status === 'CANCELLED' && reason === 'SELLER' ? strings.cancelledBySeller : strings.reasons[reason];
}
