import { fileURLToPath } from 'node:url';
import { createLog, migrate, onShutdown, readRunFile, runMain, waitForPostgres } from '@gongu/host';
import { CHAT_SCHEMA, createChat } from './app.ts';
import { readChatEnv } from './env.ts';

await runMain('chat', async () => {
  // Started alone beside `pnpm start`, chat shares its database and its secrets.
  const env = readChatEnv({ ...process.env, ...readRunFile(process.env) });
  const log = createLog({ service: 'chat', level: env.LOG_LEVEL });
  await waitForPostgres({ url: env.DATABASE_URL, deadlineMs: 15_000, log });
  await migrate({ url: env.DATABASE_URL, schema: CHAT_SCHEMA, dir: migrationsDir(), log });
  const chat = await createChat({ env, log });
  onShutdown({ log, deadlineMs: env.DRAIN_MS + 5_000 }, [{ name: 'chat', run: chat.stop }]);
  await chat.start();
});

/** Beside the bundle and beside the source alike, the repository's `prisma/` is three folders up. */
function migrationsDir(): string {
  return fileURLToPath(new URL('../../../prisma/chat', import.meta.url));
}
