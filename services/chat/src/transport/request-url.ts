import type { FastifyRequest } from 'fastify';

type WithUrl = Pick<FastifyRequest, 'url'>;

/** Query parameters, tokens and tickets included: never log them. */
export function queryOf(request: WithUrl): URLSearchParams {
  const at = request.url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
}

/** The path without its query. */
export function pathOf(request: WithUrl): string {
  const at = request.url.indexOf('?');
  return at < 0 ? request.url : request.url.slice(0, at);
}
