import { askCallersFirst, type CallerChecks } from '../http/callers-first.ts';
import { type DocsOptions, registerDocs } from '../http/docs/docs.ts';
import { createHttp, type Http, type ServiceInfo } from '../http/http.ts';
import { type HealthOptions, registerHealth } from '../http/observe/health.ts';
import { observeHttp } from '../http/observe/observe-http.ts';
import type { FairQueue } from '../rates/fair-queue.ts';
import { limitChanges } from '../rates/limit-changes.ts';
import { queueRequests } from '../rates/queue-requests.ts';
import type { ServiceParts } from './service-parts.ts';

export interface ServiceHttpOptions extends DocsOptions {
  readonly service: ServiceInfo;
  /** Largest body, bytes. Default: that of `createHttp`. */
  readonly bodyLimitBytes?: number;
  /** WebSockets are taken by a listener to `upgrade`. Default: that of `createHttp`. */
  readonly webSockets?: boolean;
  /** What `/readyz` asks; without PostgreSQL no service can work. */
  readonly checks: HealthOptions['checks'] & { postgres: unknown };
  /** Who may call the routes whose schema names callers. */
  readonly callers: CallerChecks;
  /** What judges how much a caller changes. */
  readonly rates: Parameters<typeof limitChanges>[1];
  /** Whose turn it is at PostgreSQL. */
  readonly queue: FairQueue;
}

/** Of every route, and said by no schema. */
const EVERYWHERE =
  'Unknown fields and query parameters are ignored. A text or a name with NUL or a lone surrogate is VALIDATION_FAILED ' +
  'wherever it stands. A method that a path does not have is 405, with Allow. ' +
  'A body that is not required may also be null.';

/** A service's HTTP before its first route: documentation, health, metrics, and who may ask. */
export async function createServiceHttp(parts: ServiceParts, options: ServiceHttpOptions): Promise<Http> {
  const { env, log, metrics, checkAnswers, phase } = parts;
  const { service, tags = [], otherCallers = {}, bodyLimitBytes, webSockets, checks, callers, rates, queue } = options;
  const app = createHttp({
    log,
    service: { ...service, description: `${service.description}. ${EVERYWHERE}` },
    trustProxy: env.TRUST_PROXY,
    allowedOrigins: env.ALLOWED_ORIGINS,
    sendTimeoutMs: env.SEND_TIMEOUT_MS,
    unreadBytes: env.UNREAD_ANSWERS_BYTES,
    // A picture takes a telephone minutes, and is 10 MiB: of those that come there may be more than of what nobody reads.
    comingBytes: 4 * env.UNREAD_ANSWERS_BYTES,
    maxConnections: env.MAX_TCP_CONNECTIONS,
    draining: () => phase.current === 'draining',
    checkAnswers,
    ...(bodyLimitBytes === undefined ? {} : { bodyLimitBytes }),
    ...(webSockets === undefined ? {} : { webSockets }),
  });
  // Before the first route, to know them all.
  observeHttp(app, metrics);
  await registerDocs(app, { tags, otherCallers });
  registerHealth(app, { metrics, state: () => phase.current, critical: ['postgres'], checks });
  askCallersFirst(app, callers);
  limitChanges(app, rates);
  queueRequests(app, queue);
  return app;
}
