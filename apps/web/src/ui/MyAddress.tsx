import type { Address, NoAddress, OwnAddress, Product } from '@gongu/shared';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
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
  const section = useRef<HTMLElement>(null);
  /** What has the focus goes, with the form or with the button that leads to it. */
  const isTurning = useRef(false);
  const path = `/api/products/${encodeURIComponent(product.id)}/participations/me/address`;
  const queryKey = ['own', 'address', product.id, session?.userId ?? ''];
  const own = useQuery({ queryKey, queryFn: ({ signal }) => trade.call<OwnAddress | NoAddress>(path, { signal }) });
  const save = useMutation({
    mutationFn: (address: Address) => trade.call<OwnAddress>(path, { method: 'PUT', body: address }),
    onSuccess(saved) {
      isTurning.current = true;
      queries.setQueryData(queryKey, saved);
      setChanging(false);
    },
  });

  const none = own.data && 'kept' in own.data ? own.data : null;
  const address = own.data && 'postalCode' in own.data ? own.data : undefined;
  const mayChange = product.status === 'RECRUITING';
  // Not where the product has closed meanwhile.
  const isForm = address === undefined || (isChanging && mayChange);
  useEffect(() => {
    if (isTurning.current) section.current?.querySelector<HTMLElement>(isForm ? 'input' : 'button')?.focus();
    isTurning.current = false;
  }, [isForm]);
  if (none?.kept === false) return null;
  return (
    <section ref={section} className="address" aria-labelledby={id}>
      <h2 id={id}>{strings.title}</h2>
      {own.isPending && <Loading />}
      {own.isLoadingError && <Failure error={own.error} retry={() => void own.refetch()} />}
      {own.isSuccess && isForm && (
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
      {address && !isForm && (
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
            <button
              type="button"
              onClick={() => {
                isTurning.current = true;
                setChanging(true);
              }}
            >
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
