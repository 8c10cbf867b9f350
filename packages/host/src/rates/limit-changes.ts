import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Which limit judges a route: see {@link limitChanges}. */
export type RateKind = 'change' | 'message' | 'identity' | 'none';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Default: `change` for what changes something and is open to users, else `none`. */
    rate?: RateKind;
  }
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Asks a rate before a route does anything, and after its request has been found good: what changes nothing takes no
 * token. A route that a user may change something by is judged unless its config says otherwise, so that none is
 * forgotten.
 *
 * @param judges throw RATE_LIMITED; services are theirs to let pass
 */
export function limitChanges(
  app: FastifyInstance,
  judges: Partial<Record<RateKind, (request: FastifyRequest) => Promise<void> | void>>,
): void {
  app.addHook('preHandler', async (request) => {
    if (SAFE_METHODS.has(request.method)) return;
    const { config, schema } = request.routeOptions;
    const forUsers = (schema?.security ?? []).some((one) => 'user' in one);
    await judges[config.rate ?? (forUsers ? 'change' : 'none')]?.(request);
  });
}
