import { type ComponentType, createContext, useContext, useMemo } from 'react';
import { useLocation } from './Router.tsx';

/** Parts of a path that stand for something: `id` of `/products/:id`. */
export type Params = Readonly<Record<string, string>>;

export interface Route {
  /** A part that begins with `:` is any one; `*` alone is everything. */
  readonly path: string;
  readonly Part: ComponentType<object>;
}

const Context = createContext<Params>({});

/** The first of the routes that the address is of. */
export function Routes({ routes }: { readonly routes: readonly Route[] }) {
  const { pathname } = useLocation();
  const { route, params } = useMemo(
    () => findRoute(routes, pathname) ?? { route: null, params: {} },
    [routes, pathname],
  );
  if (!route) return null;
  const { path, Part } = route;
  return (
    <Context value={params}>
      <Part key={path} />
    </Context>
  );
}

/** What the address says for the parts of the route's path that stand for something. */
export function useParams(): Params {
  return useContext(Context);
}

/** The first of the routes that a path is of, and what it says. */
export function findRoute<R extends { readonly path: string }>(
  routes: readonly R[],
  pathname: string,
): { readonly route: R; readonly params: Params } | null {
  for (const route of routes) {
    const params = matchPath(route.path, pathname);
    if (params) return { route, params };
  }
  return null;
}

/** What a pattern finds in a path; null: it is another. A slash at the end makes no difference. */
function matchPath(pattern: string, pathname: string): Params | null {
  if (pattern === '*') return {};
  const [wanted, given] = [partsOf(pattern), partsOf(pathname).map(decoded)];
  if (wanted.length !== given.length) return null;
  const isOfIt = wanted.every((part, i) => part.startsWith(':') || part === given[i]);
  if (!isOfIt) return null;
  return Object.fromEntries(wanted.flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1), given[i]!]] : [])));
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** What is not well encoded stays as it is: it is then a name that nothing has. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
