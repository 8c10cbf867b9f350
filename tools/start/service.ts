import { fileURLToPath } from 'node:url';
import { readRunFile, runMain, StartError } from '@gongu/host';
import { readEnvFile } from '@gongu/sim/supervise';

/** By the word that starts each. */
const BUNDLES = new Map([
  ...['chat', 'trade'].map((name) => [name, `services/${name}/dist/main.mjs`] as const),
  ['admin', 'services/chat/dist/admin.mjs'],
]);

// `pnpm chat`, `pnpm trade`: one service alone; `pnpm admin`: a command on its database. In this process, with the variables of `.env` where there are none, and else
// those of a `pnpm start` that runs, whose database and secrets it shares then.
const [name = ''] = process.argv.slice(2);
await runMain(name, async () => {
  const bundle = BUNDLES.get(name);
  if (!bundle) throw new StartError(`name one of ${[...BUNDLES.keys()].join(', ')}`);
  // The bundle's own arguments follow.
  if (name === 'admin') process.argv.splice(2, 1);
  const root = new URL('../', import.meta.url);
  Object.assign(process.env, { ...readEnvFile(fileURLToPath(new URL('.env', root))), ...process.env });
  Object.assign(process.env, readRunFile(process.env));
  await import(new URL(bundle, root).href);
});
