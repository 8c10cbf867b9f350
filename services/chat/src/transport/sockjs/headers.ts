import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

const YEAR_S = 31_536_000;

/** Neither proxies nor browsers may keep this answer (SockJS 0.3.3: iOS 6 caches even POSTs). */
export function neverCache(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store, no-cache, no-transform, must-revalidate, max-age=0');
}

/**
 * CORS of every answer: the origin back, with credentials, since browsers send transport requests with them and refuse
 * `*` then; `*` where there is no origin.
 */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  reply.header('access-control-allow-origin', origin ?? '*');
  reply.header('vary', 'Origin');
  if (origin !== undefined) reply.header('access-control-allow-credentials', 'true');
}

/** The answer to OPTIONS. */
export function answerOptions(request: FastifyRequest, reply: FastifyReply, method: 'GET' | 'POST', now: Date): void {
  const wanted = request.headers['access-control-request-headers'];
  if (wanted) reply.header('access-control-allow-headers', wanted);
  reply
    .code(204)
    .header('access-control-allow-methods', `OPTIONS, ${method}`)
    .header('access-control-max-age', YEAR_S)
    .header('cache-control', `public, max-age=${YEAR_S}`)
    .header('expires', new Date(now.getTime() + YEAR_S * 1_000).toUTCString())
    .send();
}

/** The cookie by which some load balancers keep a client at one instance: the client's own value back, else a dummy. */
export function keepCookie(request: FastifyRequest, reply: FastifyReply): void {
  const value = /(?:^|;\s*)JSESSIONID=([A-Za-z0-9._-]{1,128})/.exec(request.headers.cookie ?? '')?.[1] ?? 'dummy';
  reply.header('set-cookie', `JSESSIONID=${value}; path=/`);
}

/** The headers collected so far, for an answer that is written past Fastify. */
export function headersOf(reply: FastifyReply): OutgoingHttpHeaders {
  return reply.getHeaders() as OutgoingHttpHeaders;
}
