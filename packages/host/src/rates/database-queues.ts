import type { Pool } from 'pg';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { ClientPatience } from '../postgres/patient-client.ts';
import { createFairQueue, type FairQueue } from './fair-queue.ts';

export interface DatabaseQueuesOptions<Name extends string> {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** What is waited for. Nobody waits longer than for one of its connections. */
  readonly pool: Pool;
  /** How many may be at work at once, by the queue's name. */
  readonly places: Readonly<Record<Name, number>>;
}

/** In front of a pool, which knows no clients and serves whoever comes first: `gongu_postgres_queue_*`. */
export function createDatabaseQueues<Name extends string>({
  clock,
  metrics,
  pool,
  places,
}: DatabaseQueuesOptions<Name>): Record<Name, FairQueue> {
  const names = Object.keys(places) as Name[];
  const refused = metrics.tally({
    name: 'gongu_postgres_queue_refused_total',
    help: 'Requests and commands that had no turn at PostgreSQL in time',
    values: { queue: names },
  });
  const { connectTimeoutMs: waitMs } = pool.options as unknown as ClientPatience;
  const queues = Object.fromEntries(
    names.map((queue) => [
      queue,
      createFairQueue({ places: places[queue], waitMs, clock, onLate: () => refused({ queue }) }),
    ]),
  ) as Record<Name, FairQueue>;
  metrics.gauge({
    name: 'gongu_postgres_queue_waiting',
    help: 'Requests and commands that wait for their turn at PostgreSQL',
    labels: ['queue'],
    collect(gauge) {
      for (const queue of names) gauge.set({ queue }, queues[queue].waiting());
    },
  });
  metrics.gauge({
    name: 'gongu_postgres_queue_clients',
    help: 'Addresses of which requests and commands wait for their turn at PostgreSQL',
    labels: ['queue'],
    collect(gauge) {
      for (const queue of names) gauge.set({ queue }, queues[queue].clients());
    },
  });
  return queues;
}
