import { fileURLToPath } from 'node:url';
import { runService } from '@gongu/host';
import { CHAT_SCHEMA, createChat } from './app.ts';
import { readChatEnv } from './env.ts';

await runService({
  name: 'chat',
  readEnv: readChatEnv,
  schema: CHAT_SCHEMA,
  // Beside the bundle and beside the source alike, the repository's `prisma/` is three folders up.
  prismaDir: fileURLToPath(new URL('../../../prisma/chat', import.meta.url)),
  create: createChat,
});
