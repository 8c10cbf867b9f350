import type { Pool } from 'pg';
import type { Metrics } from '../metrics.ts';

/** `gongu_postgres_pool_*`: connections in use and idle, their limit, and who waits for one; by the pool's name. */
export function observePools(metrics: Metrics, pools: Readonly<Record<string, Pool>>): void {
  metrics.gauge({
    name: 'gongu_postgres_pool_connections',
    help: 'Open connections of a pool, by state: busy or idle',
    labels: ['pool', 'state'],
    collect(connections) {
      for (const [pool, { totalCount, idleCount, waitingCount, options }] of Object.entries(pools)) {
        connections.set({ pool, state: 'busy' }, totalCount - idleCount);
        connections.set({ pool, state: 'idle' }, idleCount);
        waiting.set({ pool }, waitingCount);
        limit.set({ pool }, options.max);
      }
    },
  });
  // After the one that sets them: gauges are read in their order.
  const limit = metrics.gauge({
    name: 'gongu_postgres_pool_max_connections',
    help: 'Most connections that a pool may open',
    labels: ['pool'],
  });
  const waiting = metrics.gauge({
    name: 'gongu_postgres_pool_waiting',
    help: 'Callers that wait for a connection of a pool',
    labels: ['pool'],
  });
}
