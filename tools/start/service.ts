import { fileURLToPath } from 'node:url';
import { type AdminService, readRunFile, runAdmin, runMain, StartError } from '@gongu/host';
import { readEnvFile } from '@gongu/sim/supervise';

const SERVICES = ['chat', 'trade'];

// `pnpm chat`, `pnpm trade`: one service alone; `pnpm admin`: a command on the databases of both. In this process, with the
// variables of `.env` where there are none, and else those of a `pnpm start` that runs, whose database and secrets it shares then.
const [name = '', ...argv] = process.argv.slice(2);
await runMain(name, async () => {
  const root = new URL('../', import.meta.url);
  const bundle = (service: string, file: string) => import(new URL(`services/${service}/dist/${file}`, root).href);
  if (name !== 'admin' && !SERVICES.includes(name)) throw new StartError(`name one of ${SERVICES.join(', ')}, admin`);
  Object.assign(process.env, { ...readEnvFile(fileURLToPath(new URL('.env', root))), ...process.env });
  Object.assign(process.env, readRunFile(process.env));
  if (name !== 'admin') return void (await bundle(name, 'main.mjs'));
  const both = await Promise.all(SERVICES.map((service) => bundle(service, 'admin.mjs')));
  await runAdmin(
    both.map(({ admin }: { admin: AdminService }) => admin),
    { argv },
  );
});
