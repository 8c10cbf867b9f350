import { watchLauncher } from './launcher.ts';
import type { Lifecycle } from './lifecycle.ts';

/** Package managers pass on a signal that the terminal has sent us too: within this time it is the same Ctrl-C. */
const SAME_SIGNAL_MS = 750;

export interface StopOnSignalOptions {
  readonly lifecycle: Lifecycle;
  readonly env: NodeJS.ProcessEnv;
  /** Epoch milliseconds. @default Date.now */
  readonly now?: () => number;
  /** Stopping begins. */
  readonly onStopping: (reason: string) => void;
  /** An error that nobody caught. Returns whether to stop for it. */
  readonly onDefect: (error: Error) => boolean;
  /** Everything is stopped. */
  readonly onStopped: () => void;
}

/**
 * Stops everything at the first signal, at an error that nobody caught, and when whoever started this is gone; a second
 * signal hurries it.
 */
export function stopOnSignal(options: StopOnSignalOptions) {
  const { lifecycle, env, now = Date.now, onStopping, onDefect, onStopped } = options;
  let firstSignalAt: number | undefined;

  async function stop(reason: string): Promise<void> {
    if (firstSignalAt !== undefined) {
      if (now() - firstSignalAt > SAME_SIGNAL_MS) lifecycle.hurry();
      return;
    }
    firstSignalAt = now();
    onStopping(reason);
    await lifecycle.stop();
    onStopped();
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  process.on('uncaughtException', (error) => {
    if (onDefect(error)) void stop('failed');
  });
  watchLauncher(env, () => void stop('whoever started this is gone'));
  return {
    /** It has begun to stop. */
    get stopping() {
      return firstSignalAt !== undefined;
    },
  };
}
