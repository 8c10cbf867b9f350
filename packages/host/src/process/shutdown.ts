import type { Logger } from '../log.ts';

/** One part of stopping, with the name it has in the log. */
export interface ShutdownStep {
  name: string;
  run(): Promise<void> | void;
}

export interface ShutdownOptions {
  log: Logger;
  /** @default ['SIGTERM', 'SIGINT'] */
  signals?: readonly NodeJS.Signals[];
  /** All steps together; then the process ends as it is, with 1. @default 15_000 */
  deadlineMs?: number;
  /** Ends the process. @default process.exit */
  exit?: (code: number) => void;
}

export interface Shutdown {
  /** What a signal does. Returns the same promise when called again. */
  begin(reason: string): Promise<void>;
  /** Takes the signal listeners away again. */
  dispose(): void;
}

const NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 };

/**
 * On the first signal, the steps in their order: each one gets its turn even when an earlier one failed. Then the
 * process ends, with 0 when all went well, else with 1. A second signal ends it at once, as the signal itself would.
 */
export function onShutdown(options: ShutdownOptions, steps: readonly ShutdownStep[]): Shutdown {
  const { log, signals = ['SIGTERM', 'SIGINT'], deadlineMs = 15_000, exit = (code) => process.exit(code) } = options;
  let stopping: Promise<void> | undefined;

  async function stop(reason: string): Promise<void> {
    log.info({ reason, deadlineMs }, 'stopping');
    let current = '';
    const timer = setTimeout(() => {
      log.error({ step: current, deadlineMs }, 'stopping took too long');
      exit(1);
    }, deadlineMs);
    let failed = false;
    for (const { name, run } of steps) {
      current = name;
      try {
        await run();
      } catch (err) {
        failed = true;
        log.error({ step: name, err }, 'a step of stopping failed');
      }
    }
    clearTimeout(timer);
    log.info({ failed }, 'stopped');
    exit(failed ? 1 : 0);
  }

  const begin = (reason: string) => {
    stopping ??= stop(reason);
    return stopping;
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) exit(128 + (NUMBERS[signal] ?? 0));
    else void begin(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    begin,
    dispose() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
