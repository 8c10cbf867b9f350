import { createLog, onShutdown, readRunFile, runMain } from '@gongu/host';
import { createTrade } from './app.ts';
import { readTradeEnv } from './env.ts';

await runMain('trade', async () => {
  // Started alone beside `pnpm start`, trade shares its database and its secrets.
  const env = readTradeEnv({ ...process.env, ...readRunFile(process.env) });
  const log = createLog({ service: 'trade', level: env.LOG_LEVEL });
  const trade = await createTrade(env, { log });
  onShutdown({ log, deadlineMs: env.DRAIN_MS + 5_000 }, [{ name: 'trade', run: trade.stop }]);
  await trade.start();
});
