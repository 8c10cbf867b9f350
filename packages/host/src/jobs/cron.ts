import { createTask, type ScheduledTask } from 'node-cron';
import { type Clock, systemClock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';

export interface CronOptions {
  log: Logger;
  /** Measures runs. Default: the real time. */
  clock?: Pick<Clock, 'monotonic'>;
  /** Gets `gongu_job_*` by task: runs by outcome, how long they take, and when one last went well. */
  metrics?: Metrics;
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
export function createCron({ log, clock = systemClock, metrics }: CronOptions): Cron {
  const tasks: ScheduledTask[] = [];
  const running = new Map<string, Promise<void>>();
  const onRun = metrics && observeRuns(metrics);
  const logger = {
    debug: (message: string | Error) => log.trace(String(message)),
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.debug(message), // a late or skipped tick: the next one does its work
    error: (message: string | Error, err?: Error) => log.error({ err: err ?? message }, 'cron failed'),
  };

  async function run(name: string, task: JobTask): Promise<void> {
    const began = clock.monotonic();
    let failed = false;
    try {
      failed = (await task()) === false;
    } catch (err) {
      failed = true;
      log.error({ job: name, err }, 'job failed');
    } finally {
      running.delete(name);
      onRun?.(name, failed ? 'failed' : 'done', clock.monotonic() - began);
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

// Prometheus has a label `job` of its own, so ours is `task`.
function observeRuns(metrics: Metrics) {
  const runs = metrics.counter({
    name: 'gongu_job_runs_total',
    help: 'Runs of jobs by the clock, by outcome: done or failed',
    labels: ['task', 'outcome'],
  });
  const duration = metrics.histogram({
    name: 'gongu_job_duration_seconds',
    help: 'Time of one run of a job',
    labels: ['task'],
    buckets: [0.005, 0.05, 0.5, 5, 50],
  });
  const done = metrics.gauge({
    name: 'gongu_job_last_success_timestamp_seconds',
    help: 'When a job last went well, in seconds since the epoch',
    labels: ['task'],
  });
  return (task: string, outcome: 'done' | 'failed', milliseconds: number) => {
    runs.inc({ task, outcome });
    duration.observe({ task }, milliseconds / 1_000);
    if (outcome === 'done') done.setToCurrentTime({ task });
  };
}
