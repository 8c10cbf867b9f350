import type { PriceTier, Product, ProductStatus } from '@gongu/shared';

export interface PriceState {
  price: Product['price'];
  /** Rising counts, falling amounts. */
  priceTiers: readonly PriceTier[];
  /** What was fixed at the end; null also where it was so before there were tiers. */
  finalAmount: number | null;
  status: ProductStatus;
  /** Who counts for the tiers. */
  people: number;
}

/** What a product costs now, next, and in the end. */
export function pricesOf({
  price,
  priceTiers,
  finalAmount,
  status,
  people,
}: PriceState): Pick<Product, 'priceTiers' | 'currentPrice' | 'nextTier' | 'finalPrice'> {
  const reached = priceTiers.findLast((tier) => tier.minParticipants <= people);
  const next = priceTiers.find((tier) => tier.minParticipants > people);
  const money = (amount: number) => ({ amount, currency: price.currency });
  const amount = finalAmount ?? reached?.amount ?? price.amount;
  return {
    priceTiers: [...priceTiers],
    currentPrice: money(amount),
    nextTier:
      next === undefined || status !== 'RECRUITING' ? null : { ...next, missing: next.minParticipants - people },
    finalPrice: status === 'CLOSED' ? money(amount) : null,
  };
}
