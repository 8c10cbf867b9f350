import type { Product } from '@gongu/shared';
import { useState } from 'react';
import { isPassing } from '../api/api-error.ts';
import { newKey } from '../api/new-key.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { PartBoundary } from '../loading/PartBoundary.tsx';
import { separatePart } from '../loading/separate-part.tsx';
import { usePlace, usePurchase } from '../products/queries.ts';
import { Link } from '../routing/Link.tsx';
import { useLocation } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { AskFirst } from './AskFirst.tsx';
import { Failure } from './Failure.tsx';
import { signInPath } from './paths.ts';
import { Quantity } from './Quantity.tsx';
import { Sum } from './Sum.tsx';

const { Part: PayPlace } = separatePart(() => import('./PayPlace.tsx').then(({ PayPlace }) => PayPlace));
const { Part: WaitForPlace } = separatePart(() =>
  import('./WaitForPlace.tsx').then(({ WaitForPlace }) => WaitForPlace),
);
const { Part: MyAddress } = separatePart(() => import('./MyAddress.tsx').then(({ MyAddress }) => MyAddress));

/** Taking a place and giving it up, for those who may; for the others, what they can do instead. */
export function TakePart({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const { session } = useServices();
  const { pathname, search } = useLocation();
  if (session?.kind === 'user' && session.userId === product.sellerId) {
    return (
      <p className="take-part row">
        {strings.ownProduct} <Link to={`/sell/${product.id}`}>{strings.manage}</Link>
      </p>
    );
  }
  if (session?.kind === 'user') return <Place key={`${session.userId} ${product.id}`} product={product} />;
  if (product.status !== 'RECRUITING') return null;
  return (
    <div className="take-part">
      {session?.kind === 'guest' && <p className="hint">{strings.guestHint}</p>}
      <Link className="button primary" to={signInPath(pathname + search)}>
        {strings.signInToBuy}
      </Link>
    </div>
  );
}

function Place({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const purchase = usePurchase(product.id);
  const { join, leave, change } = usePlace(product.id);
  const [quantity, setQuantity] = useState(1);
  // What he is about to change it to; null: it stays.
  const [wanted, setWanted] = useState<number | null>(null);
  const isOpen = product.status === 'RECRUITING';
  const isOver = isOpen && product.seatsLeft === 0;

  // One wish, one key: asked again, it can't become two places.
  const take = () => {
    leave.reset();
    join.mutate({ quantity, key: newKey() });
  };
  const giveUp = () => {
    join.reset();
    change.reset();
    setWanted(null);
    leave.mutate();
  };
  if (purchase.isPending) return <p className="take-part loading">{strings.loading}</p>;
  // What is known already is not made unknown by a reading that failed.
  if (purchase.isLoadingError) return <Failure error={purchase.error} retry={() => void purchase.refetch()} />;
  const mine = purchase.data ?? null;
  // First in what is shown with a place and without: what they say of a place that was lost or won outlives it.
  const deal = (product.payment === 'REQUIRED' || product.waitingList) && (
    <PartBoundary of={product.id}>
      {product.payment === 'REQUIRED' && <PayPlace product={product} purchase={mine} hasLeft={leave.isSuccess} />}
      {product.waitingList && <WaitForPlace product={product} purchase={mine} />}
    </PartBoundary>
  );
  if (purchase.data) {
    const status = purchase.data.payment?.status;
    const isHeld = status === 'PENDING' || status === 'FAILED';
    const bought = purchase.data.quantity;
    const next = wanted ?? bought;
    const isCancelled = product.status === 'CANCELLED';
    return (
      <>
        {deal}
        <div className="take-part" data-joined={isCancelled ? 'cancelled' : isHeld ? 'held' : 'true'}>
          {!isHeld && (
            <p className="joined" role="status">
              {isCancelled ? strings.joinedCancelled(bought) : strings.joined(bought)}
            </p>
          )}
          {!isCancelled && <Sum product={product} quantity={isOpen ? next : bought} />}
          {change.isError && <Failure error={change.error} />}
          {isOpen && <Quantity value={next} onChange={setWanted} />}
          {isOpen && next !== bought && (
            <button
              type="button"
              className="primary"
              disabled={change.isPending}
              onClick={() => change.mutate(next, { onSuccess: () => setWanted(null) })}
            >
              {change.isPending ? strings.changing : strings.changeQuantity(next)}
            </button>
          )}
          {isOpen && (
            <AskFirst
              label={strings.leave}
              title={strings.leaveTitle}
              text={strings.leaveText}
              yes={leave.isPending ? strings.leaving : strings.leaveReally}
              isPending={leave.isPending}
              error={leave.error}
              onYes={giveUp}
            />
          )}
          {!isOpen && leave.isError && <Failure error={leave.error} />}
        </div>
        {!isCancelled && (
          <PartBoundary of={product.id}>
            <MyAddress product={product} />
          </PartBoundary>
        )}
      </>
    );
  }
  const waits = product.waitingList && isOver;
  return (
    <>
      {deal}
      {(isOpen || join.isError) && (
        <div className="take-part">
          {join.isError && (
            <Failure
              error={join.error}
              {...(isPassing(join.error) && join.variables ? { retry: () => join.mutate(join.variables) } : {})}
            />
          )}
          {isOpen && !waits && (
            <>
              <Quantity value={quantity} onChange={setQuantity} />
              <Sum product={product} quantity={quantity} />
              <button type="button" className="primary" disabled={join.isPending || isOver} onClick={take}>
                {join.isPending ? strings.joining : isOver ? strings.full : strings.join}
              </button>
            </>
          )}
        </div>
      )}
    </>
  );
}
