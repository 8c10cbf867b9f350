import type { Product } from '@gongu/shared';
import { useState } from 'react';
import { useTold } from '../chat/told.tsx';
import { moment, money } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { outcomeOf } from '../i18n/outcome.ts';
import { PartBoundary } from '../loading/PartBoundary.tsx';
import { separatePart } from '../loading/separate-part.tsx';
import { useNotice } from '../products/queries.ts';
import { Link } from '../routing/Link.tsx';
import { Countdown } from './Countdown.tsx';
import { Picture } from './Picture.tsx';
import { Seats } from './Seats.tsx';
import { StatusBadge } from './StatusBadge.tsx';
import { TakePart } from './TakePart.tsx';

const { Part: Pictures } = separatePart(() => import('./Pictures.tsx').then(({ Pictures }) => Pictures));
const { Part: Share } = separatePart(() => import('./Share.tsx').then(({ Share }) => Share));
const { Part: Tiers } = separatePart(() => import('./Tiers.tsx').then(({ Tiers }) => Tiers));

/** All there is to know of a product, and the way to take part. */
export function ProductDetails({ product, titleId }: { readonly product: Product; readonly titleId: string }) {
  const strings = useStrings();
  const [shown, setShown] = useState(0);
  const at = Math.min(shown, Math.max(0, product.pictures.length - 1));
  const isOpen = product.status === 'RECRUITING';
  const { room } = useTold();
  const told = room?.roomId === product.roomId ? room : null;
  const { data: notice } = useNotice(product, told === null);
  const labels = [
    ...(product.category === null ? [] : [['category', product.category] as const]),
    ...product.tags.map((tag) => ['tag', tag] as const),
  ];
  const seller = nameIn(told?.sellerName ?? null, product.sellerId);
  return (
    <article className="product" aria-labelledby={titleId} data-product={product.id} data-status={product.status}>
      <div className="product-picture">
        <Picture product={product} at={at} isFirst />
        {product.pictures.length > 1 && (
          <div className="pictures">
            <PartBoundary of={product.id} isQuiet>
              <Pictures product={product} shown={at} onShow={setShown} />
            </PartBoundary>
          </div>
        )}
      </div>
      <div className="product-text">
        <p className="row">
          <StatusBadge status={product.status} />
          {seller !== null && (
            <span className="seller">
              <bdi>{strings.by(seller)}</bdi>
            </span>
          )}
        </p>
        <h1 id={titleId}>
          <bdi>{product.title}</bdi>
        </h1>
        <p className="price">
          {money(product.currentPrice, strings.locale)} <small>{strings.each}</small>
        </p>
        {notice && (
          <div className="product-notice">
            <strong className="badge">{strings.newestNotice}</strong>
            <p>{notice.content}</p>
          </div>
        )}
        {product.priceTiers.length > 0 && (
          <PartBoundary of={product.id}>
            <Tiers product={product} />
          </PartBoundary>
        )}
        {labels.length > 0 && (
          <ul className="tags">
            {labels.map(([name, value]) => (
              <li key={name + value}>
                <Link className="badge" to={`/?${new URLSearchParams({ [name]: value })}`}>
                  {name === 'tag' && '#'}
                  {value}
                </Link>
              </li>
            ))}
          </ul>
        )}
        {product.description !== '' && <p className="description">{product.description}</p>}
        <div className="facts">
          <Seats product={product} />
          {isOpen && <p className="minimum">{strings.minimum(product.committedCount, product.minParticipants)}</p>}
          <p className="row">
            {isOpen ? <Countdown deadline={product.deadline} /> : outcomeOf(product, strings)}
            <small>{`${strings.deadline}: ${moment(product.deadline, strings.locale)}`}</small>
          </p>
        </div>
        <TakePart product={product} />
        {isOpen && (
          <PartBoundary of={product.id} isQuiet>
            <Share product={product} />
          </PartBoundary>
        )}
      </div>
    </article>
  );
}

/** A product has its seller's id alone, which is nothing to show. Of one who was never there, chat tells its beginning. */
function nameIn(name: string | null, sellerId: string): string | null {
  return name !== null && (name === sellerId || !sellerId.startsWith(name)) ? name : null;
}
