import { afterEach, expect, test } from 'vitest';
import {
  type CheckResult,
  createHttp,
  createMetrics,
  type Http,
  type Lifecycle,
  observeHttp,
  registerHealth,
} from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';

let app: Http;
afterEach(() => app.close());

const found: { postgres: CheckResult | Error; redis: CheckResult } = { postgres: 'ok', redis: 'off' };
let state: Lifecycle;
let asked: number;

function open() {
  Object.assign(found, { postgres: 'ok', redis: 'off' });
  state = 'ready';
  asked = 0;
  const { log, lines } = logLines();
  app = createHttp({ log, service: { name: 't', description: 't', version: '1' }, allowedOrigins: '*' });
  const metrics = createMetrics({ service: 'test' });
  observeHttp(app, metrics);
  registerHealth(app, {
    critical: ['postgres'],
    state: () => state,
    metrics,
    checks: {
      async postgres() {
        asked++;
        if (found.postgres instanceof Error) throw found.postgres;
        return found.postgres;
      },
      redis: async () => found.redis,
    },
  });
  return { lines };
}

async function readyz() {
  const response = await app.inject('/readyz');
  return [response.statusCode, response.json()];
}

test('/healthz is 200 as long as the process turns', async () => {
  open();
  state = 'draining';
  const response = await app.inject('/healthz');
  expect([response.statusCode, response.json()]).toEqual([200, { status: 'ok' }]);
});

test('/readyz: ready, degraded, unavailable, starting, draining', async () => {
  open();
  expect(await readyz()).toEqual([200, { status: 'ready', checks: { postgres: 'ok', redis: 'off' } }]);
  found.redis = 'down';
  expect(await readyz()).toEqual([200, { status: 'degraded', checks: { postgres: 'ok', redis: 'down' } }]);
  found.postgres = new Error('refused');
  expect(await readyz()).toEqual([503, { status: 'unavailable', checks: { postgres: 'down', redis: 'down' } }]);
  state = 'starting';
  expect((await readyz())[1]).toMatchObject({ status: 'starting' });
  state = 'draining';
  expect((await readyz())[0]).toBe(503);
});

test('however many ask for readiness at once, the database is asked once', async () => {
  open();
  await Promise.all(Array.from({ length: 10 }, readyz));
  expect(asked).toBeLessThanOrEqual(2);
});

test('/metrics has request durations by route pattern, and nothing of the ids in the URL', async () => {
  open();
  app.get('/rooms/:id', async () => ({}));
  await app.inject('/rooms/secret-room');
  await app.inject('/nothing-here');
  const { body, headers } = await app.inject('/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(body).toContain(
    'gongu_http_request_duration_seconds_count{service="test",method="GET",route="/rooms/:id",status="200"} 1',
  );
  expect(body).toContain('route="(none)",status="404"');
  expect(body).not.toContain('secret-room');
});

test('health requests are logged at debug level only', async () => {
  const { lines } = open();
  await app.inject('/healthz');
  expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([{ level: 'debug', url: '/healthz' }]);
});
