import type { Product } from '@gongu/shared';
import { useId } from 'react';
import { dealStrings } from '../i18n/deal-strings.ts';
import { moment, money } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useBuyers } from '../products/queries.ts';
import { Failure } from './Failure.tsx';
import { Loading } from './Loading.tsx';

/** Who buys what, for the seller. */
export function Buyers({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const deal = dealStrings(strings.locale);
  const id = useId();
  const list = useBuyers(product);
  const buyers = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section className="buyers" aria-labelledby={id}>
      <h2 id={id}>
        {strings.buyers}{' '}
        <small>
          {product.unitCount > product.participantCount
            ? `${product.participantCount} · ${strings.units(product.unitCount)}`
            : product.participantCount}
        </small>
      </h2>
      {list.isPending && <Loading />}
      {(list.isLoadingError || list.isFetchNextPageError) && (
        <Failure error={list.error} retry={() => void list.refetch()} />
      )}
      {list.isSuccess && buyers.length === 0 && <p className="hint">{strings.buyersEmpty}</p>}
      <ul>
        {buyers.map(({ userId, nickname, tag, quantity, joinedAt, payment }) => (
          <li key={userId} className="row">
            <bdi className="buyer">{tag === null ? nickname : `${nickname}#${tag}`}</bdi>
            <span>{strings.units(quantity)}</span>
            <span>
              {money({ ...product.currentPrice, amount: product.currentPrice.amount * quantity }, strings.locale)}
            </span>
            {payment && (
              <span className="badge" data-payment={payment.status}>
                {deal.payments[payment.status]}
              </span>
            )}
            <small>
              {strings.joinedAt} <time dateTime={joinedAt}>{moment(joinedAt, strings.locale)}</time>
            </small>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <button type="button" disabled={list.isFetching} onClick={() => void list.fetchNextPage()}>
          {strings.more}
        </button>
      )}
    </section>
  );
}
