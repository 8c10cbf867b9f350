import { createTask, type ScheduledTask } from 'node-cron';
import type { Logger } from './log.ts';

/** Hears of each run of a job. */
export type JobRan = (job: string, outcome: 'done' | 'failed', milliseconds: number) => void;

export interface CronOptions {
  log: Logger;
  /** For metrics. */
  ran?: JobRan;
}

export interface Cron {
  /**
   * Runs `task` at the times of the expression (UTC), never twice at once: a tick that comes while the task still runs
   * is left out. An error is logged, and the next tick tries again. `false`: it failed, and has said so itself.
   *
   * @param options.atStart run once now as well, for what was missed while nobody was here. Default false.
   */
  schedule(name: string, expression: string, task: JobTask, options?: { atStart?: boolean }): void;
  /** No more ticks; waits for tasks that are running. */
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: a task that says nothing went well
export type JobTask = () => Promise<void | boolean> | void;

/** Jobs by the clock, over node-cron. */
export function createCron({ log, ran }: CronOptions): Cron {
  const tasks: ScheduledTask[] = [];
  const running = new Map<string, Promise<void>>();
  const logger = {
    debug: (message: string | Error) => log.trace(String(message)),
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.debug(message), // a late or skipped tick: the next one does its work
    error: (message: string | Error, err?: Error) => log.error({ err: err ?? message }, 'cron failed'),
  };

  async function run(name: string, task: JobTask): Promise<void> {
    const began = performance.now();
    let failed = false;
    try {
      failed = (await task()) === false;
    } catch (err) {
      failed = true;
      log.error({ job: name, err }, 'job failed');
    } finally {
      running.delete(name);
      ran?.(name, failed ? 'failed' : 'done', performance.now() - began);
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
