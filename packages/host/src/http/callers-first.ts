import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route finds out by itself who calls: by more than the `Authorization` header. */
    findsCaller?: boolean;
  }
}

/** Each throws when the request's token does not do. */
export interface CallerChecks {
  readonly user: (request: FastifyRequest) => Promise<unknown>;
  readonly service: (request: FastifyRequest) => Promise<unknown>;
  readonly either: (request: FastifyRequest) => Promise<unknown>;
  /** A shop's back end; of services that have routes for it. */
  readonly shop?: (request: FastifyRequest) => Promise<unknown>;
}

/**
 * Asks who calls before a body is read or anything is validated, on every route whose schema says who may: a stranger is
 * told that he is one, not what is wrong with his request. Routes with `config: { findsCaller: true }` are left out.
 */
export function askCallersFirst(app: FastifyInstance, checks: CallerChecks): void {
  // Not `onRequest`: CORS has set its headers only when all of those have run, and without them no script of another
  // origin can read the refusal.
  app.addHook('preParsing', async (request) => {
    const { config, schema } = request.routeOptions;
    const kinds = (schema?.security ?? []).flatMap((one) => Object.keys(one));
    if (kinds.length === 0 || config.findsCaller) return;
    if (kinds.includes('shop')) await checks.shop?.(request);
    else if (!kinds.includes('service')) await checks.user(request);
    else if (!kinds.includes('user')) await checks.service(request);
    else await checks.either(request);
  });
}
