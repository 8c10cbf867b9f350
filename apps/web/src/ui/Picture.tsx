import type { Product, Picture as Uploaded } from '@gongu/shared';
import { useState } from 'react';
import { ownPicture } from '../products/picture.ts';
import { useServices } from '../session/SessionProvider.tsx';

/** How wide it is shown, about. */
const SIZES = '(max-width: 40rem) 100vw, 24rem';

export interface PictureProps {
  readonly product: Product;
  /** Which of those that were uploaded. @default 0 */
  readonly at?: number;
  /** In sight as the page comes: it is loaded before all others. The others wait until one scrolls to them. */
  readonly isFirst?: boolean;
}

/** A product's picture, or the shop's own where there is none or it does not load. The title beside it says what it is. */
export function Picture({ product, at = 0, isFirst = false }: PictureProps) {
  const { urlOf } = useServices().trade;
  const [failed, setFailed] = useState<string | null>(null);
  const own = ownPicture(product.title);
  // The page's policy lets pictures in by HTTPS alone.
  const linked = product.imageUrl?.startsWith('https:') ? product.imageUrl : null;
  const upload = product.pictures[at];
  const given = upload ? urlOf(upload.url) : linked;
  const url = given !== null && given !== failed ? given : own;
  const small = upload && url === given ? smallWidth(upload) : 0;
  return (
    <img
      className="picture"
      {...(upload && small > 0
        ? { srcSet: `${urlOf(upload.thumbnailUrl)} ${small}w, ${url} ${upload.width}w`, sizes: SIZES }
        : {})}
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

/** Of a thumbnail, whose longer side has 480 pixels at most. */
function smallWidth({ width, height }: Uploaded): number {
  return Math.max(1, Math.round(width * Math.min(1, 480 / Math.max(width, height))));
}
