import type { JobRan } from './cron.ts';
import type { Metrics } from './metrics.ts';

/** `gongu_job_*` by task (Prometheus has a label `job` of its own): runs by outcome, how long they take, and when one last went well. For `createCron`'s `ran`. */
export function observeJobs(metrics: Metrics): JobRan {
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
  return (task, outcome, milliseconds) => {
    runs.inc({ task, outcome });
    duration.observe({ task }, milliseconds / 1_000);
    if (outcome === 'done') done.setToCurrentTime({ task });
  };
}
