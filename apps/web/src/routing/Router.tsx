import {
  createContext,
  type ReactNode,
  startTransition,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

/** Where one is in the shop. */
export interface Place {
  readonly pathname: string;
  /** With its `?`; empty without a query. */
  readonly search: string;
}

export interface GoOptions {
  /** In place of the place where one is, which *back* then does not lead to. */
  readonly replace?: boolean;
}

interface Routing extends Place {
  readonly go: (to: string, options?: GoOptions) => void;
}

const Context = createContext<Routing | null>(null);

/** The browser's address bar and history, for everything below. A page stays until what the next one needs is there. */
export function Router({ children }: { readonly children: ReactNode }) {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const moved = () => startTransition(() => setPlace(placeNow()));
    addEventListener('popstate', moved);
    return () => removeEventListener('popstate', moved);
  }, []);
  const go = useCallback((to: string, { replace = false }: GoOptions = {}) => {
    const url = new URL(to, location.href);
    // What one is at already is no step further.
    const isSame = url.href === location.href;
    history[replace || isSame ? 'replaceState' : 'pushState'](null, '', url);
    startTransition(() => setPlace(placeNow()));
  }, []);
  const routing = useMemo(() => ({ ...place, go }), [place, go]);
  return <Context value={routing}>{children}</Context>;
}

/** Where one is. */
export function useLocation(): Place {
  return useRouting();
}

/** Leads elsewhere: a path of the shop, with its query. */
export function useNavigate(): Routing['go'] {
  return useRouting().go;
}

type Changed = URLSearchParams | Readonly<Record<string, string>>;
type SetParams = (next: Changed | ((before: URLSearchParams) => Changed), options?: GoOptions) => void;

/** The query, and the way to change it. */
export function useSearchParams(): readonly [URLSearchParams, SetParams] {
  const { pathname, search, go } = useRouting();
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const latest = useRef(params);
  latest.current = params;
  const setParams: SetParams = (next, options) => {
    const changed = new URLSearchParams(typeof next === 'function' ? next(new URLSearchParams(latest.current)) : next);
    // Two changes before the next rendering are two changes.
    latest.current = changed;
    const query = changed.toString();
    go(query === '' ? pathname : `${pathname}?${query}`, options);
  };
  return [params, setParams];
}

/** @throws Error where there is no router */
function useRouting(): Routing {
  const routing = useContext(Context);
  if (!routing) throw new Error('There is no Router above this component');
  return routing;
}

function placeNow(): Place {
  return { pathname: location.pathname, search: location.search };
}
