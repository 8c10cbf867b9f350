import type { Product } from '@gongu/shared';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { pictureStrings } from '../i18n/picture-strings.ts';
import { useServices } from '../session/SessionProvider.tsx';

export interface PicturesProps {
  readonly product: Product;
  /** Which one is shown. */
  readonly shown: number;
  readonly onShow: (at: number) => void;
}

/** All pictures of a product, small, to choose which one is shown. */
export function Pictures({ product: { pictures }, shown, onShow }: PicturesProps) {
  const { trade } = useServices();
  const strings = pictureStrings(useStrings().locale);
  return (
    <ul aria-label={strings.title}>
      {pictures.map(({ id, thumbnailUrl }, at) => (
        <li key={id}>
          <button type="button" aria-pressed={at === shown} onClick={() => onShow(at)}>
            <img
              src={trade.urlOf(thumbnailUrl)}
              alt={strings.picture(at + 1, pictures.length)}
              width={80}
              height={60}
              loading="lazy"
            />
          </button>
        </li>
      ))}
    </ul>
  );
}
