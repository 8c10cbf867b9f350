import { LIMITS } from '@gongu/shared';
import { z } from 'zod';
import { secretsOf } from '../auth/hmac-token.ts';
import { envFields } from '../env/env-fields.ts';
import { SESSION_LIMITS, type SessionLimits } from '../postgres/session-settings.ts';
import { tlsFault } from '../postgres/tls-parameters.ts';

const FIELDS = {
  /** Address to listen on. */
  HOST: envFields.text('0.0.0.0'),
  /** PostgreSQL, `postgresql://…`. */
  DATABASE_URL: postgresUrl(),
  /** What stands between the service and PostgreSQL: nothing, or a pooler and how it lends its connections. */
  DATABASE_POOLER: z.enum(['none', 'session', 'transaction']).default('none'),
  /** PostgreSQL without the pooler: for migrations. */
  DATABASE_DIRECT_URL: postgresUrl().optional(),
  /** Milliseconds that a statement may take in PostgreSQL. */
  DATABASE_STATEMENT_TIMEOUT_MS: envFields.int(SESSION_LIMITS.statementTimeoutMs, { min: 100, max: 300_000 }),
  /** Milliseconds that a statement may wait for a lock. */
  DATABASE_LOCK_TIMEOUT_MS: envFields.int(SESSION_LIMITS.lockTimeoutMs, { min: 100, max: 300_000 }),
  /** Milliseconds that a transaction may stay open while nothing is asked. */
  DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: envFields.int(SESSION_LIMITS.idleInTransactionMs, { min: 100, max: 300_000 }),
  /** Milliseconds between PostgreSQL's looks at whether the service is still there; 0 = none. */
  DATABASE_CLIENT_CHECK_MS: envFields.int(SESSION_LIMITS.clientCheckMs, { max: 300_000 }),
  /** Verifies users' tokens (HS256, HS384, HS512); at least 32 bytes each, several with commas between them. */
  JWT_SECRET: envFields.secret().optional(),
  /** Verifies users' tokens (RS, PS, ES, EdDSA) by published keys. */
  JWKS_URL: envFields.url({ protocols: ['https:', 'http:'] }).optional(),
  /** What `iss` of a user's token must be. */
  JWT_ISSUER: z.string().trim().optional(),
  /** What `aud` of a user's token must be, or have among others; not the services' own, which is `chat`. */
  JWT_AUDIENCE: z
    .string()
    .trim()
    .refine((audience) => audience !== 'chat', { error: 'must not be chat: that is what service tokens say' })
    .optional(),
  /** Seconds from `iat` to `exp` of a user's token, at most. */
  JWT_MAX_LIFETIME_S: envFields.int(undefined, { min: 1 }).optional(),
  /** Signs and verifies what services say to each other; at least 32 bytes, and not JWT_SECRET. */
  SERVICE_JWT_SECRET: envFields.secret(),
  /** Verifies the keys of shops' back ends (HS256, HS384, HS512); at least 32 bytes each, several with commas between them. */
  SHOP_JWT_SECRET: envFields.secret().optional(),
  /** Verifies the keys of shops' back ends (RS, PS, ES, EdDSA) by published keys. */
  SHOP_JWKS_URL: envFields.url({ protocols: ['https:', 'http:'] }).optional(),
  /** `*` or a comma list: who may call from a browser. */
  ALLOWED_ORIGINS: envFields.origins(),
  /** Milliseconds that a client may take nothing of what is queued for it, on sockets and of answers alike. */
  SEND_TIMEOUT_MS: envFields.int(LIMITS.sendTimeoutMs, { min: 100 }),
  /** Bytes of answers over HTTP that may wait for all clients together; 0 = any number. */
  UNREAD_ANSWERS_BYTES: envFields.int(67_108_864, { max: 17_179_869_184 }),
  /** TCP connections of this instance at once, of whatever use; 0 = any number. */
  MAX_TCP_CONNECTIONS: envFields.int(100_000, { max: 10_000_000 }),
  /** Milliseconds for a graceful stop. */
  DRAIN_MS: envFields.int(10_000, { max: 600_000 }),
  /** Whose `X-Forwarded-For` is believed. */
  TRUST_PROXY: envFields.trustProxy(),
  /** Joins, leaves, purchases and the like a second, per user and instance; four times that in a burst; 0 = off. */
  RATE_CHANGES_PER_SECOND: envFields.int(5, { max: 1_000_000 }),
  LOG_LEVEL: envFields.logLevel(),
};

/** The URL of a database, and the certificates that it names. */
function postgresUrl() {
  return envFields.url({ protocols: ['postgresql:', 'postgres:'] }).superRefine((url, context) => {
    const fault = URL.canParse(url) ? tlsFault(url) : undefined;
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });
}

/** What every service reads from its environment. */
export type ServiceEnv = z.output<z.ZodObject<typeof FIELDS>>;

/** Beside the errors of other variables, so that all are named at once. */
const when = () => true;

/**
 * The schema of a service's environment: what every service reads, and its own variables. Something must verify users,
 * and not by the secret of the services.
 */
export function serviceEnv<Own extends z.ZodRawShape>(own: Own) {
  return z
    .object({ ...FIELDS, ...own })
    .refine((env) => Boolean(tokensOf(env).JWT_SECRET || tokensOf(env).JWKS_URL), {
      path: ['JWT_SECRET'],
      error: 'is not set (nor is JWKS_URL)',
      when,
    })
    .refine((env) => !secretsOf(tokensOf(env).JWT_SECRET ?? '').includes(tokensOf(env).SERVICE_JWT_SECRET), {
      path: ['SERVICE_JWT_SECRET'],
      error: 'must differ from JWT_SECRET',
      when,
    })
    .refine(
      (env) =>
        !tokensOf(env).SHOP_JWT_SECRET || !secretsOf(tokensOf(env).SHOP_JWT_SECRET!).some(isOthers(tokensOf(env))),
      {
        path: ['SHOP_JWT_SECRET'],
        error: 'must differ from JWT_SECRET and SERVICE_JWT_SECRET',
        when,
      },
    );
}

/** Whether a secret opens more than a back end may do. */
function isOthers({ JWT_SECRET, SERVICE_JWT_SECRET }: Pick<ServiceEnv, 'JWT_SECRET' | 'SERVICE_JWT_SECRET'>) {
  const others = [...secretsOf(JWT_SECRET ?? ''), SERVICE_JWT_SECRET];
  return (secret: string) => others.includes(secret);
}

/** What the environment allows PostgreSQL. */
export function sessionLimitsOf(env: ServiceEnv): SessionLimits {
  return {
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: env.DATABASE_LOCK_TIMEOUT_MS,
    idleInTransactionMs: env.DATABASE_IDLE_TRANSACTION_TIMEOUT_MS,
    clientCheckMs: env.DATABASE_CLIENT_CHECK_MS,
  };
}

// What the object's type is can't be told for every `Own`.
function tokensOf(env: object): Pick<ServiceEnv, 'JWT_SECRET' | 'JWKS_URL' | 'SERVICE_JWT_SECRET' | 'SHOP_JWT_SECRET'> {
  return env as ServiceEnv;
}
