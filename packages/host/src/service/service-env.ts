import type { AllowedOrigins } from '../http/origins.ts';
import type { LogLevel } from '../log.ts';

/** What every service reads from its environment. */
export interface ServiceEnv {
  /** Address to listen on. */
  readonly HOST: string;
  /** PostgreSQL, `postgresql://…`. */
  readonly DATABASE_URL: string;
  /** Verifies users' tokens (HS256, HS384, HS512). */
  readonly JWT_SECRET?: string | undefined;
  /** Verifies users' tokens (RS, ES) by published keys. */
  readonly JWKS_URL?: string | undefined;
  /** Signs and verifies what services say to each other. */
  readonly SERVICE_JWT_SECRET: string;
  readonly ALLOWED_ORIGINS: AllowedOrigins;
  /** Whose `X-Forwarded-For` is believed. */
  readonly TRUST_PROXY: boolean | string[];
  /** Milliseconds that stopping may take. */
  readonly DRAIN_MS: number;
  readonly LOG_LEVEL: LogLevel;
}
