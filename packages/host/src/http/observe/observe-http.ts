import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../../metrics.ts';

/** Of a path that is no route's. */
const NO_ROUTE = '(none)';
const CLASSES = ['2xx', '3xx', '4xx', '5xx'] as const;

/**
 * `gongu_http_request_duration_seconds` by method, route (its pattern, so ids make no series) and status; its series begin
 * with their first request. So that nothing is missed of a burst, `gongu_http_requests_total` has all of its own from the
 * start: of the routes that are registered from here on, by the class of the status.
 */
export function observeHttp(app: FastifyInstance, metrics: Metrics): void {
  const requests = metrics.counter({
    name: 'gongu_http_requests_total',
    help: 'Requests that were answered, by route and class of the status',
    labels: ['route', 'class'],
  });
  const expect = (route: string) => {
    for (const each of CLASSES) requests.inc({ route, class: each }, 0);
  };
  expect(NO_ROUTE);
  app.addHook('onRoute', ({ url }) => expect(url));
  const duration = metrics.histogram({
    name: 'gongu_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labels: ['method', 'route', 'status'],
  });
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? NO_ROUTE;
    requests.inc({ route, class: `${Math.trunc(reply.statusCode / 100)}xx` });
    const labels = { method, route, status: reply.statusCode };
    duration.observe(labels, reply.elapsedTime / 1000);
  });
}
