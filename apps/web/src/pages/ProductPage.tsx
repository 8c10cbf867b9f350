import { useDeferredValue, useId } from 'react';
import { codeOf } from '../api/api-error.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useProduct } from '../products/queries.ts';
import { useParams } from '../routing/Routes.tsx';
import { Failure } from '../ui/Failure.tsx';
import { ProductDetails } from '../ui/ProductDetails.tsx';
import { ProductSkeleton } from '../ui/Skeleton.tsx';
import { WithChat } from '../ui/WithChat.tsx';
import { NotFoundPage } from './NotFoundPage.tsx';

/** A product, the way to take part in it, and its conversation beside it. */
export function ProductPage() {
  const strings = useStrings();
  const { id = '' } = useParams();
  const { data, isPending, error, refetch } = useProduct(id);
  // It comes in pieces, in between which the browser gets its turn.
  const product = useDeferredValue(data);
  const titleId = useId();
  if (!product) {
    if (isPending || data) return <ProductSkeleton />;
    if (codeOf(error) === 'NOT_FOUND' || codeOf(error) === 'VALIDATION_FAILED') {
      return <NotFoundPage text={strings.productGone} />;
    }
    return <Failure error={error} retry={() => void refetch()} />;
  }
  return (
    <WithChat roomId={product.roomId} title={product.title} isOver={product.status !== 'RECRUITING'}>
      <ProductDetails product={product} titleId={titleId} />
    </WithChat>
  );
}
