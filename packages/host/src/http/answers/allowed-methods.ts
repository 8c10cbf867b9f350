import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route is there to refuse its methods: `Allow` does not name them. */
    refuses?: boolean;
  }
}

/** Methods that some route has, in the order in which `Allow` names them. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export interface AllowedMethods {
  /** What may be asked of a path (without query), as `Allow` names it; empty: there is no such path. */
  of(path: string): string[];
}

/** Notes the routes that are registered from here on, to tell a path without such a method (405) from none (404). */
export function noteAllowedMethods(app: FastifyInstance): AllowedMethods {
  const routes = new Map<string, { pattern: RegExp; methods: Set<string>; refused: Set<string> }>();
  app.addHook('onRoute', ({ url, method, config }) => {
    const known = routes.get(url) ?? { pattern: patternOf(url), methods: new Set(), refused: new Set() };
    routes.set(url, known);
    const refuses = (config as { refuses?: boolean } | undefined)?.refuses ?? false;
    // Every path takes OPTIONS (CORS), also those that are none.
    for (const one of [method].flat()) if (one !== 'OPTIONS') (refuses ? known.refused : known.methods).add(one);
  });
  return {
    of(path) {
      const found = new Set<string>();
      for (const { pattern, methods } of routes.values()) {
        if (methods.size > 0 && pattern.test(path)) for (const one of methods) found.add(one);
      }
      // What a pattern would take of a path that has routes of its own.
      for (const one of routes.get(path)?.refused ?? []) found.delete(one);
      return found.size === 0 ? [] : METHODS.filter((one) => found.has(one) || one === 'OPTIONS');
    },
  };
}

/** A parameter is anything but a slash, a `*` the rest. */
function patternOf(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/).map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
