import type { AddressedBuyer, Product } from '@gongu/shared';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef } from 'react';
import { codeOf } from '../api/api-error.ts';
import type { Page } from '../api/trade.ts';
import { addressStrings } from '../i18n/address-strings.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useCsv } from '../products/useCsv.ts';
import { useServices } from '../session/SessionProvider.tsx';
import { AddressLines } from './AddressLines.tsx';
import { Failure } from './Failure.tsx';

/** Where to send what was bought, for the seller of a product that has closed. Buyers see that it was read: so it is read on demand. */
export function Addresses({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const texts = addressStrings(strings.locale);
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const { trade } = useServices();
  const path = `/api/products/${encodeURIComponent(product.id)}/participations/addresses`;
  const list = useInfiniteQuery({
    queryKey: ['own', 'addresses', product.id],
    queryFn: ({ pageParam, signal }) =>
      trade.call<Page<AddressedBuyer>>(`${path}?limit=50${pageParam && `&cursor=${pageParam}`}`, { signal }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    enabled: false,
  });
  const csv = useCsv(`${path}?format=csv`, `addresses-${product.id}.csv`);
  /** The button that has the focus goes. */
  const isAsked = useRef(false);
  const { isSuccess } = list;
  useEffect(() => {
    if (isSuccess && isAsked.current) heading.current?.focus();
  }, [isSuccess]);
  const show = () => {
    isAsked.current = true;
    void list.refetch();
  };
  const error = list.error ?? csv.error;
  // The shop keeps none.
  if (codeOf(error) === 'NOT_FOUND') return null;
  const buyers = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section className="addresses" aria-labelledby={id}>
      <h2 ref={heading} id={id} tabIndex={-1}>
        {texts.ofAll}
      </h2>
      {error && <Failure error={error} />}
      {list.isSuccess && (
        <ul>
          {buyers.map(({ userId, nickname, quantity, address, unreadable }) => (
            <li key={userId}>
              <p className="row">
                <bdi className="buyer">{nickname}</bdi>
                <span>{strings.units(quantity)}</span>
              </p>
              {address ? (
                <AddressLines address={address} />
              ) : (
                <p className="hint">{unreadable ? texts.unreadable : texts.none}</p>
              )}
            </li>
          ))}
        </ul>
      )}
      <p className="row">
        {!list.isSuccess && (
          <button type="button" disabled={list.isFetching} onClick={show}>
            {list.isFetching ? strings.loading : texts.show}
          </button>
        )}
        {list.hasNextPage && (
          <button type="button" disabled={list.isFetching} onClick={() => void list.fetchNextPage()}>
            {strings.more}
          </button>
        )}
        <button type="button" disabled={csv.isPending} onClick={() => csv.mutate()}>
          {csv.isPending ? texts.downloading : texts.download}
        </button>
      </p>
    </section>
  );
}
