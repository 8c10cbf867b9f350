import type { FastifyRequest } from 'fastify';

/** Whether the server and session of a URL, if it has them, are what they may be: any text without a dot. */
export function isNamed(request: FastifyRequest): boolean {
  const { server = '-', session = '-' } = request.params as { server?: string; session?: string };
  return /^[^.]+$/.test(server) && /^[^.]+$/.test(session);
}
