import { useDeferredValue, useId } from 'react';
import type { ProductFilter } from '../api/trade.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useProducts } from '../products/queries.ts';
import { useSearchParams } from '../routing/Router.tsx';
import { Failure } from '../ui/Failure.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { ProductCard } from '../ui/ProductCard.tsx';
import { CardsSkeleton } from '../ui/Skeleton.tsx';

const STATUSES = ['RECRUITING', 'CLOSED', 'CANCELLED'] as const;
const SEATS = [1, 5, 10, 20] as const;
/** Cards whose pictures are in sight as the page comes, on a telephone; a desk shows a row more. */
const IN_SIGHT = 2;
const SORTS = ['-createdAt', 'deadline'] as const;

/** What the shop offers. The filters are in the address, so that they can be sent to somebody. */
export function ProductsPage() {
  const strings = useStrings();
  const [params, setParams] = useSearchParams();
  const filter = filterOf(params);
  const list = useProducts(filter);
  // The cards come in pieces, in between which the browser gets its turn.
  const data = useDeferredValue(list.data);
  const products = data?.pages.flatMap(({ items }) => items) ?? [];
  const set = (name: string, value: string) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );

  return (
    <div className="page">
      <PageTitle text={strings.shop} />
      <div className="heading">
        <h1>{strings.products}</h1>
        <p>{strings.lead}</p>
      </div>
      <search className="filters" aria-label={strings.filters}>
        <Choice
          label={strings.status}
          value={params.get('status') ?? ''}
          onChoose={(value) => set('status', value)}
          options={[
            ['', strings.statuses.RECRUITING],
            ['CLOSED', strings.statuses.CLOSED],
            ['CANCELLED', strings.statuses.CANCELLED],
            ['all', strings.statusAll],
          ]}
        />
        <Choice
          label={strings.seats}
          value={params.get('seats') ?? ''}
          onChoose={(value) => set('seats', value)}
          options={[['', strings.seatsAny], ...SEATS.map((n) => [String(n), strings.seatsAtLeast(n)] as const)]}
        />
        <Choice
          label={strings.sort}
          value={params.get('sort') ?? ''}
          onChoose={(value) => set('sort', value)}
          options={[
            ['', strings.sorts['-createdAt']],
            ['deadline', strings.sorts.deadline],
          ]}
        />
      </search>
      {!data && !list.isError && <CardsSkeleton />}
      {(list.isLoadingError || list.isFetchNextPageError) && (
        <Failure error={list.error} retry={() => void list.refetch()} />
      )}
      {data && list.isSuccess && products.length === 0 && !list.hasNextPage && (
        <div className="empty">
          <p>{strings.empty}</p>
          {params.size > 0 && (
            <button type="button" onClick={() => setParams({}, { replace: true })}>
              {strings.clearFilters}
            </button>
          )}
        </div>
      )}
      <ul className="cards" aria-busy={list.isFetching}>
        {products.map((product, i) => (
          <li key={product.id}>
            <ProductCard product={product} to={`/products/${product.id}`} isFirst={i < IN_SIGHT} />
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <button
          type="button"
          className="more"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {list.isFetchingNextPage ? strings.loading : strings.more}
        </button>
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  const id = useId();
  const known = options.some(([one]) => one === value) ? value : '';
  return (
    <div className="choice">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={known} onChange={(event) => onChoose(event.target.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Whatever an address says, only what is known is asked for. Without a word: what is open. */
function filterOf(params: URLSearchParams): ProductFilter {
  const status = params.get('status');
  const known = STATUSES.find((one) => one === status);
  const seats = SEATS.find((n) => String(n) === params.get('seats'));
  return {
    ...(status === 'all' ? {} : { status: known ?? 'RECRUITING' }),
    ...(seats === undefined ? {} : { minSeatsLeft: seats }),
    sort: SORTS.find((one) => one === params.get('sort')) ?? '-createdAt',
  };
}
