import type { Product, ProductSummary } from '@gongu/shared';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { dealStrings } from '../i18n/deal-strings.ts';
import { deskStrings } from '../i18n/desk-strings.ts';
import { money } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { keys } from '../products/queries.ts';
import { useCsv } from '../products/useCsv.ts';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from './Failure.tsx';
import { Loading } from './Loading.tsx';

/** A seller's product in numbers: what is paid and open, purchases by day as a plot with its table, and all of them as a file. */
export function SellersDesk({ product }: { readonly product: Product }) {
  const { locale } = useStrings();
  const strings = deskStrings(locale);
  const { trade } = useServices();
  const id = useId();
  const path = `/api/products/${encodeURIComponent(product.id)}`;
  const zone = new URLSearchParams({ timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  const found = useQuery({
    queryKey: [...keys.buyers(product.id), 'summary', product.version],
    queryFn: ({ signal }) => trade.call<ProductSummary>(`${path}/summary?${zone}`, { signal }),
    placeholderData: keepPreviousData,
  });
  const csv = useCsv(`${path}/participations?format=csv`, `participations-${product.id}.csv`);
  const summary = found.data;
  return (
    <section className="desk" aria-labelledby={id}>
      <h2 id={id}>{strings.title}</h2>
      {found.isPending && <Loading />}
      {found.isLoadingError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {summary && (
        <>
          <Payments summary={summary} />
          {summary.days.length > 0 && <Days summary={summary} />}
          {csv.isError && <Failure error={csv.error} />}
          <p>
            <button type="button" disabled={csv.isPending} onClick={() => csv.mutate()}>
              {csv.isPending ? strings.downloading : strings.download}
            </button>
          </p>
        </>
      )}
    </section>
  );
}

function Payments({ summary: { payments, currency } }: { readonly summary: ProductSummary }) {
  const { locale } = useStrings();
  const strings = deskStrings(locale);
  const names = dealStrings(locale).payments;
  if (payments.length === 0) return <p className="hint">{strings.nothing}</p>;
  return (
    <div className="table">
      <table>
        <caption>{strings.byPayment}</caption>
        <Heads names={[strings.payment, strings.people, strings.units, strings.payable, strings.held]} />
        <tbody>
          {payments.map(({ status, people, units, payable, amount }) => (
            <tr key={status}>
              <th scope="row">{status === null ? strings.unpaid : names[status]}</th>
              <td>{people}</td>
              <td>{units}</td>
              <td>{money({ amount: payable, currency }, locale)}</td>
              <td>{status === null ? '–' : money({ amount, currency }, locale)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Pixels of the plot, as its own coordinates. */
const PLOT = { width: 320, height: 120, gap: 0.2 } as const;

function Days({ summary: { days, currency } }: { readonly summary: ProductSummary }) {
  const { locale } = useStrings();
  const strings = deskStrings(locale);
  const most = Math.max(...days.map(({ units }) => units));
  const step = PLOT.width / days.length;
  // Of a day and no moment: without a zone it would be the day before for half of the world.
  const format = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const nameOf = (day: string) => format.format(new Date(`${day}T00:00:00Z`));
  return (
    <div className="days">
      {/* What it shows stands in the table beside it. */}
      <svg viewBox={`0 0 ${PLOT.width} ${PLOT.height}`} role="img">
        <title>{strings.byDay}</title>
        {days.map(({ day, units }, at) => {
          const height = (units / most) * PLOT.height;
          return (
            <rect
              key={day}
              x={at * step + (step * PLOT.gap) / 2}
              y={PLOT.height - height}
              width={step * (1 - PLOT.gap)}
              height={height}
            />
          );
        })}
      </svg>
      <div className="table">
        <table>
          <caption>{strings.byDay}</caption>
          <Heads names={[strings.day, strings.people, strings.units, strings.payable]} />
          <tbody>
            {days.map(({ day, people, units, payable }) => (
              <tr key={day}>
                <th scope="row">
                  <time dateTime={day}>{nameOf(day)}</time>
                </th>
                <td>{people}</td>
                <td>{units}</td>
                <td>{money({ amount: payable, currency }, locale)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Heads({ names }: { readonly names: readonly string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
