import type { Participation, Product, WaitingPlace } from '@gongu/shared';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import { dealStrings } from '../i18n/deal-strings.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { keys } from '../products/queries.ts';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from './Failure.tsx';
import { Quantity } from './Quantity.tsx';

export interface WaitForPlaceProps {
  readonly product: Product;
  /** Null: he has no place. */
  readonly purchase: Participation | null;
}

/** Waiting for a place of a full product: one's position, and the place once it is there. */
export function WaitForPlace({ product, purchase }: WaitForPlaceProps) {
  const { locale } = useStrings();
  const strings = dealStrings(locale);
  const { trade, session } = useServices();
  const queries = useQueryClient();
  const { id, version, seatsLeft } = product;
  const userId = session?.userId ?? '';
  const path = `/api/products/${encodeURIComponent(id)}/waiting`;
  const isOpen = product.status === 'RECRUITING';
  const [quantity, setQuantity] = useState(1);
  const queryKey = ['own', 'waiting', id, userId];
  const mine = useQuery({
    queryKey,
    async queryFn({ signal }): Promise<WaitingPlace | null> {
      try {
        return await trade.call<WaitingPlace>(`${path}/me`, { signal });
      } catch (error) {
        if (error instanceof ApiError && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    },
    // Without anybody who waits there is nothing to ask.
    enabled: isOpen && purchase === null && product.waitingCount > 0,
  });
  const waits = isOpen && purchase === null && product.waitingCount > 0 ? (mine.data ?? null) : null;
  const [hasWaited, setHasWaited] = useState(false);
  if (waits !== null && !hasWaited) setHasWaited(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: with another version others wait, or it is his turn
  useEffect(() => {
    if (!hasWaited) return;
    for (const queryKey of [['own', 'waiting', id, userId], keys.purchase(id, userId)]) {
      void queries.invalidateQueries({ queryKey });
    }
  }, [queries, id, userId, version, hasWaited]);

  const onSettled = () => queries.invalidateQueries({ queryKey: keys.product(id) });
  const wait = useMutation({
    mutationFn: () => trade.call<WaitingPlace>(path, { method: 'POST', body: { quantity } }),
    onSuccess: (place) => void queries.setQueryData<WaitingPlace | null>(queryKey, place),
    onSettled,
  });
  const stop = useMutation({
    mutationFn: () => trade.call<void>(`${path}/me`, { method: 'DELETE' }),
    onSuccess() {
      queries.setQueryData<WaitingPlace | null>(queryKey, null);
      setHasWaited(false);
    },
    onSettled,
  });

  if (purchase !== null) {
    return hasWaited ? (
      <p className="promoted" role="status">
        {strings.promoted}
      </p>
    ) : null;
  }
  if (!isOpen) {
    return hasWaited ? (
      <p className="hint" role="status">
        {strings.waitedInVain}
      </p>
    ) : null;
  }
  if (waits !== null) {
    return (
      <section className="waiting">
        <p role="status">{strings.position(waits.position, waits.quantity)}</p>
        {stop.isError && <Failure error={stop.error} />}
        <button type="button" disabled={stop.isPending} onClick={() => stop.mutate()}>
          {strings.stopWaiting}
        </button>
      </section>
    );
  }
  if (seatsLeft > 0) return null;
  return (
    <section className="waiting">
      <p>{strings.waitHint(product.waitingCount)}</p>
      {wait.isError && <Failure error={wait.error} />}
      <Quantity value={quantity} onChange={setQuantity} />
      <button type="button" className="primary" disabled={wait.isPending} onClick={() => wait.mutate()}>
        {wait.isPending ? strings.waits : strings.wait}
      </button>
    </section>
  );
}
