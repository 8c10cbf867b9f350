import type { ComponentType } from 'react';
import { type SeparatePart, separatePart } from '../loading/separate-part.tsx';
import { findRoute } from '../routing/Routes.tsx';

export interface PageAt extends SeparatePart<object> {
  readonly path: string;
}

/** Every page, by its address. Its file comes when the page is first shown, or is about to be. */
export const PAGES: readonly PageAt[] = [
  at('/', () => import('./ProductsPage.tsx').then(({ ProductsPage }) => ProductsPage)),
  at('/products/:id', () => import('./ProductPage.tsx').then(({ ProductPage }) => ProductPage)),
  at('/rooms', () => import('./RoomsPage.tsx').then(({ RoomsPage }) => RoomsPage)),
  at('/purchases', () => import('./PurchasesPage.tsx').then(({ PurchasesPage }) => PurchasesPage)),
  at('/my-data', () => import('./MyDataPage.tsx').then(({ MyDataPage }) => MyDataPage)),
  at('/sell', () => import('./SellPage.tsx').then(({ SellPage }) => SellPage)),
  at('/sell/new', () => import('./NewProductPage.tsx').then(({ NewProductPage }) => NewProductPage)),
  at('/sell/:id', () => import('./ManagePage.tsx').then(({ ManagePage }) => ManagePage)),
  at('/sell/:id/edit', () => import('./EditProductPage.tsx').then(({ EditProductPage }) => EditProductPage)),
  at('/sign-in', () => import('./SignInPage.tsx').then(({ SignInPage }) => SignInPage)),
  at('*', () => import('./NotFoundPage.tsx').then(({ NotFoundPage }) => NotFoundPage)),
];

/** Loads the page of a path. @throws ApiError NETWORK */
export async function loadPage(pathname: string): Promise<void> {
  await findRoute(PAGES, pathname)?.route.load();
}

function at(path: string, importPage: () => Promise<ComponentType<object>>): PageAt {
  return { path, ...separatePart(importPage) };
}
