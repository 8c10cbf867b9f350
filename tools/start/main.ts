import { fileURLToPath } from 'node:url';
import { runMain } from '@gongu/host';
import { createLifecycle, createTerminal, readEnvFile, stopOnSignal } from '@gongu/sim/supervise';
import { bringUp } from './bring-up.ts';

const startedAt = performance.timeOrigin;
const terminal = createTerminal(process.stdout, process.stderr);
const lifecycle = createLifecycle({ terminal });
stopOnSignal({
  lifecycle,
  env: process.env,
  onStopping: (reason) => terminal.say(`\n${reason}: stopping everything in order (once more to hurry)`),
  onDefect(error) {
    terminal.warn(`a defect in start itself: ${error.stack}`);
    process.exitCode = 1;
    return true;
  },
  onStopped() {
    terminal.say('stopped');
    process.exit();
  },
});

await runMain('gongu', async () => {
  // dist/start.mjs
  const root = fileURLToPath(new URL('../', import.meta.url));
  await lifecycle.start(async () => {
    const env = { ...readEnvFile(`${root}.env`), ...process.env };
    const dev = process.argv.includes('--dev');
    await bringUp({ root, env, dev, lifecycle, terminal, now: Date.now, startedAt });
  });
});
