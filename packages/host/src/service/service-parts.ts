import { type Auth, createAuth } from '../auth/auth.ts';
import { type Bars, createBars } from '../auth/bars.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Lifecycle } from '../http/observe/health.ts';
import { type Cron, createCron } from '../jobs/cron.ts';
import type { Logger } from '../log.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import type { ServiceEnv } from './service-env.ts';

/** What whoever creates a service passes beside its environment. */
export interface ServiceOptions {
  readonly log: Logger;
  /** Default: the real time. */
  readonly clock?: Clock;
  /** Compare each answer with its schema; for tests. Default false. */
  readonly checkAnswers?: boolean;
}

/** What every service has before it has a domain. */
export interface ServiceParts<Env extends ServiceEnv = ServiceEnv> {
  readonly env: Env;
  readonly log: Logger;
  readonly clock: Clock;
  readonly checkAnswers: boolean;
  readonly metrics: Metrics;
  readonly auth: Auth;
  /** Whose tokens are refused; nobody's until the service follows its store. */
  readonly bars: Bars;
  /** Jobs by the clock; their runs are counted. */
  readonly cron: Cron;
  /** Where the service stands; {@link createService} moves it. */
  readonly phase: { current: Lifecycle };
}

/**
 * @param name of the service, as metrics call it
 * @throws EnvError when both secrets are the same, or nothing can verify a user
 */
export function createServiceParts<Env extends ServiceEnv>(
  name: string,
  env: Env,
  { log, clock = systemClock, checkAnswers = false }: ServiceOptions,
): ServiceParts<Env> {
  const bars = createBars({ clock });
  const auth = createAuth({
    ...{ refusalOf: bars.refusalOf, welcome: bars.welcome },
    jwtSecret: env.JWT_SECRET,
    jwksUrl: env.JWKS_URL,
    serviceSecret: env.SERVICE_JWT_SECRET,
    issuer: env.JWT_ISSUER,
    audience: env.JWT_AUDIENCE,
    maxLifetimeS: env.JWT_MAX_LIFETIME_S,
    clock,
  });
  const metrics = createMetrics({ service: name });
  const cron = createCron({ log, clock, metrics });
  return { env, log, clock, checkAnswers, metrics, auth, bars, cron, phase: { current: 'starting' } };
}
