import { envFields, RESEAL_ENV, readEnv, type WebhookContext } from '@gongu/host';
import { z } from 'zod';
import { createPeople, type People } from '../room/people.ts';
import { openStore, type Store } from '../store/open-store.ts';

/** What commands act on: chat's database. */
export interface AdminContext extends Omit<Store, 'people'>, Pick<WebhookContext, 'serviceSecrets'> {
  readonly people: People;
  /** `RETENTION_DAYS`. */
  readonly retentionDays: number;
}

/** A command is not given again by a program, as requests are: it waits longer for a machine or a database with much to do. */
const CONNECT_MS = 30_000;

const AdminEnv = z.object({
  DATABASE_URL: envFields.url({ protocols: ['postgres:', 'postgresql:'] }),
  RETENTION_DAYS: envFields.int(0, { max: 36_500 }),
  DATABASE_POOLER: z.enum(['none', 'session', 'transaction']).default('none'),
  CONTENT_KEYS: envFields.sealingKeysOrLost().optional(),
  ...RESEAL_ENV,
});

/**
 * Opens the database of `CHAT_DATABASE_URL`, or else of `DATABASE_URL`; texts of it with `CONTENT_KEYS`.
 * @throws EnvError
 */
export async function openContext(env: NodeJS.ProcessEnv): Promise<AdminContext> {
  const {
    DATABASE_URL: url,
    DATABASE_POOLER: pooler,
    CONTENT_KEYS,
    RETENTION_DAYS: retentionDays,
    ...serviceSecrets
  } = readEnv(AdminEnv, {
    ...env,
    DATABASE_URL: env.CHAT_DATABASE_URL || env.DATABASE_URL,
  });
  // Without them no text that is sealed can be read.
  const content = { keys: CONTENT_KEYS ?? null, isOn: false };
  const store = openStore({ url, pooler, poolSize: 3, connectTimeoutMs: CONNECT_MS, content });
  // Running instances read of it with the heads of their rooms.
  return { ...store, people: createPeople({ ...store, emit: () => {} }), retentionDays, serviceSecrets };
}
