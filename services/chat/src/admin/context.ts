import { EnvError, envFields, readEnv } from '@gongu/host';
import { z } from 'zod';
import { openStore, type Store } from '../store/open-store.ts';
import { type ContentKeys, contentKeysOf } from '../store/sealing/content-keys.ts';

/** What commands act on: chat's database. */
export type AdminContext = Store;

const AdminEnv = z.object({
  DATABASE_URL: envFields.url({ protocols: ['postgres:', 'postgresql:'] }),
  DATABASE_POOLER: z.enum(['none', 'session', 'transaction']).default('none'),
  CONTENT_KEYS: z.string().trim().optional(),
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
  } = readEnv(AdminEnv, {
    ...env,
    DATABASE_URL: env.CHAT_DATABASE_URL || env.DATABASE_URL,
  });
  return openStore({ url, pooler, poolSize: 3, content: { keys: keysOf(CONTENT_KEYS), isOn: false } });
}

/** What reads texts that are sealed; null: none can be read. */
function keysOf(text: string | undefined): ContentKeys | null {
  try {
    return text === undefined ? null : contentKeysOf(text);
  } catch (error) {
    throw new EnvError([{ name: 'CONTENT_KEYS', message: (error as Error).message }]);
  }
}
