import { envFields, readEnv } from '@gongu/host';
import { z } from 'zod';
import { openStore, type Store } from '../store/open-store.ts';

/** What commands act on: chat's database. */
export type AdminContext = Store;

const AdminEnv = z.object({
  DATABASE_URL: envFields.url({ protocols: ['postgres:', 'postgresql:'] }),
  DATABASE_POOLER: z.enum(['none', 'session', 'transaction']).default('none'),
});

/**
 * Opens the database of `CHAT_DATABASE_URL`, or else of `DATABASE_URL`.
 * @throws EnvError
 */
export async function openContext(env: NodeJS.ProcessEnv): Promise<AdminContext> {
  const { DATABASE_URL: url, DATABASE_POOLER: pooler } = readEnv(AdminEnv, {
    ...env,
    DATABASE_URL: env.CHAT_DATABASE_URL || env.DATABASE_URL,
  });
  return openStore({ url, pooler, poolSize: 3 });
}
