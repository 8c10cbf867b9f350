import type { Product, ProductChange } from '@gongu/shared';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import {
  applyChange,
  applyToPages,
  applyToPurchases,
  hasProduct,
  type ProductPages,
  type PurchasePages,
} from '../products/apply-change.ts';
import { keys } from '../products/queries.ts';
import { useServices } from '../session/SessionProvider.tsx';
import { listenToProducts } from './product-events.ts';

const IsLive = createContext(true);

/** Milliseconds in which products that the lists do not have yet are gathered into one reading. */
const GATHER_MS = 300;
/** The same of counts of categories and tags, which are dear. */
const FACETS_MS = 2_000;

/** Keeps every product that is shown as trade says it is. */
export function LiveProducts({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const { eventsUrl } = useServices().trade;
  const [isLive, setIsLive] = useState(true);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let facets: ReturnType<typeof setTimeout> | undefined;
    const stop = listenToProducts({
      url: eventsUrl,
      onState: setIsLive,
      onReset() {
        void queries.invalidateQueries({ queryKey: keys.facets });
        void queries.invalidateQueries({ queryKey: keys.lists });
        void queries.invalidateQueries({ queryKey: ['product'] });
        void queries.invalidateQueries({ queryKey: keys.purchases });
      },
      onChange(change: ProductChange) {
        queries.setQueryData<Product>(keys.product(change.id), (known) => known && applyChange(known, change));
        queries.setQueriesData<PurchasePages>(
          { queryKey: keys.purchases },
          (known) => known && applyToPurchases(known, change),
        );
        let isKnown = false;
        for (const [key, pages] of queries.getQueriesData<ProductPages>({ queryKey: keys.lists })) {
          if (!pages) continue;
          isKnown ||= hasProduct(pages, change.id);
          queries.setQueryData(key, applyToPages(pages, change));
        }
        // A new one may count, and what has ended counts no more.
        if (!isKnown || change.status !== 'RECRUITING') {
          facets ??= setTimeout(() => {
            facets = undefined;
            void queries.invalidateQueries({ queryKey: keys.facets });
          }, FACETS_MS);
        }
        // A new one, or one beyond the pages read so far.
        if (isKnown) return;
        clearTimeout(timer);
        timer = setTimeout(() => void queries.invalidateQueries({ queryKey: keys.lists }), GATHER_MS);
      },
    });
    return () => {
      clearTimeout(timer);
      clearTimeout(facets);
      stop();
    };
  }, [eventsUrl, queries]);

  return <IsLive value={isLive}>{children}</IsLive>;
}

/** Whether seats change by themselves at the moment. */
export function useIsLive(): boolean {
  return useContext(IsLive);
}
