import type { Purchase } from '@gongu/shared';
import { dataStrings } from '../i18n/data-strings.ts';
import { dealStrings } from '../i18n/deal-strings.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { outcomeOf } from '../i18n/outcome.ts';
import { usePurchases } from '../products/queries.ts';
import { Link } from '../routing/Link.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Countdown } from '../ui/Countdown.tsx';
import { Failure } from '../ui/Failure.tsx';
import { Loading } from '../ui/Loading.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { Picture } from '../ui/Picture.tsx';
import { signInPath } from '../ui/paths.ts';
import { StatusBadge } from '../ui/StatusBadge.tsx';
import { Sum } from '../ui/Sum.tsx';

/** What one has bought, and what becomes of it. */
export function PurchasesPage() {
  const strings = useStrings();
  const { session } = useServices();
  return (
    <div className="page">
      <PageTitle text={`${strings.purchases} · ${strings.shop}`} />
      <h1>{strings.purchases}</h1>
      {session?.kind === 'user' ? (
        <>
          <Purchases />
          <p>
            <Link to="/my-data">{dataStrings(strings.locale).title}</Link>
          </p>
        </>
      ) : (
        <div className="empty">
          <p>{strings.purchasesSignIn}</p>
          <Link className="button primary" to={signInPath('/purchases')}>
            {strings.signIn}
          </Link>
        </div>
      )}
    </div>
  );
}

function Purchases() {
  const strings = useStrings();
  const list = usePurchases();
  const purchases = list.data?.pages.flatMap(({ items }) => items) ?? [];
  if (list.isPending) return <Loading />;
  if (list.isLoadingError) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (purchases.length === 0) {
    return (
      <div className="empty">
        <p>{strings.purchasesEmpty}</p>
        <Link className="button" to="/">
          {strings.toProducts}
        </Link>
      </div>
    );
  }
  return (
    <>
      <ul className="purchases">
        {purchases.map((purchase) => (
          <li key={purchase.productId}>
            <Bought purchase={purchase} />
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
          {strings.more}
        </button>
      )}
    </>
  );
}

function Bought({ purchase: { product, quantity, payment } }: { readonly purchase: Purchase }) {
  const strings = useStrings();
  const isOpen = product.status === 'RECRUITING';
  return (
    <article className="card purchase" data-product={product.id} data-status={product.status}>
      <Picture product={product} />
      <div className="purchase-text">
        <p className="row">
          <StatusBadge status={product.status} />
          {payment && <span className="badge">{dealStrings(strings.locale).payments[payment.status]}</span>}
          {isOpen ? <Countdown deadline={product.deadline} /> : <small>{outcomeOf(product, strings)}</small>}
        </p>
        <h2>
          <Link to={`/products/${product.id}`}>
            <bdi>{product.title}</bdi>
          </Link>
        </h2>
        {product.status === 'CANCELLED' ? (
          <p>{strings.joinedCancelled(quantity)}</p>
        ) : (
          <Sum product={product} quantity={quantity} />
        )}
        {isOpen && <small>{strings.minimum(product.committedCount, product.minParticipants)}</small>}
      </div>
    </article>
  );
}
