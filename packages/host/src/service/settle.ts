import type { Logger } from '../log.ts';

/** Waits for one step of stopping, until the moment (milliseconds after the start) at which it is given up. */
export type Settle = (step: string, work: Promise<unknown>, untilMs: number) => Promise<void>;

/**
 * Steps of stopping that must not hold the process: a database that hangs never answers, and never closes a connection
 * either. A step that fails or takes too long is one line in the log, and the next one has its turn.
 */
export function createSettle(log: Logger): Settle {
  const began = performance.now();
  return async (step, work, untilMs) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, began + untilMs - performance.now()), 'late');
    });
    try {
      if ((await Promise.race([work, late])) === 'late') log.warn({ step }, 'a step of stopping was given up');
    } catch (err) {
      log.warn({ step, err }, 'a step of stopping was given up');
    } finally {
      clearTimeout(timer);
      work.catch(() => {});
    }
  };
}
