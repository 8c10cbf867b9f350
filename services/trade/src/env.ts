import { envFields, filePlaceFields, isLocalOrigin, readEnv, serviceEnv } from '@gongu/host';
import type { z } from 'zod';

/** Beside the errors of other variables, so that all are named at once. */
const when = () => true;

const Env = serviceEnv({
  TRADE_PORT: envFields.port(8081),
  /** Connections to PostgreSQL, at most. */
  DATABASE_POOL: envFields.int(10, { min: 2, max: 1_000 }),
  /** Where chat answers, without a path. */
  CHAT_URL: envFields.url({ protocols: ['http:', 'https:'], fallback: 'http://127.0.0.1:8080', bare: true }),
  /** Milliseconds between comments on a silent event stream. */
  HEARTBEAT_MS: envFields.int(25_000, { min: 1_000, max: 300_000 }),
  /** Event streams of this instance at once; 0 = any number. */
  MAX_CONNECTIONS: envFields.int(50_000, { max: 10_000_000 }),
  /** How far away a deadline may be, days of 24 hours; 0 = as far as one likes. */
  DEADLINE_MAX_DAYS: envFields.int(366, { max: 1_000_000 }),
  /** Products of one seller that recruit, at most; 0 = any number. */
  MAX_OPEN_PRODUCTS: envFields.int(1_000, { max: 10_000_000 }),
  /** Largest picture of a product, bytes; 0 = none is taken. */
  PICTURE_MAX_BYTES: envFields.int(10_485_760, { max: 104_857_600 }),
  /** Bytes that all pictures of one user may have together; 0 = any number. */
  PICTURE_MAX_USER_BYTES: envFields.int(1_073_741_824, { max: 1_125_899_906_842_624 }),
  /** Pictures that a user may upload in an hour; 0 = any number. */
  RATE_PICTURES_PER_HOUR: envFields.int(100, { max: 1_000_000 }),
  // Of products: in the folder `pictures` of DATA_DIR, or in the S3, below products/.
  ...filePlaceFields,
  /** Webhooks, at most; 0 = any number. */
  MAX_WEBHOOKS: envFields.int(100, { max: 1_000_000 }),
  /** Keys that addresses are sealed by, `id:base64` of 32 bytes each, separated by commas: the first seals, all of them open; unset: no addresses are kept. */
  ADDRESS_KEYS: envFields.sealingKeys().optional(),
  /** Days after its end for which a product's addresses are kept. */
  ADDRESS_DAYS: envFields.int(90, { min: 1, max: 36_500 }),
  /** Days after its end for which a product is kept, with its purchases and its audit; the same as chat's. 0 = for ever. */
  ROOM_DAYS: envFields.int(0, { max: 36_500 }),
  /** Seconds that a buyer has to pay where payment is required. */
  PAYMENT_WINDOW_S: envFields.int(900, { min: 1, max: 604_800 }),
  /** Whether webhooks may be at private addresses, and over http. */
  WEBHOOK_ALLOW_PRIVATE: envFields.bool(false),
  /** `POST /api/dev/session` answers; never in production. */
  DEV_LOGIN: envFields.bool(false),
})
  .refine(({ JWT_SECRET, JWKS_URL, DEV_LOGIN }) => JWT_SECRET || !JWKS_URL || DEV_LOGIN !== true, {
    path: ['JWT_SECRET'],
    error: 'is not set, and DEV_LOGIN signs with it',
    when,
  })
  .refine((env) => env.DEV_LOGIN !== true || publicOrigins(env.ALLOWED_ORIGINS).length === 0, {
    path: ['DEV_LOGIN'],
    error: 'must be off where ALLOWED_ORIGINS names pages on the internet: it lets anybody be anybody',
    when,
  });

// Also of what is no list because it could not be read.
function publicOrigins(origins: unknown): string[] {
  return Array.isArray(origins) ? origins.filter((origin) => !isLocalOrigin(origin)) : [];
}

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
