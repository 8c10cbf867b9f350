import type { Product } from '@gongu/shared';
import { useState } from 'react';
import { ownPicture } from '../products/picture.ts';

export interface PictureProps {
  readonly product: Product;
  /** In sight as the page comes: it is loaded before all others. The others wait until one scrolls to them. */
  readonly isFirst?: boolean;
}

/** A product's picture, or the shop's own where there is none or it does not load. The title beside it says what it is. */
export function Picture({ product, isFirst = false }: PictureProps) {
  const [failed, setFailed] = useState<string | null>(null);
  const own = ownPicture(product.title);
  // The page's policy lets pictures in by HTTPS alone.
  const given = product.imageUrl?.startsWith('https:') ? product.imageUrl : null;
  const url = given !== null && given !== failed ? given : own;
  return (
    <img
      className="picture"
      src={url}
      alt=""
      width={640}
      height={480}
      loading={isFirst ? 'eager' : 'lazy'}
      fetchPriority={isFirst ? 'high' : 'auto'}
      decoding="async"
      referrerPolicy="no-referrer"
      onError={() => url !== own && setFailed(url)}
    />
  );
}
