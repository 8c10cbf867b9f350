import { fileURLToPath } from 'node:url';
import { readRunFile, runMain, StartError } from '@gongu/host';
import { readEnvFile } from '@gongu/sim/supervise';

const SERVICES = ['chat', 'trade'];

// `pnpm chat`, `pnpm trade`: one service alone, in this process, with the variables of `.env` where there are none, and else
// those of a `pnpm start` that runs, whose database and secrets it shares then.
const [name = ''] = process.argv.slice(2);
await runMain(name, async () => {
  if (!SERVICES.includes(name)) throw new StartError(`name a service: ${SERVICES.join(' or ')}`);
  const root = new URL('../', import.meta.url);
  Object.assign(process.env, { ...readEnvFile(fileURLToPath(new URL('.env', root))), ...process.env });
  Object.assign(process.env, readRunFile(process.env));
  await import(new URL(`services/${name}/dist/main.mjs`, root).href);
});
