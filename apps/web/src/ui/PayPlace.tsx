import type { Participation, Product } from '@gongu/shared';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { fetchJson } from '../api/http.ts';
import { dealStrings } from '../i18n/deal-strings.ts';
import { money } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { keys } from '../products/queries.ts';
import { useLocation, useSearchParams } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Countdown } from './Countdown.tsx';
import { Failure } from './Failure.tsx';

/** Milliseconds between two looks at a payment that is not made: a report of one that failed changes no product. */
const LOOK_MS = 5_000;

export interface PayPlaceProps {
  readonly product: Product;
  /** Null: he has no place. */
  readonly purchase: Participation | null;
  /** He has just given it up himself. */
  readonly hasLeft: boolean;
}

/** The payment of a place: the time that is left for it, the way to pay, and what has become of it. */
export function PayPlace({ product, purchase, hasLeft }: PayPlaceProps) {
  const { locale } = useStrings();
  const strings = dealStrings(locale);
  const { session, payUrl, token } = useServices();
  const { pathname } = useLocation();
  const [params] = useSearchParams();
  const queries = useQueryClient();
  const userId = session?.userId ?? '';
  const payment = purchase?.payment ?? null;
  const isHeld = product.status === 'RECRUITING' && (payment?.status === 'PENDING' || payment?.status === 'FAILED');
  const [wasHeld, setWasHeld] = useState(false);
  if (isHeld && !wasHeld) setWasHeld(true);
  if (hasLeft && wasHeld) setWasHeld(false);

  // What is reserved is taken a moment after the end.
  const isOpen = isHeld || (product.status === 'CLOSED' && payment?.status === 'AUTHORIZED');

  const { id, version } = product;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version is another state of the place
  useEffect(() => {
    const look = () => void queries.invalidateQueries({ queryKey: keys.purchase(id, userId) });
    if (wasHeld) look();
    if (!isOpen) return;
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [queries, id, userId, isOpen, wasHeld, version]);

  const begin = useMutation({
    mutationFn: () =>
      fetchJson<{ url: string }>(`${payUrl}/payments`, {
        ...{ method: 'POST', token },
        body: { productId: id, path: pathname, lang: locale },
      }),
    onSuccess: ({ url }) => location.assign(new URL(url, payUrl ?? undefined)),
  });

  // Back from the payment's page, the browser may show this one as it was left.
  const { reset } = begin;
  useEffect(() => {
    const shown = ({ persisted }: PageTransitionEvent) => persisted && reset();
    addEventListener('pageshow', shown);
    return () => removeEventListener('pageshow', shown);
  }, [reset]);

  if (!purchase || !payment) {
    const isLate = (wasHeld || params.get('payment') === 'late') && !hasLeft;
    return isLate ? (
      <p className="failure" role="alert">
        {strings.late}
      </p>
    ) : null;
  }
  const { currency } = purchase.payable;
  if (!isHeld) {
    const { status, amount } = payment;
    if (status === 'PENDING' || product.status === 'CANCELLED') return null;
    return (
      <p className="paid" role="status" data-payment={status}>
        {strings.paid[status](money({ amount: amount ?? purchase.payable.amount, currency }, locale))}
      </p>
    );
  }
  const payable = money(purchase.payable, locale);
  return (
    <section className="to-pay" data-payment={payment.status}>
      <p
        role={payment.status === 'FAILED' ? 'alert' : 'status'}
        className={payment.status === 'FAILED' ? 'failure' : 'held'}
      >
        {payment.status === 'FAILED' ? strings.heldFailed : strings.held}
      </p>
      <p className="row">
        <span>{strings.timeToPay}</span> <Countdown deadline={payment.dueAt} />
      </p>
      {begin.isError && <Failure error={begin.error} />}
      {payUrl === null ? (
        <p className="hint">{strings.payElsewhere}</p>
      ) : (
        <button
          type="button"
          className="primary"
          disabled={begin.isPending || begin.isSuccess}
          onClick={() => begin.mutate()}
        >
          {begin.isPending || begin.isSuccess ? strings.paying : strings.pay(payable)}
        </button>
      )}
    </section>
  );
}
