import { createTask, type ScheduledTask } from 'node-cron';
import type { Logger } from './log.ts';

export interface CronOptions {
  log: Logger;
}

export interface Cron {
  /**
   * Runs `task` at the times of the expression (UTC), never twice at once: a tick that comes while the task still runs
   * is left out. An error is logged, and the next tick tries again.
   *
   * @param options.atStart run once now as well, for what was missed while nobody was here. Default false.
   */
  schedule(name: string, expression: string, task: () => Promise<void> | void, options?: { atStart?: boolean }): void;
  /** No more ticks; waits for tasks that are running. */
  stop(): Promise<void>;
}

/** Jobs by the clock, over node-cron. */
export function createCron({ log }: CronOptions): Cron {
  const tasks: ScheduledTask[] = [];
  const running = new Map<string, Promise<void>>();
  const logger = {
    debug: (message: string | Error) => log.trace(String(message)),
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.debug(message), // a late or skipped tick: the next one does its work
    error: (message: string | Error, err?: Error) => log.error({ err: err ?? message }, 'cron failed'),
  };

  async function run(name: string, task: () => Promise<void> | void): Promise<void> {
    try {
      await task();
    } catch (err) {
      log.error({ job: name, err }, 'job failed');
    } finally {
      running.delete(name);
    }
  }

  return {
    schedule(name, expression, task, { atStart = false } = {}) {
      const tick = () => {
        if (!running.has(name)) running.set(name, run(name, task));
      };
      const scheduled = createTask(expression, tick, { name, timezone: 'UTC', logger, suppressMissedWarning: true });
      tasks.push(scheduled);
      void scheduled.start();
      if (atStart) tick();
    },
    async stop() {
      await Promise.all(tasks.map((task) => task.destroy()));
      await Promise.all(running.values());
    },
  };
}
