import type { Buyer, Participation, Product, ProductFacets, Purchase } from '@gongu/shared';
import { ApiError } from './api-error.ts';
import { fetchJson, type HttpRequest } from './http.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface ProductFilter {
  readonly status?: Product['status'];
  readonly minSeatsLeft?: number;
  /** What is looked for: 2 to 64 characters as searches compare them. */
  readonly q?: string;
  readonly category?: string;
  /** Products that have all of them. */
  readonly tag?: readonly string[];
  readonly sort?: 'deadline' | '-createdAt';
  readonly mine?: 'seller' | 'buyer';
}

/** Fields of a new product; `deadline` is ISO 8601. */
export interface NewProduct {
  readonly title: string;
  readonly description: string;
  readonly imageUrl: string | null;
  /** Ids of those that are uploaded. */
  readonly pictures: readonly string[];
  readonly category: string | null;
  readonly tags: readonly string[];
  readonly price: Product['price'];
  readonly minParticipants: number;
  readonly maxParticipants: number;
  readonly deadline: string;
  readonly priceTiers: Product['priceTiers'];
  readonly payment: Product['payment'];
  readonly waitingList: boolean;
  /** Whether its room is told of what is reached. */
  readonly notices: boolean;
}

/** Fields of a product that its seller may change; those that are there. */
export type ProductEdit = Partial<Omit<NewProduct, 'price' | 'payment' | 'waitingList'>>;

const PAGE = 24;
/** As many as trade gives at once. */
const PURCHASES = 100;
/** Pages asked for one after the other as long as they are empty. */
const PAGES_AT_ONCE = 5;

/** The trade service as this page uses it. Every function throws ApiError. */
export function createTrade(
  url: string,
  token: NonNullable<HttpRequest['token']>,
  heard: NonNullable<HttpRequest['heard']>,
) {
  const call = <T>(path: string, request: HttpRequest = {}) => fetchJson<T>(url + path, { token, heard, ...request });
  const product = (id: string) => `/api/products/${encodeURIComponent(id)}`;
  return {
    /** For parts that come later, with routes of their own. */
    call,
    url,
    /** Of what trade names by a path of its own. */
    urlOf: (path: string) => new URL(path, url).href,
    eventsUrl: `${url}/api/products/events`,
    /** The next page in which something is: with a filter, some are empty and not the last. Gives up after a few. */
    async products(filter: ProductFilter, cursor: string | null, signal?: AbortSignal): Promise<Page<Product>> {
      const query = new URLSearchParams({ limit: String(PAGE) });
      for (const [name, value] of Object.entries(filter)) {
        for (const one of [value ?? []].flat()) query.append(name, String(one));
      }
      for (let next = cursor, asked = 1; ; asked++) {
        if (next !== null) query.set('cursor', next);
        const page = await call<Page<Product>>(`/api/products?${query}`, { signal });
        if (page.items.length > 0 || page.nextCursor === null || asked === PAGES_AT_ONCE) return page;
        next = page.nextCursor;
      }
    },
    facets: (signal?: AbortSignal) => call<ProductFacets>('/api/products/facets', { signal }),
    product: (id: string, signal?: AbortSignal) => call<Product>(product(id), { signal }),
    /**
     * The caller's purchase; null: there is none. His newest purchases say so without a 404, which a browser writes into its
     * console; of who has bought more, the product is asked.
     */
    async myPurchase(id: string, signal?: AbortSignal): Promise<Participation | null> {
      const newest = await call<Page<Participation>>(`/api/participations/me?limit=${PURCHASES}`, { signal });
      const found = newest.items.find(({ productId }) => productId === id);
      if (found || newest.nextCursor === null) return found ?? null;
      try {
        return await call<Participation>(`${product(id)}/participations/me`, { signal });
      } catch (error) {
        if (error instanceof ApiError && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    },
    join: (id: string, quantity: number, idempotencyKey: string) =>
      call<Participation>(`${product(id)}/participations`, { method: 'POST', body: { quantity }, idempotencyKey }),
    changeQuantity: (id: string, quantity: number) =>
      call<Participation>(`${product(id)}/participations/me`, { method: 'PATCH', body: { quantity } }),
    /** What the caller has bought, newest first. */
    purchases(cursor: string | null, signal?: AbortSignal) {
      const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === null ? {} : { cursor }) });
      return call<Page<Purchase>>(`/api/participations/me?${query}`, { signal });
    },
    leave: (id: string) => call<void>(`${product(id)}/participations/me`, { method: 'DELETE' }),
    create: (fields: NewProduct, idempotencyKey: string) =>
      call<Product>('/api/products', { method: 'POST', body: fields, idempotencyKey }),
    edit: (id: string, fields: ProductEdit) => call<Product>(product(id), { method: 'PATCH', body: fields }),
    close: (id: string) => call<Product>(`${product(id)}/close`, { method: 'POST' }),
    cancel: (id: string, reason: string) =>
      call<Product>(`${product(id)}/cancel`, { method: 'POST', body: reason === '' ? {} : { reason } }),
    buyers(id: string, cursor: string | null, signal?: AbortSignal) {
      const query = new URLSearchParams({ limit: '50', ...(cursor === null ? {} : { cursor }) });
      return call<Page<Buyer>>(`${product(id)}/participations?${query}`, { signal });
    },
  };
}

export type Trade = ReturnType<typeof createTrade>;
