import type { FastifyInstance, FastifyRequest } from 'fastify';
import { redactUrl } from '../../log.ts';

const USER = 'loggedUser';
const HUSHED = 'hushed';

/** Paths that balancers and Prometheus ask all day long. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

/** Characters of a URL that a line shows: Node takes headers of 16 KiB, and a client may repeat them all day. */
const URL_CHARS = 2_048;

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
    const line = { method, url: cut(redactUrl(url)), status, ms: Math.round(reply.elapsedTime * 10) / 10 };
    request.log[level](userId === undefined ? line : { ...line, userId }, 'request');
  });
}

/** Of a URL without its secrets: a token that is cut through is not known for one. */
function cut(url: string): string {
  return url.length <= URL_CHARS ? url : `${url.slice(0, URL_CHARS)}…`;
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
