import type { Participation, Product } from '@gongu/shared';
import {
  keepPreviousData,
  replaceEqualDeep,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { NewProduct, ProductEdit, ProductFilter } from '../api/trade.ts';
import { useServices } from '../session/SessionProvider.tsx';
import { newer, newerPages, type ProductPages, type PurchasePages } from './apply-change.ts';

/** Keys of the cache. What begins with `own` belongs to the session and goes with it. */
export const keys = {
  lists: ['products'] as const,
  facets: ['facets'] as const,
  product: (id: string) => ['product', id] as const,
  notice: (roomId: string, userId: string) => ['own', 'notice', roomId, userId] as const,
  purchase: (id: string, userId: string) => ['own', 'purchase', id, userId] as const,
  /** Of whoever is signed in. */
  purchases: ['own', 'purchases'] as const,
  buyers: (id: string) => ['own', 'buyers', id] as const,
  rooms: (userId: string) => ['own', 'rooms', userId] as const,
};

export function useProducts(filter: ProductFilter) {
  const { trade, session } = useServices();
  return useInfiniteQuery({
    queryKey: [...keys.lists, filter, filter.mine ? session?.userId : null],
    queryFn: ({ pageParam, signal }) => trade.products(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
    structuralSharing: (known, found) =>
      replaceEqualDeep(known, newerPages(known as ProductPages | undefined, found as ProductPages)),
  });
}

/** Categories and tags of what recruits, with counts. */
export function useFacets() {
  const { trade } = useServices();
  return useQuery({ queryKey: keys.facets, queryFn: ({ signal }) => trade.facets(signal) });
}

export function useProduct(id: string) {
  const { trade } = useServices();
  return useQuery({
    queryKey: keys.product(id),
    queryFn: ({ signal }) => trade.product(id, signal),
    structuralSharing: (known, found) => replaceEqualDeep(known, newer(known as Product | undefined, found as Product)),
  });
}

/** The newest notice of a product's room; null: none that he may see. Not asked for while its conversation tells it. */
export function useNotice({ roomId, status }: Pick<Product, 'roomId' | 'status'>, isAsked: boolean) {
  const { noticeOf, session } = useServices();
  return useQuery({
    queryKey: keys.notice(roomId, session?.userId ?? ''),
    queryFn: ({ signal }) => noticeOf(roomId, signal),
    enabled: isAsked && status === 'RECRUITING',
  });
}

/** The own purchase of a product; null: none. Not asked for guests, who can't have one. */
export function usePurchase(id: string) {
  const { trade, session } = useServices();
  return useQuery({
    queryKey: keys.purchase(id, session?.userId ?? ''),
    queryFn: ({ signal }) => trade.myPurchase(id, signal),
    enabled: session?.kind === 'user',
  });
}

/** Taking a place, how many one takes, and giving it up. What is shown as bought is what the service has confirmed. */
export function usePlace(id: string) {
  const { trade, session } = useServices();
  const queries = useQueryClient();
  const purchase = keys.purchase(id, session?.userId ?? '');
  const changed = [keys.product(id), purchase, keys.purchases];
  // Also after a refusal: what was shown of the seats may have been old.
  const onSettled = () => Promise.all(changed.map((queryKey) => queries.invalidateQueries({ queryKey })));
  const join = useMutation({
    mutationFn: ({ quantity, key }: { quantity: number; key: string }) => trade.join(id, quantity, key),
    onSuccess: (bought) => void queries.setQueryData<Participation | null>(purchase, bought),
    onSettled,
  });
  const leave = useMutation({
    mutationFn: () => trade.leave(id),
    onSuccess: () => void queries.setQueryData<Participation | null>(purchase, null),
    onSettled,
  });
  const change = useMutation({
    mutationFn: (quantity: number) => trade.changeQuantity(id, quantity),
    onSuccess: (bought) => void queries.setQueryData<Participation | null>(purchase, bought),
    onSettled,
  });
  return { join, leave, change };
}

/** What one has bought, newest first. */
export function usePurchases() {
  const { trade, session } = useServices();
  return useInfiniteQuery({
    queryKey: [...keys.purchases, session?.userId ?? ''],
    queryFn: ({ pageParam, signal }) => trade.purchases(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    structuralSharing: (known, found) =>
      replaceEqualDeep(known, newerPages(known as PurchasePages | undefined, found as PurchasePages)),
  });
}

/** What a seller does with a product of his. */
export function useSelling(id: string) {
  const { trade } = useServices();
  const queries = useQueryClient();
  const became = (product: Product) => {
    queries.setQueryData<Product>(keys.product(id), (known) => newer(known, product));
    void queries.invalidateQueries({ queryKey: keys.lists });
    void queries.invalidateQueries({ queryKey: keys.facets });
  };
  const onError = () => queries.invalidateQueries({ queryKey: keys.product(id) });
  return {
    close: useMutation({ mutationFn: () => trade.close(id), onSuccess: became, onError }),
    edit: useMutation({ mutationFn: (fields: ProductEdit) => trade.edit(id, fields), onSuccess: became, onError }),
    cancel: useMutation({ mutationFn: (reason: string) => trade.cancel(id, reason), onSuccess: became, onError }),
  };
}

export function useCreateProduct() {
  const { trade } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ fields, key }: { fields: NewProduct; key: string }) => trade.create(fields, key),
    onSuccess(product) {
      queries.setQueryData<Product>(keys.product(product.id), product);
      void queries.invalidateQueries({ queryKey: keys.lists });
    },
  });
}

/** Who buys what; read again whenever the product has changed. */
export function useBuyers({ id, version }: Pick<Product, 'id' | 'version'>) {
  const { trade } = useServices();
  return useInfiniteQuery({
    queryKey: [...keys.buyers(id), version],
    queryFn: ({ pageParam, signal }) => trade.buyers(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });
}
