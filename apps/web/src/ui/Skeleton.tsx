import { useStrings } from '../i18n/LocaleProvider.tsx';

/** As many as fill about a screen. */
const CARDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** The shape of what is on its way, so that nothing jumps when it comes; said in a word to those who can't see it. */
export function CardsSkeleton() {
  return (
    <>
      <Said />
      <ul className="cards skeleton" aria-hidden="true">
        {CARDS.map((card) => (
          <li key={card}>
            <div className="card product-card">
              <div className="bone picture" />
              <div className="card-text">
                <div className="bone" />
                <div className="bone short" />
                <div className="bone" />
              </div>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The same of a product's page. */
export function ProductSkeleton() {
  return (
    <div className="page">
      <Said />
      <div className="product skeleton" aria-hidden="true">
        <div className="product-picture">
          <div className="bone picture" />
        </div>
        <div className="product-text">
          <div className="bone short" />
          <div className="bone title" />
          <div className="bone short" />
          <div className="bone facts" />
        </div>
      </div>
    </div>
  );
}

function Said() {
  return (
    <p className="hidden" role="status">
      {useStrings().loading}
    </p>
  );
}
