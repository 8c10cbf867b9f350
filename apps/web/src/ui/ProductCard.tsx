import type { Product } from '@gongu/shared';
import { money } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { outcomeOf } from '../i18n/outcome.ts';
import { Link } from '../routing/Link.tsx';
import { Countdown } from './Countdown.tsx';
import type { Found } from './found.tsx';
import { Picture } from './Picture.tsx';
import { Seats } from './Seats.tsx';
import { StatusBadge } from './StatusBadge.tsx';

export interface ProductCardProps {
  readonly product: Product;
  readonly to: string;
  /** In sight as the page comes. */
  readonly isFirst?: boolean;
  /** Where what was looked for stands in it. */
  readonly found?: Found | undefined;
}

/** A product in a list. All of it leads to its page; the title is the link. */
export function ProductCard({ product, to, isFirst = false, found }: ProductCardProps) {
  const strings = useStrings();
  return (
    <article className="card product-card" data-product={product.id} data-status={product.status}>
      <div className="card-picture">
        <Picture product={product} isFirst={isFirst} />
        <StatusBadge status={product.status} />
      </div>
      <div className="card-text">
        <h2>
          <Link to={to}>
            <bdi>{found?.title ?? product.title}</bdi>
          </Link>
        </h2>
        {found?.elsewhere}
        <p className="price">
          {money(product.currentPrice, strings.locale)} <small>{strings.each}</small>
        </p>
        <Seats product={product} />
        {product.status === 'RECRUITING' ? (
          <Countdown deadline={product.deadline} />
        ) : (
          <p className="outcome">{outcomeOf(product, strings)}</p>
        )}
      </div>
    </article>
  );
}
