import { useEffect, useState } from 'react';
import { App } from './App.tsx';
import type { ServerClock } from './clock/server-clock.ts';
import { type Config, loadConfig } from './config.ts';
import { useStrings } from './i18n/LocaleProvider.tsx';
import { loadPage } from './pages/pages.ts';
import { Failure } from './ui/Failure.tsx';
import { Loading } from './ui/Loading.tsx';

type Started = { readonly config: Config } | { readonly error: unknown };

export interface StartProps {
  readonly clock: ServerClock;
  /** What came of the first try; null: it is not known yet. */
  readonly known: Started | null;
  readonly first: Promise<Started>;
}

/** Learns where the services are, then is the shop. */
export function Start({ clock, known, first }: StartProps) {
  const strings = useStrings();
  const [trying, setTrying] = useState(first);
  const [state, setState] = useState(known);
  useEffect(() => {
    let isWanted = true;
    void trying.then((came) => isWanted && setState(came));
    return () => {
      isWanted = false;
    };
  }, [trying]);

  if (state && 'config' in state) return <App config={state.config} clock={clock} />;
  return (
    <main className="page">
      <title>{strings.shop}</title>
      <h1>{strings.shop}</h1>
      {state === null ? (
        <Loading />
      ) : (
        <>
          <p>{strings.failedToStart}</p>
          <Failure
            error={state.error}
            retry={() => {
              setState(null);
              setTrying(start(clock));
            }}
          />
        </>
      )}
    </main>
  );
}

/** Asks for all that the first page needs. Never rejects. */
export function start(clock: ServerClock): Promise<Started> {
  // Together, and before the first rendering: the page then comes as a whole.
  return Promise.all([loadConfig(clock), loadPage(location.pathname)]).then(
    ([config]) => ({ config }),
    (error: unknown) => ({ error }),
  );
}
