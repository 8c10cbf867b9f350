import type { ServiceParts } from '@gongu/host';
import { scheduleJobs } from '../jobs/schedule.ts';
import type { Domain } from './domain.ts';

/** What happens by itself. The relay is stopped apart: deliveries under way outlive HTTP. */
export function createSchedule(
  { cron, log }: ServiceParts,
  { store, relay, products, reconcile }: Domain,
  { reconcileCron = '0 */10 * * * *' }: { reconcileCron?: string },
) {
  return {
    start(): void {
      scheduleJobs({
        ...{ cron, log, products, reconcile, reconcileCron },
        wakeRelay: relay.wake,
        purge: store.due.purge,
      });
      relay.start();
    },
    stop: () => cron.stop(),
  };
}
