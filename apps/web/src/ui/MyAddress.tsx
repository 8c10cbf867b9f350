import type { Address, OwnAddress, Product } from '@gongu/shared';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import { addressStrings } from '../i18n/address-strings.ts';
import { moment } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { AddressForm } from './AddressForm.tsx';
import { AddressLines } from './AddressLines.tsx';
import { Failure } from './Failure.tsx';
import { Loading } from './Loading.tsx';

/** Where one's own purchase is sent, and who has read that. Nothing where the shop keeps no addresses. */
export function MyAddress({ product }: { readonly product: Product }) {
  const { locale } = useStrings();
  const strings = addressStrings(locale);
  const id = useId();
  const { trade, session } = useServices();
  const queries = useQueryClient();
  const [isChanging, setChanging] = useState(false);
  const path = `/api/products/${encodeURIComponent(product.id)}/participations/me/address`;
  const queryKey = ['own', 'address', product.id, session?.userId ?? ''];
  const own = useQuery({
    queryKey,
    async queryFn({ signal }): Promise<OwnAddress | 'none' | 'not kept'> {
      try {
        return await trade.call<OwnAddress>(path, { signal });
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'NOT_FOUND') throw error;
        return error.message.includes('ADDRESS_KEYS') ? 'not kept' : 'none';
      }
    },
  });
  const save = useMutation({
    mutationFn: (address: Address) => trade.call<OwnAddress>(path, { method: 'PUT', body: address }),
    onSuccess(saved) {
      queries.setQueryData(queryKey, saved);
      setChanging(false);
    },
  });

  if (own.data === 'not kept') return null;
  const address = own.data === 'none' ? undefined : own.data;
  const mayChange = product.status === 'RECRUITING';
  return (
    <section className="address" aria-labelledby={id}>
      <h2 id={id}>{strings.title}</h2>
      {own.isPending && <Loading />}
      {own.isLoadingError && <Failure error={own.error} retry={() => void own.refetch()} />}
      {own.isSuccess && (address === undefined || isChanging) && (
        <>
          <p className="hint">{strings.hint}</p>
          <AddressForm
            {...(address ? { address } : {})}
            isPending={save.isPending}
            error={save.error}
            onSubmit={(given, refused) => save.mutate(given, { onError: refused })}
          />
        </>
      )}
      {address && !isChanging && (
        <>
          <AddressLines address={address} />
          {address.readBy.length === 0 ? (
            <p className="hint">{strings.unread}</p>
          ) : (
            <ul className="address-reads" aria-label={strings.readBy}>
              {address.readBy.map(({ userId, at }) => (
                <li key={userId}>
                  {strings.readBy} <bdi>{userId}</bdi> · <time dateTime={at}>{moment(at, locale)}</time>
                </li>
              ))}
            </ul>
          )}
          {mayChange ? (
            <button type="button" onClick={() => setChanging(true)}>
              {strings.change}
            </button>
          ) : (
            <p className="hint">{strings.late}</p>
          )}
        </>
      )}
    </section>
  );
}
