import { SEARCH_CHARS, searchForm } from '@gongu/shared';
import { useDeferredValue, useEffect, useId, useState } from 'react';
import type { ProductFilter } from '../api/trade.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useFacets, useProducts } from '../products/queries.ts';
import { useSearchParams } from '../routing/Router.tsx';
import { Failure } from '../ui/Failure.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { ProductCard } from '../ui/ProductCard.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { CardsSkeleton } from '../ui/Skeleton.tsx';

const STATUSES = ['RECRUITING', 'CLOSED', 'CANCELLED'] as const;
const SEATS = [1, 5, 10, 20] as const;
/** Cards whose pictures are in sight as the page comes, on a telephone; a desk shows a row more. */
const IN_SIGHT = 2;
/** Tags to choose from; the services have the counts of more. */
const TAGS = 12;
const SORTS = ['-createdAt', 'deadline'] as const;

/** What the shop offers. The filters are in the address, so that they can be sent to somebody. */
export function ProductsPage() {
  const strings = useStrings();
  const [params, setParams] = useSearchParams();
  const filter = filterOf(params);
  const list = useProducts(filter);
  const facets = useFacets().data;
  const typed = params.get('q') ?? '';
  const foundIn = useFoundIn(filter.q);
  // The cards come in pieces, in between which the browser gets its turn.
  const data = useDeferredValue(list.data);
  const products = data?.pages.flatMap(({ items }) => items) ?? [];
  const { category = '', tag: tags = [] } = filter;
  const set = (name: string, values: readonly string[], replace = true) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        next.delete(name);
        for (const value of values) if (value !== '') next.append(name, value);
        return next;
      },
      { replace },
    );
  const choose = (name: string) => (value: string) => set(name, [value]);
  // Counts are of products that recruit.
  const counted = ({ name, count }: { name: string; count: number }, mark = '') =>
    filter.status === 'RECRUITING' ? `${mark}${name} (${count})` : mark + name;
  const categories = withChosen(facets?.categories ?? [], category === '' ? [] : [category]);
  const isShort = typed !== '' && filter.q === undefined;
  const isNarrow = filter.q !== undefined || category !== '' || tags.length > 0;
  const says = isShort
    ? strings.searchHint
    : isNarrow && data && products.length > 0
      ? strings.found(products.length, list.hasNextPage)
      : '';

  return (
    <div className="page">
      <PageTitle text={strings.shop} />
      <div className="heading">
        <h1>{strings.products}</h1>
        <p>{strings.lead}</p>
      </div>
      <search className="finder" aria-label={strings.filters}>
        <SearchField
          label={strings.search}
          q={typed}
          // Back leads to what was there before one began to search, and not through each of its letters.
          onSearch={(q) => set('q', [q], typed !== '')}
        />
        <div className="filters">
          <Choice
            label={strings.category}
            value={category}
            onChoose={choose('category')}
            options={[['', strings.statusAll], ...categories.map((one) => [one.name, counted(one)] as const)]}
          />
          <Choice
            label={strings.status}
            value={params.get('status') ?? ''}
            onChoose={choose('status')}
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
            onChoose={choose('seats')}
            options={[['', strings.seatsAny], ...SEATS.map((n) => [String(n), strings.seatsAtLeast(n)] as const)]}
          />
          <Choice
            label={strings.sort}
            value={params.get('sort') ?? ''}
            onChoose={choose('sort')}
            options={[
              ['', strings.sorts['-createdAt']],
              ['deadline', strings.sorts.deadline],
            ]}
          />
        </div>
        {/* Its line is kept where there are none, or none yet: nothing below it jumps. */}
        <ul className="tags" aria-label={strings.tags}>
          {withChosen(facets?.tags.slice(0, TAGS) ?? [], tags).map((one) => {
            const isChosen = tags.includes(one.name);
            const others = tags.filter((name) => name !== one.name);
            return (
              <li key={one.name}>
                <button
                  type="button"
                  className="small"
                  aria-pressed={isChosen}
                  onClick={() => set('tag', isChosen ? others : [...others, one.name])}
                >
                  {counted(one, '#')}
                </button>
              </li>
            );
          })}
        </ul>
      </search>
      <p role="status" className={says === '' ? 'hidden' : 'hint'}>
        {says}
      </p>
      {!data && !list.isError && <CardsSkeleton />}
      {(list.isLoadingError || list.isFetchNextPageError) && (
        <Failure error={list.error} retry={() => void list.refetch()} />
      )}
      {data && list.isSuccess && products.length === 0 && !list.hasNextPage && (
        <div className="empty">
          <p role="status">{filter.q === undefined ? strings.empty : strings.foundNothing(typed)}</p>
          {filter.status === 'RECRUITING' && isNarrow && (
            <button type="button" onClick={() => set('status', ['all'])}>
              {strings.searchEnded}
            </button>
          )}
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
            <ProductCard
              product={product}
              to={`/products/${product.id}`}
              isFirst={i < IN_SIGHT}
              found={filter.q === undefined ? undefined : foundIn?.(product, filter.q)}
            />
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

type FoundIn = typeof import('../ui/found.tsx').foundIn;

/** What marks hits, once something is looked for; null: it is not there yet, or does not come. */
function useFoundIn(q: string | undefined): FoundIn | null {
  const [foundIn, setFoundIn] = useState<FoundIn | null>(null);
  const isAsked = q !== undefined;
  useEffect(() => {
    if (!isAsked) return;
    import('../ui/found.tsx').then(
      (part) => setFoundIn(() => part.foundIn),
      () => {},
    );
  }, [isAsked]);
  return foundIn;
}

/** The most frequent, and those that are chosen, of which there may be none any more. */
function withChosen(frequent: readonly { name: string; count: number }[], chosen: readonly string[]) {
  const others = chosen.filter((one) => !frequent.some(({ name }) => name === one));
  return [...others.map((name) => ({ name, count: 0 })), ...frequent];
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
  const q = (params.get('q') ?? '').trim();
  const length = [...searchForm(q)].length;
  const category = params.get('category');
  const tag = [...new Set(params.getAll('tag'))].filter(isLabel).slice(0, 10);
  return {
    ...(status === 'all' ? {} : { status: known ?? 'RECRUITING' }),
    ...(length >= SEARCH_CHARS.least && length <= SEARCH_CHARS.most ? { q } : {}),
    ...(category !== null && isLabel(category) ? { category } : {}),
    ...(tag.length === 0 ? {} : { tag }),
    ...(seats === undefined ? {} : { minSeatsLeft: seats }),
    sort: SORTS.find((one) => one === params.get('sort')) ?? '-createdAt',
  };
}

/** Whether it can be a category or a tag. */
function isLabel(text: string): boolean {
  return text.trim() !== '' && [...text].length <= 40;
}
