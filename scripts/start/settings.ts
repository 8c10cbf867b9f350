import { EnvError, envFields, readEnv } from '@gongu/host';
import { z } from 'zod';

/** What `start` itself needs to know; the services read and check the rest. */
const Settings = z.object({
  CHAT_PORT: envFields.port(8080),
  TRADE_PORT: envFields.port(8081),
  HOST: envFields.text('0.0.0.0'),
  /** Unset: an embedded PostgreSQL. */
  DATABASE_URL: envFields.url({ protocols: ['postgresql:', 'postgres:'] }).optional(),
  /** Unset: one of our own, where the PATH has a program for it. Its form is chat's to check. */
  REDIS_URL: z.string().trim().optional(),
  /** Unset: generated once, and kept. */
  JWT_SECRET: envFields.secret().optional(),
  /** Unset: generated once, and kept. */
  SERVICE_JWT_SECRET: envFields.secret().optional(),
  /** Milliseconds that a service may take to stop. */
  DRAIN_MS: envFields.int(10_000, { max: 600_000 }),
});
export type Settings = z.output<typeof Settings>;

/** @throws EnvError naming every bad variable */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const settings = readEnv(Settings, env);
  if (settings.CHAT_PORT !== 0 && settings.CHAT_PORT === settings.TRADE_PORT) {
    throw new EnvError([
      { name: 'TRADE_PORT', message: `must differ from CHAT_PORT (both are ${settings.CHAT_PORT})` },
    ]);
  }
  return settings;
}
