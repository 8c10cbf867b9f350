import { useId } from 'react';
import { codeOf } from '../api/api-error.ts';
import { NoticeForm } from '../chat/NoticeForm.tsx';
import { dealStrings } from '../i18n/deal-strings.ts';
import { money } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { outcomeOf } from '../i18n/outcome.ts';
import { useProduct } from '../products/queries.ts';
import { Link } from '../routing/Link.tsx';
import { useParams } from '../routing/Routes.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Addresses } from '../ui/Addresses.tsx';
import { Buyers } from '../ui/Buyers.tsx';
import { Countdown } from '../ui/Countdown.tsx';
import { EndProduct } from '../ui/EndProduct.tsx';
import { Failure } from '../ui/Failure.tsx';
import { Loading } from '../ui/Loading.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { Picture } from '../ui/Picture.tsx';
import { Seats } from '../ui/Seats.tsx';
import { SellersDesk } from '../ui/SellersDesk.tsx';
import { SellersOnly } from '../ui/SellersOnly.tsx';
import { StatusBadge } from '../ui/StatusBadge.tsx';
import { Tiers } from '../ui/Tiers.tsx';
import { WithChat } from '../ui/WithChat.tsx';
import { NotFoundPage } from './NotFoundPage.tsx';

/** A seller's product: how it stands, who buys, what to tell them, and its end. */
export function ManagePage() {
  const strings = useStrings();
  const deal = dealStrings(strings.locale);
  const { session } = useServices();
  const { id = '' } = useParams();
  const titleId = useId();
  const { data: product, isPending, error, refetch } = useProduct(id);
  if (!session?.seller) {
    return (
      <div className="page">
        <PageTitle text={`${strings.sellTitle} · ${strings.shop}`} />
        <h1>{strings.sellTitle}</h1>
        <SellersOnly>{null}</SellersOnly>
      </div>
    );
  }
  if (!product) {
    if (isPending) return <Loading />;
    if (codeOf(error) === 'NOT_FOUND' || codeOf(error) === 'VALIDATION_FAILED') {
      return <NotFoundPage text={strings.productGone} />;
    }
    return <Failure error={error} retry={() => void refetch()} />;
  }
  return (
    <WithChat roomId={product.roomId} title={product.title} isOver={product.status !== 'RECRUITING'}>
      <article
        key={product.id}
        className="manage"
        aria-labelledby={titleId}
        data-product={product.id}
        data-status={product.status}
      >
        <div className="manage-head">
          <Picture product={product} />
          <div>
            <p className="row">
              <StatusBadge status={product.status} />
              {product.status === 'RECRUITING' && <Countdown deadline={product.deadline} />}
            </p>
            <h1 id={titleId}>
              <Link to={`/products/${product.id}`}>
                <bdi>{product.title}</bdi>
              </Link>
            </h1>
            <p className="price">
              {money(product.currentPrice, strings.locale)} <small>{strings.each}</small>
            </p>
          </div>
        </div>
        <Seats product={product} />
        {product.priceTiers.length > 0 && <Tiers product={product} />}
        {(product.payment === 'REQUIRED' || product.waitingList) && (
          <p className="row hint">
            {product.payment === 'REQUIRED' && <span>{deal.committed(product.committedCount)}</span>}
            {product.waitingList && <span>{deal.waiting(product.waitingCount)}</span>}
          </p>
        )}
        <p className="minimum">
          {product.status === 'RECRUITING'
            ? strings.minimum(product.committedCount, product.minParticipants)
            : outcomeOf(product, strings)}
        </p>
        <EndProduct product={product} />
        {product.status !== 'CANCELLED' && <NoticeForm roomId={product.roomId} />}
        <Buyers product={product} />
        <SellersDesk product={product} />
        {product.status === 'CLOSED' && <Addresses product={product} />}
      </article>
    </WithChat>
  );
}
