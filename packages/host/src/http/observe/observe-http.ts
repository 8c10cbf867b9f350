import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../../metrics.ts';

/** `gongu_http_request_duration_seconds` by method, route (its pattern, so ids make no series) and status. */
export function observeHttp(app: FastifyInstance, metrics: Metrics): void {
  const duration = metrics.histogram({
    name: 'gongu_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labels: ['method', 'route', 'status'],
  });
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const labels = { method, route: routeOptions.url ?? '(none)', status: reply.statusCode };
    duration.observe(labels, reply.elapsedTime / 1000);
  });
}
