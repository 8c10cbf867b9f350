import { envFields, readEnv } from '@gongu/host';
import { z } from 'zod';

/** Beside the errors of other variables, so that all are named at once. */
const ALWAYS = () => true;

const Env = z
  .object({
    TRADE_PORT: envFields.port(8081),
    /** Address to listen on. */
    HOST: envFields.text('0.0.0.0'),
    /** PostgreSQL, `postgresql://…`. */
    DATABASE_URL: envFields.url({ protocols: ['postgres:', 'postgresql:'] }),
    /** Connections to PostgreSQL, at most. */
    DATABASE_POOL: envFields.int(10, { min: 2, max: 1_000 }),
    /** Where chat answers, without a path. */
    CHAT_URL: envFields.url({ protocols: ['http:', 'https:'], fallback: 'http://127.0.0.1:8080' }),
    /** Verifies users' tokens (HS256, HS384, HS512); at least 32 bytes. */
    JWT_SECRET: envFields.secret().optional(),
    /** Verifies users' tokens (RS, ES) by published keys. */
    JWKS_URL: envFields.url({ protocols: ['http:', 'https:'] }).optional(),
    /** Signs what trade tells chat; at least 32 bytes, and not JWT_SECRET. */
    SERVICE_JWT_SECRET: envFields.secret(),
    /** `*` or a comma list: who may call from a browser. */
    ALLOWED_ORIGINS: envFields.origins(),
    /** Milliseconds between comments on a silent event stream. */
    HEARTBEAT_MS: envFields.int(25_000, { min: 1_000, max: 300_000 }),
    /** Milliseconds that stopping may take. */
    DRAIN_MS: envFields.int(10_000, { min: 0, max: 600_000 }),
    /** `POST /api/dev/session` answers; never in production. */
    DEV_LOGIN: envFields.bool(false),
    /** Whose `X-Forwarded-For` is believed. */
    TRUST_PROXY: envFields.trustProxy(),
    LOG_LEVEL: envFields.logLevel(),
  })
  .refine(({ JWT_SECRET, JWKS_URL }) => JWT_SECRET || JWKS_URL, {
    path: ['JWT_SECRET'],
    error: 'is not set (nor is JWKS_URL)',
    when: ALWAYS,
  })
  .refine(({ JWT_SECRET, JWKS_URL, DEV_LOGIN }) => JWT_SECRET || !JWKS_URL || DEV_LOGIN !== true, {
    path: ['JWT_SECRET'],
    error: 'is not set, and DEV_LOGIN signs with it',
    when: ALWAYS,
  })
  .refine(({ JWT_SECRET, SERVICE_JWT_SECRET }) => !JWT_SECRET || JWT_SECRET !== SERVICE_JWT_SECRET, {
    path: ['SERVICE_JWT_SECRET'],
    error: 'must differ from JWT_SECRET',
    when: ALWAYS,
  });

/** Trade's configuration. */
export type TradeEnv = z.output<typeof Env>;

/**
 * The environment, read and checked as a whole.
 *
 * @throws EnvError naming every variable that is missing or bad
 */
export function readTradeEnv(source: NodeJS.ProcessEnv): TradeEnv {
  return readEnv(Env, source);
}
