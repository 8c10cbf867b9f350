import type { Product, ProductChange, Purchase } from '@gongu/shared';
import type { InfiniteData } from '@tanstack/react-query';
import type { Page } from '../api/trade.ts';

/** The product after a change; the same object when it knew already. */
export function applyChange(product: Product, change: ProductChange): Product {
  return product.id === change.id && product.version < change.version ? { ...product, ...change } : product;
}

type Pages<T> = InfiniteData<Page<T>, string | null>;
export type ProductPages = Pages<Product>;

/** The pages after a change; the same object when nothing in them changed. */
export function applyToPages(pages: ProductPages, change: ProductChange): ProductPages {
  let changed = false;
  const next = pages.pages.map((page) => {
    const items = page.items.map((product) => applyChange(product, change));
    if (items.every((item, at) => item === page.items[at])) return page;
    changed = true;
    return { ...page, items };
  });
  return changed ? { ...pages, pages: next } : pages;
}

/** The newer of two: an answer may be older than what was told since it was asked for. */
export function newer(known: Product | undefined, found: Product): Product {
  return known && known.id === found.id && known.version > found.version ? known : found;
}

/** Pages as they were found, with what is known of their products to be newer. */
export function newerPages<T extends Product | Purchase>(known: Pages<T> | undefined, found: Pages<T>): Pages<T> {
  const products = new Map(
    known?.pages.flatMap(({ items }) => items).map((item) => [productOf(item).id, productOf(item)]),
  );
  const fresh = (item: T): T => {
    const product = newer(products.get(productOf(item).id), productOf(item));
    return ('product' in item ? { ...item, product } : product) as T;
  };
  return { ...found, pages: found.pages.map((page) => ({ ...page, items: page.items.map(fresh) })) };
}

function productOf(item: Product | Purchase): Product {
  return 'product' in item ? item.product : item;
}

export type PurchasePages = Pages<Purchase>;

/** The same for what somebody has bought. */
export function applyToPurchases(pages: PurchasePages, change: ProductChange): PurchasePages {
  if (!pages.pages.some(({ items }) => items.some(({ product }) => applyChange(product, change) !== product)))
    return pages;
  const moved = (purchase: Purchase) => ({ ...purchase, product: applyChange(purchase.product, change) });
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.map(moved) })) };
}

export function hasProduct(pages: ProductPages, id: string): boolean {
  return pages.pages.some(({ items }) => items.some((product) => product.id === id));
}
