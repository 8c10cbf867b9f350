import type { ServiceParts } from '@gongu/host';
import type { TradeEnv } from '../env.ts';
import type { Pictures } from '../product/pictures.ts';
import type { Domain } from './domain.ts';

const KEEP_MS = 24 * 3_600_000;
/** What a webhook that is disabled still gets when it is enabled. */
const WEBHOOK_KEEP_MS = 30 * KEEP_MS;
const PURGE_BATCH = 5_000;
/** Rows of a product that one statement removes under its lock. */
const RETIRE_BATCH = 500;
/** Products whose unpaid places one statement frees: it holds the locks of all of them. */
const DUE_BATCH = 100;
/** What is caught up at start, rather than at the next tick. */
const AT_START = new Set([
  ...['close recruitment', 'free unpaid places', 'purge', 'erase addresses', 'number the audit', 'remove products'],
  'remove pictures',
]);

/**
 * What happens by itself. Every instance runs all of it: the database picks who ends a product, and the rest does no harm
 * twice. What was missed while nobody ran is caught up at start. The relay is stopped apart: deliveries under way outlive
 * HTTP.
 */
export function createSchedule(
  { cron, env, log }: ServiceParts<TradeEnv>,
  { store, relay, products, hooks, reconcile, pictures }: Domain & { pictures: Pictures },
  { reconcileCron = '0 */10 * * * *' }: { reconcileCron?: string },
) {
  /** Of failures in a row only the first is logged: a database that is away for an hour is one line, not 3 600. */
  function schedule(job: string, expression: string, task: () => Promise<void>): void {
    let failing = false;
    const run = async () => {
      try {
        await task();
        if (failing) log.info({ job }, 'job works again');
        failing = false;
        return true;
      } catch (error) {
        if (!failing) log.warn({ job, err: error }, 'job failed and will be tried again');
        failing = true;
        return false;
      }
    };
    cron.schedule(job, expression, run, { atStart: AT_START.has(job) });
  }

  return {
    start(): void {
      schedule('close recruitment', '* * * * * *', async () => {
        const ended = await products.endDue();
        if (ended > 0) log.info({ event: 'products.ended', ended }, 'products reached their deadline');
      });
      schedule('free unpaid places', '* * * * * *', async () => {
        while ((await store.due.expirePayments(DUE_BATCH)) >= DUE_BATCH);
      });
      schedule('tell the last hour', '* * * * * *', async () => {
        while ((await store.due.tellHour(DUE_BATCH)) >= DUE_BATCH);
      });
      schedule('deliver webhooks', '* * * * * *', hooks.dispatch.tick);
      schedule('relay outbox', '* * * * * *', async () => relay.wake());
      schedule('reopen lost rooms', '*/10 * * * * *', async () => {
        await reconcile.reopen();
      });
      schedule('compare with chat', reconcileCron, async () => {
        const different = await reconcile.compare();
        log.info({ event: 'rooms.compared', different }, 'rooms compared with their products');
      });
      schedule('purge', '17 * * * *', async () => {
        while ((await store.due.purge(KEEP_MS, PURGE_BATCH)) >= PURGE_BATCH);
        while ((await store.webhooks.purge(WEBHOOK_KEEP_MS, PURGE_BATCH)) >= PURGE_BATCH);
      });
      schedule('erase people', '* * * * * *', async () => {
        while ((await store.people.eraseSome()) !== null);
      });
      schedule('remove pictures', '7 * * * * *', pictures.removeLoose);
      schedule('number the audit', '37 * * * *', async () => {
        while ((await store.people.numberActors(1_000)) > 0);
      });
      schedule('erase addresses', '27 * * * *', async () => {
        while ((await store.due.eraseAddresses(env.ADDRESS_DAYS, PURGE_BATCH)) >= PURGE_BATCH);
      });
      if (env.ROOM_DAYS > 0) {
        schedule('remove products', '47 * * * *', async () => {
          const removed = await store.due.removeProducts(env.ROOM_DAYS, RETIRE_BATCH);
          if (removed > 0)
            log.info({ event: 'products.removed', removed }, 'products that ended long ago were removed');
        });
      }
      relay.start();
    },
    stop: () => cron.stop(),
  };
}
