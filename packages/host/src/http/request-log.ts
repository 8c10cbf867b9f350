import type { FastifyInstance, FastifyRequest } from 'fastify';
import { redactUrl } from '../log.ts';

const USER = 'loggedUser';

/** Paths that balancers and Prometheus ask all day long. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

/** One line per answered request; queries lose their secrets. */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest(USER, undefined);
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, routeOptions } = request;
    const status = reply.statusCode;
    const level = QUIET.has(routeOptions.url ?? '') ? 'debug' : status >= 500 ? 'warn' : 'info';
    const userId = request.getDecorator<string | undefined>(USER);
    const line = { method, url: redactUrl(url), status, ms: Math.round(reply.elapsedTime * 10) / 10 };
    request.log[level](userId === undefined ? line : { ...line, userId }, 'request');
  });
}

/** Puts the user's id into the request's log line. */
export function noteUser(request: FastifyRequest, userId: string): void {
  if (request.server.hasRequestDecorator(USER)) request.setDecorator(USER, userId);
}
