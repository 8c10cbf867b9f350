import type { FastifyRequest } from 'fastify';

export function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
}

export function pathOf(request: FastifyRequest): string {
  const at = request.url.indexOf('?');
  return at < 0 ? request.url : request.url.slice(0, at);
}

/** Whether the server and session of a URL, if it has them, are what they may be: any text without a dot. */
export function isNamed(request: FastifyRequest): boolean {
  const { server = '-', session = '-' } = request.params as { server?: string; session?: string };
  return /^[^.]+$/.test(server) && /^[^.]+$/.test(session);
}
