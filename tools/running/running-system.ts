import { fileURLToPath } from 'node:url';
import { readRunFile, StartError } from '@gongu/host';
import { readEnvFile } from '@gongu/sim/supervise';

/**
 * The environment with `.env`, and with what a running `pnpm start` has left for other terminals. Called from a bundle
 * in `dist/`. @throws StartError naming what is missing of `needs`
 */
export function runningSystem<K extends string>(
  env: NodeJS.ProcessEnv,
  needs: readonly K[],
): NodeJS.ProcessEnv & Record<K, string> {
  const set = { ...readEnvFile(fileURLToPath(new URL('../.env', import.meta.url))), ...env };
  const all = { ...set, ...readRunFile(set) };
  const missing = needs.filter((name) => !all[name]?.trim());
  if (missing.length > 0) {
    throw new StartError(
      `no system is running: pnpm start (or pnpm dev) in another terminal, or set ${missing.join(', ')}`,
    );
  }
  return all as NodeJS.ProcessEnv & Record<K, string>;
}
