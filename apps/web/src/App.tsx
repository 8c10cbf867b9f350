import { onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { isPassing } from './api/api-error.ts';
import { ToldByChat } from './chat/told.tsx';
import type { ServerClock } from './clock/server-clock.ts';
import type { Config } from './config.ts';
import { LiveProducts } from './live/LiveProducts.tsx';
import { PAGES } from './pages/pages.ts';
import { Router } from './routing/Router.tsx';
import { Routes } from './routing/Routes.tsx';
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
          <Router>
            <ToldByChat>
              <Layout>
                <Routes routes={PAGES} />
              </Layout>
            </ToldByChat>
          </Router>
        </LiveProducts>
      </SessionProvider>
    </QueryClientProvider>
  );
}
