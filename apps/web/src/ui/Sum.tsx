import type { Product } from '@gongu/shared';
import { money } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';

export interface SumProps {
  readonly product: Pick<Product, 'currentPrice'>;
  readonly quantity: number;
}

/** What so many of it cost together, and that they are one person's place. */
export function Sum({ product: { currentPrice }, quantity }: SumProps) {
  const strings = useStrings();
  return (
    <p className="total">
      <span>
        {strings.total} <small>{strings.onePlace(quantity)}</small>
      </span>
      <strong>{money({ ...currentPrice, amount: currentPrice.amount * quantity }, strings.locale)}</strong>
    </p>
  );
}
