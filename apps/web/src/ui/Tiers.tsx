import type { Product } from '@gongu/shared';
import { useId } from 'react';
import { dealStrings } from '../i18n/deal-strings.ts';
import { money } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';

/** What everybody pays with so many people, as steps, and how many are missing until the next. */
export function Tiers({ product }: { readonly product: Product }) {
  const { locale } = useStrings();
  const strings = dealStrings(locale);
  const id = useId();
  const { price, priceTiers, committedCount, nextTier, finalPrice, status } = product;
  const written = (amount: number) => money({ ...price, amount }, locale);
  return (
    <section className="tiers" aria-labelledby={id}>
      <h2 id={id}>{strings.tiers}</h2>
      <ol>
        {priceTiers.map(({ minParticipants, amount }) => {
          const isReached = committedCount >= minParticipants;
          return (
            <li key={minParticipants} data-reached={isReached}>
              <span>
                {strings.tierFrom(minParticipants)}
                {isReached && <small className="tier-reached"> · {strings.tierReached}</small>}
              </span>
              <progress
                max={minParticipants}
                value={Math.min(committedCount, minParticipants)}
                aria-label={`${committedCount} / ${minParticipants}`}
              />
              <strong>{written(amount)}</strong>
            </li>
          );
        })}
      </ol>
      {finalPrice !== null ? (
        <p>{strings.tierFinal(written(finalPrice.amount))}</p>
      ) : nextTier !== null ? (
        <p className="tier-next" role="status">
          {strings.tierMissing(nextTier.missing, written(nextTier.amount))}
        </p>
      ) : null}
      {status === 'RECRUITING' && <p className="hint">{strings.tierMost(written(price.amount))}</p>}
    </section>
  );
}
