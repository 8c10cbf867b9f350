import type { Product, ProductChange, Purchase } from '@gongu/shared';
import type { InfiniteData } from '@tanstack/react-query';
import type { Page } from '../api/trade.ts';

/** The product after a change; the same object when it knew already. */
export function applyChange(product: Product, change: ProductChange): Product {
  return product.id === change.id && product.version < change.version ? { ...product, ...change } : product;
}

export type ProductPages = InfiniteData<Page<Product>, string | null>;

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

export type PurchasePages = InfiniteData<Page<Purchase>, string | null>;

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
