import { fileURLToPath } from 'node:url';
import { readEnvFile } from '../start/env-file.ts';
import { watchLauncher } from '../start/launcher.ts';
import { createLifecycle, type Lifecycle } from '../start/lifecycle.ts';
import { createTerminal, type Terminal } from '../start/terminal.ts';

/** Package managers pass on a signal that the terminal has sent us too: within this time it is the same Ctrl-C. */
const SAME_SIGNAL_MS = 750;
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
  let firstSignalAt: number | undefined;

  async function interrupt(reason: string): Promise<void> {
    if (firstSignalAt !== undefined) {
      if (Date.now() - firstSignalAt > SAME_SIGNAL_MS) lifecycle.hurry();
      return;
    }
    firstSignalAt = Date.now();
    terminal.warn(`${reason}: stopping everything (once more to hurry)`);
    await lifecycle.stop();
    process.exit(INTERRUPTED);
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void interrupt(signal));
  process.on('uncaughtException', (error) => {
    // What was under way when a step was given up may still fail.
    if (lifecycle.stopping.aborted) return;
    terminal.warn(`a defect: ${error.stack}`);
    void interrupt('failed');
  });
  watchLauncher(process.env, () => void interrupt('the terminal is gone'));

  let code = 1;
  // dist/demo.mjs and the like: the repository is one folder up.
  const env = { ...readEnvFile(fileURLToPath(new URL('../.env', import.meta.url))), ...process.env };
  await lifecycle.start(async () => {
    code = await work({ lifecycle, terminal, env });
  });
  if (firstSignalAt !== undefined) return; // `interrupt` ends it
  await lifecycle.stop();
  process.exit(process.exitCode ?? code);
}
