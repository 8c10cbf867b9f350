import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useProducts } from '../products/queries.ts';
import { Link } from '../routing/Link.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from '../ui/Failure.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { ProductCard } from '../ui/ProductCard.tsx';
import { SellersOnly } from '../ui/SellersOnly.tsx';
import { CardsSkeleton } from '../ui/Skeleton.tsx';

/** A seller's own products. */
export function SellPage() {
  const strings = useStrings();
  const { session } = useServices();
  return (
    <div className="page">
      <PageTitle text={`${strings.sellTitle} · ${strings.shop}`} />
      <div className="heading row">
        <div>
          <h1>{strings.sellTitle}</h1>
          <p>{strings.sellText}</p>
        </div>
        {session?.seller && (
          <Link className="button primary" to="/sell/new">
            {strings.newProduct}
          </Link>
        )}
      </div>
      <SellersOnly>
        <Own />
      </SellersOnly>
    </div>
  );
}

function Own() {
  const strings = useStrings();
  const list = useProducts({ mine: 'seller' });
  const products = list.data?.pages.flatMap(({ items }) => items) ?? [];
  if (list.isPending) return <CardsSkeleton />;
  if (list.isLoadingError) return <Failure error={list.error} retry={() => void list.refetch()} />;
  return (
    <>
      {products.length === 0 && !list.hasNextPage && <p className="empty">{strings.sellEmpty}</p>}
      <ul className="cards">
        {products.map((product) => (
          <li key={product.id}>
            <ProductCard product={product} to={`/sell/${product.id}`} />
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <button type="button" className="more" disabled={list.isFetching} onClick={() => void list.fetchNextPage()}>
          {strings.more}
        </button>
      )}
    </>
  );
}
