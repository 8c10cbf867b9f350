import { fileURLToPath } from 'node:url';
import { runService } from '@gongu/host';
import { createTrade, TRADE_SCHEMA } from './app.ts';
import { readTradeEnv } from './env.ts';

await runService({
  name: 'trade',
  readEnv: readTradeEnv,
  schema: TRADE_SCHEMA,
  // Beside the bundle and beside the source alike, the repository's `prisma/` is three folders up.
  prismaDir: fileURLToPath(new URL('../../../prisma/trade', import.meta.url)),
  create: createTrade,
});
