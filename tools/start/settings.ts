import { EnvError, envFields, readEnv } from '@gongu/host';
import { z } from 'zod';

/** What `start` itself needs to know; the services read and check the rest. */
const Settings = z.object({
  CHAT_PORT: envFields.port(8080),
  TRADE_PORT: envFields.port(8081),
  WEB_PORT: envFields.port(5173),
  /** Whether `examples/payments.mjs` runs beside the services, on its port. */
  PAYMENTS: envFields.bool(false),
  PAY_PORT: envFields.port(8082),
  /** Whoever signs in becomes whom he names, so nobody but this machine unless it is said. */
  HOST: envFields.text('127.0.0.1'),
  /** Unset: an embedded PostgreSQL. */
  DATABASE_URL: envFields.url({ protocols: ['postgresql:', 'postgres:'] }).optional(),
  /** What stands between. */
  DATABASE_POOLER: z.enum(['none', 'session', 'transaction']).default('none'),
  /** Unset: one of our own, where the PATH has a program for it. Its form is chat's to check. */
  REDIS_URL: z.string().trim().optional(),
  /** Unset: generated once, and kept. */
  JWT_SECRET: envFields.secret().optional(),
  /** Unset: generated once, and kept. */
  SERVICE_JWT_SECRET: envFields.secret().optional(),
  /** Of back ends. Unset: with PAYMENTS generated once, and kept. */
  SHOP_JWT_SECRET: envFields.secret().optional(),
  /** Anybody may sign in as anybody. */
  DEV_LOGIN: envFields.bool(true),
  /** Where browsers put and get files, where that is an S3: the page may connect to it. */
  FILES_ORIGIN: envFields.url({ protocols: ['http:', 'https:'], bare: true }).optional(),
  /** Where the shop's back end takes payments, where that is not PAYMENTS. */
  PAY_URL: envFields.url({ protocols: ['http:', 'https:'], bare: true }).optional(),
  /** Milliseconds that a service may take to stop. */
  DRAIN_MS: envFields.int(10_000, { max: 600_000 }),
});
export type Settings = z.output<typeof Settings>;

const PORTS = ['CHAT_PORT', 'TRADE_PORT', 'WEB_PORT', 'PAY_PORT'] as const;

/** @throws EnvError naming every bad variable */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const settings = readEnv(Settings, env);
  const ports = PORTS.filter((name) => name !== 'PAY_PORT' || settings.PAYMENTS);
  const clashes = ports.flatMap((name, at) => {
    const other = ports.slice(0, at).find((one) => settings[one] !== 0 && settings[one] === settings[name]);
    return other ? [{ name, message: `must differ from ${other} (both are ${settings[name]})` }] : [];
  });
  if (clashes.length > 0) throw new EnvError(clashes);
  return settings;
}
