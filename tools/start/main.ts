import { fileURLToPath } from 'node:url';
import { runMain } from '@gongu/host';
import { bringUp } from './bring-up.ts';
import { readEnvFile } from './env-file.ts';
import { watchLauncher } from './launcher.ts';
import { createLifecycle } from './lifecycle.ts';
import { createTerminal } from './terminal.ts';

/** Package managers pass on a signal that the terminal has sent us too: within this time it is the same Ctrl-C. */
const SAME_SIGNAL_MS = 750;

const startedAt = performance.timeOrigin;
const terminal = createTerminal(process.stdout, process.stderr);
const lifecycle = createLifecycle({ terminal });
let firstSignalAt: number | undefined;

async function stop(reason: string): Promise<void> {
  if (firstSignalAt !== undefined) {
    if (Date.now() - firstSignalAt > SAME_SIGNAL_MS) lifecycle.hurry();
    return;
  }
  firstSignalAt = Date.now();
  terminal.say(`\n${reason}: stopping everything in order (once more to hurry)`);
  await lifecycle.stop();
  terminal.say('stopped');
  process.exit();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
process.on('uncaughtException', (error) => {
  terminal.warn(`a defect in start itself: ${error.stack}`);
  process.exitCode = 1;
  void stop('start failed');
});
watchLauncher(process.env, () => void stop('whoever started this is gone'));

await runMain('gongu', async () => {
  // dist/start.mjs
  const root = fileURLToPath(new URL('../', import.meta.url));
  await lifecycle.start(async () => {
    const env = { ...readEnvFile(`${root}.env`), ...process.env };
    const dev = process.argv.includes('--dev');
    await bringUp({ root, env, dev, lifecycle, terminal, now: Date.now, startedAt });
  });
});
