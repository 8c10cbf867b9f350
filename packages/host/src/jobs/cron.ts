import { createTask } from 'node-cron';
import { type Clock, systemClock, type Timer } from '../clock.ts';
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

/** A task with its plan. */
interface Job {
  readonly tick: () => void;
  /** The first time of the plan after now, epoch milliseconds. */
  readonly next: () => number;
  dueAt: number;
}

/** Milliseconds between two looks at the time of day, at most: so soon it is seen that it was set. */
const LOOK_MS = 250;
/** By how many milliseconds the time of day may differ from what has passed, between two looks, without having been set. */
const SET_MS = 500;

/**
 * Jobs by the clock: node-cron has the plan, and what has passed since the last look says whether it still fits. A time of
 * day that is set back would make jobs wait until it has been reached again, one that is set ahead leaves times of the plan
 * out: every job runs at once then, and goes on by the new time.
 */
export function createCron({ log, clock = systemClock, metrics }: CronOptions): Cron {
  // node-cron plans by the real time, whatever the service goes by.
  const time = systemClock;
  const jobs = new Set<Job>();
  const running = new Map<string, Promise<void>>();
  const runs = metrics && observeRuns(metrics);
  let looked = { at: time.now(), monotonic: time.monotonic() };
  let timer: Timer | undefined;

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
      runs?.ended(name, failed ? 'failed' : 'done', clock.monotonic() - began);
    }
  }

  /** Milliseconds by which the time of day was set since it was last asked; 0 where it only went on. */
  function setByMs(): number {
    const now = { at: time.now(), monotonic: time.monotonic() };
    const byMs = now.at - looked.at - (now.monotonic - looked.monotonic);
    looked = now;
    return Math.abs(byMs) < SET_MS ? 0 : Math.round(byMs);
  }

  function look(): void {
    const byMs = setByMs();
    if (byMs !== 0) log.warn({ byMs }, 'the time of day was set');
    for (const job of jobs) {
      if (byMs === 0 && looked.at < job.dueAt) continue;
      // Before the run, which may take its time: what fell due meanwhile is left out.
      job.dueAt = job.next();
      job.tick();
    }
    arm();
  }

  function arm(): void {
    time.clear(timer);
    if (jobs.size === 0) return;
    const nextAt = Math.min(...[...jobs].map(({ dueAt }) => dueAt));
    timer = time.setTimeout(look, Math.max(1, Math.min(LOOK_MS, nextAt - time.now())));
  }

  return {
    schedule(name, expression, task, { atStart = false } = {}) {
      const tick = () => {
        if (!running.has(name)) running.set(name, run(name, task));
      };
      const plan = createTask(expression, tick, { name, timezone: 'UTC' });
      runs?.planned(name);
      const next = () => plan.getNextRuns(1)[0]!.getTime();
      jobs.add({ tick, next, dueAt: next() });
      arm();
      if (atStart) tick();
    },
    async stop() {
      time.clear(timer);
      jobs.clear();
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
    help: 'When a job last went well, or else when it was planned, in seconds since the epoch',
    labels: ['task'],
  });
  return {
    /** All series of a job, which may fail in its first run. */
    planned(task: string): void {
      for (const outcome of ['done', 'failed']) runs.inc({ task, outcome }, 0);
      duration.zero({ task });
      done.setToCurrentTime({ task });
    },
    ended(task: string, outcome: 'done' | 'failed', milliseconds: number): void {
      runs.inc({ task, outcome });
      duration.observe({ task }, milliseconds / 1_000);
      if (outcome === 'done') done.setToCurrentTime({ task });
    },
  };
}
