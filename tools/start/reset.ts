import { mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataDir, runMain } from '@gongu/host';
import { endLeftover, takeOwnership } from '@gongu/host/embedded';
import { createTerminal, endLeftovers, readEnvFile } from '@gongu/sim/supervise';
import { LEFTOVERS } from './data-dir.ts';

/** What a start leaves in its data folder. Anything else in it is not ours to remove. */
const OURS = [
  'logs',
  'postgres',
  'postgres.place',
  'redis',
  'payments',
  'secrets.json',
  'run.json',
  'children.json',
  'supervisor.json',
];
const PATIENCE_MS = 10_000;

// `pnpm reset`: removes the data of `start`, so that the next one begins anew. An own DATABASE_URL is left alone.
await runMain('gongu', async () => {
  const terminal = createTerminal(process.stdout, process.stderr);
  const env = { ...readEnvFile(fileURLToPath(new URL('../.env', import.meta.url))), ...process.env };
  const path = dataDir(env);
  const children = join(path, 'children.json');
  // Also where somebody has removed the folder by hand: PostgreSQL's files may lie elsewhere, where its user can enter.
  mkdirSync(path, { recursive: true });
  takeOwnership({ root: path, owner: join(path, 'supervisor.json') });
  await endLeftovers({ file: children, order: LEFTOVERS, patienceMs: PATIENCE_MS, terminal });
  rmSync(await endLeftover({ dataDir: path }), { recursive: true, force: true });
  for (const name of OURS) rmSync(join(path, name), { recursive: true, force: true });
  const others = readdirSync(path);
  if (others.length === 0) rmdirSync(path);
  terminal.say(`${path} is reset${others.length > 0 ? `; not ours and left there: ${others.join(', ')}` : ''}`);
});
