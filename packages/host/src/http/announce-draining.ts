import type { FastifyInstance } from 'fastify';

/**
 * Ends each connection with its answer once the service drains: the next request goes to another instance. Until the
 * server closes, `/readyz` says `draining` to whoever asks.
 */
export function announceDraining(app: FastifyInstance, draining: () => boolean): void {
  app.addHook('onRequest', async (_request, reply) => {
    if (draining()) reply.header('connection', 'close');
  });
}

/**
 * Milliseconds of `drainMs` in which a service that stops still takes connections, so that balancers hear from it that
 * it goes instead of running into a closed port: a tenth, at most 2 000.
 */
export function drainNoticeMs(drainMs: number): number {
  return Math.min(2_000, drainMs / 10);
}
