import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../../metrics.ts';

/** `off`: not configured, and nothing misses it. */
export type CheckResult = 'ok' | 'down' | 'off';
export type Lifecycle = 'starting' | 'ready' | 'draining';

export interface HealthOptions {
  /** Asked on every `/readyz`; one that throws, or takes longer than two seconds, is `down`. */
  checks: Readonly<Record<string, () => Promise<CheckResult>>>;
  /** Names of checks without which the service can't work: down means 503. The others only degrade it. */
  critical: readonly string[];
  state: () => Lifecycle;
  /** Served at `/metrics`. */
  metrics?: Metrics;
}

const CHECK_TIMEOUT_MS = 2_000;

/** `/healthz`, `/readyz` and `/metrics`. */
export function registerHealth(app: FastifyInstance, options: HealthOptions): void {
  const { checks, critical, state, metrics } = options;
  const hide = { schema: { hide: true } };
  let running: Promise<Record<string, CheckResult>> | undefined;
  // However many ask at once, the database is asked once.
  const results = () => {
    running ??= runChecks(checks).finally(() => {
      running = undefined;
    });
    return running;
  };

  app.get('/healthz', hide, async () => ({ status: 'ok' }));

  app.get('/readyz', hide, async (_request, reply) => {
    const found = await results();
    const status = statusOf(state(), found, critical);
    reply.code(status === 'ready' || status === 'degraded' ? 200 : 503);
    return { status, checks: found };
  });

  if (!metrics) return;
  app.get('/metrics', hide, async (_request, reply) => {
    reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}

function statusOf(state: Lifecycle, found: Readonly<Record<string, CheckResult>>, critical: readonly string[]): string {
  if (state !== 'ready') return state;
  if (critical.some((name) => found[name] === 'down')) return 'unavailable';
  return Object.values(found).includes('down') ? 'degraded' : 'ready';
}

async function runChecks(checks: HealthOptions['checks']): Promise<Record<string, CheckResult>> {
  const entries = Object.entries(checks).map(async ([name, check]) => [name, await runCheck(check)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function runCheck(check: () => Promise<CheckResult>): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, 'down');
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return 'down';
  } finally {
    clearTimeout(timer);
  }
}
