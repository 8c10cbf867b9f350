import type { Product } from '@gongu/shared';
import { useState } from 'react';
import { ownPicture } from '../products/picture.ts';

/** A product's picture, or the shop's own where there is none or it does not load. The title beside it says what it is. */
export function Picture({ product, isLarge = false }: { readonly product: Product; readonly isLarge?: boolean }) {
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
      loading={isLarge ? 'eager' : 'lazy'}
      decoding="async"
      referrerPolicy="no-referrer"
      onError={() => url !== own && setFailed(url)}
    />
  );
}
