import { onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { isPassing } from './api/api-error.ts';
import type { ServerClock } from './clock/server-clock.ts';
import type { Config } from './config.ts';
import { LiveProducts } from './live/LiveProducts.tsx';
import { ManagePage } from './pages/ManagePage.tsx';
import { NewProductPage } from './pages/NewProductPage.tsx';
import { NotFoundPage } from './pages/NotFoundPage.tsx';
import { ProductPage } from './pages/ProductPage.tsx';
import { ProductsPage } from './pages/ProductsPage.tsx';
import { RoomsPage } from './pages/RoomsPage.tsx';
import { SellPage } from './pages/SellPage.tsx';
import { SignInPage } from './pages/SignInPage.tsx';
import { SessionProvider } from './session/SessionProvider.tsx';
import { Layout } from './ui/Layout.tsx';

/** Tries after the first, of a reading that failed for a reason that passes. */
const TRIES_AGAIN = 2;
/** Milliseconds for which what was read counts as fresh; live products change by themselves meanwhile. */
const FRESH_MS = 10_000;

export function App({ config, clock }: { readonly config: Config; readonly clock: ServerClock }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          // What somebody has asked for is answered, with or without a network: it does not wait unseen.
          queries: {
            staleTime: FRESH_MS,
            networkMode: 'always',
            refetchOnReconnect: true,
            // Without a network there is nothing to wait for.
            retry: (count, error) => onlineManager.isOnline() && isPassing(error) && count < TRIES_AGAIN,
          },
          mutations: { networkMode: 'always' },
        },
      }),
  );
  return (
    <QueryClientProvider client={queries}>
      <SessionProvider config={config} clock={clock}>
        <LiveProducts>
          <BrowserRouter>
            <Layout>
              <Routes>
                <Route path="/" element={<ProductsPage />} />
                <Route path="/products/:id" element={<ProductPage />} />
                <Route path="/rooms" element={<RoomsPage />} />
                <Route path="/sell" element={<SellPage />} />
                <Route path="/sell/new" element={<NewProductPage />} />
                <Route path="/sell/:id" element={<ManagePage />} />
                <Route path="/sign-in" element={<SignInPage />} />
                <Route path="*" element={<NotFoundPage />} />
              </Routes>
            </Layout>
          </BrowserRouter>
        </LiveProducts>
      </SessionProvider>
    </QueryClientProvider>
  );
}
