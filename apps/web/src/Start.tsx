import { useEffect, useState } from 'react';
import { App } from './App.tsx';
import { createServerClock } from './clock/server-clock.ts';
import { type Config, loadConfig } from './config.ts';
import { useStrings } from './i18n/LocaleProvider.tsx';
import { loadPage } from './pages/pages.ts';
import { Failure } from './ui/Failure.tsx';
import { Loading } from './ui/Loading.tsx';

type State = { readonly config: Config } | { readonly error: unknown } | null;

/** Learns where the services are, then is the shop. */
export function Start() {
  const strings = useStrings();
  const [clock] = useState(() => createServerClock());
  const [tries, setTries] = useState(0);
  const [state, setState] = useState<State>(null);
  useEffect(() => {
    let isWanted = tries >= 0;
    // Together, and before the first rendering: the page then comes as a whole.
    Promise.all([loadConfig(clock), loadPage(location.pathname)]).then(
      ([config]) => isWanted && setState({ config }),
      (error: unknown) => isWanted && setState({ error }),
    );
    return () => {
      isWanted = false;
    };
  }, [tries, clock]);

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
              setTries(tries + 1);
            }}
          />
        </>
      )}
    </main>
  );
}
