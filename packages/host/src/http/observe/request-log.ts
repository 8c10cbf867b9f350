import type { FastifyInstance, FastifyRequest } from 'fastify';
import { redactUrl, shortened } from '../../log.ts';

const USER = 'loggedUser';
const HUSHED = 'hushed';

/** Paths that balancers and Prometheus ask all day long. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

/** One line per answered request; queries lose their secrets, and long URLs their end. */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest(USER, undefined);
  app.decorateRequest(HUSHED, false);
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, routeOptions } = request;
    const status = reply.statusCode;
    const quiet = QUIET.has(routeOptions.url ?? '') || isHushed(request);
    const level = quiet ? 'debug' : status >= 500 ? 'warn' : 'info';
    const userId = request.getDecorator<string | undefined>(USER);
    // A quotation mark ends a URL in a line of JSON, but not in a request.
    const shown = shortened(redactUrl(url.replaceAll('"', '%22')));
    const line = { method, url: shown, status, ms: Math.round(reply.elapsedTime * 10) / 10 };
    request.log[level](userId === undefined ? line : { ...line, userId }, 'request');
  });
}

/** Puts the user's id into the request's log line. */
export function noteUser(request: FastifyRequest, userId: string): void {
  if (request.server.hasRequestDecorator(USER)) request.setDecorator(USER, userId);
}

/** Writes the request's lines at debug level only: for refusals that come by the thousand and are told of elsewhere. */
export function hush(request: FastifyRequest): void {
  if (request.server.hasRequestDecorator(HUSHED)) request.setDecorator(HUSHED, true);
}

export function isHushed(request: FastifyRequest): boolean {
  return request.server.hasRequestDecorator(HUSHED) && request.getDecorator<boolean>(HUSHED);
}
