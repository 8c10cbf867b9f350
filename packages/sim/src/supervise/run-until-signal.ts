import { fileURLToPath } from 'node:url';
import { readEnvFile } from './env-file.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** What a shell says of a process that SIGINT has ended. */
const INTERRUPTED = 130;

export interface Run {
  readonly lifecycle: Lifecycle;
  readonly terminal: Terminal;
  /** The environment, and `.env`. */
  readonly env: NodeJS.ProcessEnv;
}

export interface RunOptions {
  /** Where the terminal's text goes. @default process.stdout */
  readonly out?: NodeJS.WritableStream;
}

/**
 * Runs to its end, or until a signal comes, and stops everything that was added to the lifecycle either way. Ends this
 * process: with the code that `work` resolves with, or 130 after a signal.
 *
 * @throws whatever `work` throws, after everything is stopped
 */
export async function runUntilSignal(work: (run: Run) => Promise<number>, options: RunOptions = {}): Promise<void> {
  const terminal = createTerminal(options.out ?? process.stdout, process.stderr);
  const lifecycle = createLifecycle({ terminal });
  const signals = stopOnSignal({
    lifecycle,
    env: process.env,
    onStopping: (reason) => terminal.warn(`${reason}: stopping everything (once more to hurry)`),
    onDefect(error) {
      // What was under way when a step was given up may still fail.
      if (lifecycle.stopping.aborted) return false;
      terminal.warn(`a defect: ${error.stack}`);
      return true;
    },
    onStopped: () => process.exit(INTERRUPTED),
  });

  let code = 1;
  // dist/demo.mjs and the like: the repository is one folder up.
  const env = { ...readEnvFile(fileURLToPath(new URL('../.env', import.meta.url))), ...process.env };
  await lifecycle.start(async () => {
    code = await work({ lifecycle, terminal, env });
  });
  if (signals.stopping) return; // it ends this process
  await lifecycle.stop();
  process.exit(process.exitCode ?? code);
}
