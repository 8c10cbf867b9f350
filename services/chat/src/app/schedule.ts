import type { ServiceParts } from '@gongu/host';
import type { ChatEnv } from '../env.ts';
import { periodic } from '../jobs/periodic.ts';
import { createReconcileHeads } from '../jobs/reconcile-heads.ts';
import type { Domain } from './domain.ts';

/** Milliseconds between two sweeps of what says nothing any more. */
const FORGET_MS = 60_000;
/** Milliseconds between two looks for messages that are too old. */
const RETAIN_MS = 600_000;
/** For how long what webhooks are told is kept: what one that is disabled still gets when it is enabled. */
const WEBHOOK_KEEP_MS = 30 * 86_400_000;
const PURGE_BATCH = 5_000;
/** Milliseconds between two looks at what is to be indexed. */
const INDEX_MS = 5_000;

/** Milliseconds between two looks for who is to be erased. */
const ERASE_MS = 1_000;

/** Milliseconds between two looks for files whose bytes are to be removed. */
const REMOVE_MS = 2_000;

/** What happens by itself. */
export function createSchedule({ env, clock, cron }: ServiceParts<ChatEnv>, domain: Domain) {
  const { rooms, hub, overview, presenceTick, watcherTick, connections, visitors, reports } = domain;
  const { indexMessages, sealTexts, push, hooks, tellAbsent, uploads, retention, people, sweepRates, typing } = domain;
  const { store } = domain;
  const { failed } = domain.observers;
  const { headIntervalMs } = domain.links.bus;
  const now = clock.monotonic;
  const stops: (() => Promise<void>)[] = [];

  function every(interval: number | (() => number), what: string, task: () => Promise<void>): void {
    const intervalMs = typeof interval === 'number' ? () => interval : interval;
    stops.push(periodic({ task, intervalMs, onFailure: (error) => failed(what, error) }));
  }

  async function expire(): Promise<boolean> {
    try {
      // More may be due than one run takes.
      for (let ended = 1; ended > 0; ) ended = await rooms.expire();
      return true;
    } catch (error) {
      failed('expiry of rooms', error);
      return false;
    }
  }

  return {
    start(): void {
      // Four times a second it is asked whether it is time: the bus may fail between two readings.
      every(250, 'reading of heads', createReconcileHeads({ headIntervalMs, reconcile: hub.reconcile, now }));
      every(250, 'reading of overviews', createReconcileHeads({ headIntervalMs, reconcile: overview.reconcile, now }));
      every(250, 'overviews', overview.tick);
      every(250, 'typing', async () => typing.tick());
      every(1_000, 'presence', presenceTick.tick);
      every(1_000, 'watchers', watcherTick.tick);
      every(visitors.intervalMs, 'look at visitors', visitors.look);
      every(FORGET_MS, 'forgetting', visitors.forget);
      every(FORGET_MS, 'erasure of reports', reports.forget);
      every(1_000, 'look for who has not read', tellAbsent.tick);
      every(1_000, 'look for what webhooks are to be told', hooks.dispatch.tick);
      every(RETAIN_MS, 'removal of what webhooks were told', async () => {
        while ((await store.webhooks.purge(WEBHOOK_KEEP_MS, PURGE_BATCH)) >= PURGE_BATCH);
      });
      every(RETAIN_MS, 'retention', async () => void (await retention.run()));
      every(RETAIN_MS, 'removal of rooms', async () => void (await retention.removeRooms()));
      every(FORGET_MS, 'forgetting of keys', () => store.content.forgetGoneKeys());
      every(ERASE_MS, 'erasure of people', async () => {
        while ((await people.eraseSome()) !== null);
      });
      every(FORGET_MS, 'reading of whom rows name', people.fillAuthors);
      every(FORGET_MS, 'giving up of files', uploads.expire);
      every(REMOVE_MS, 'removal of files', uploads.removeGone);
      every(INDEX_MS, 'index of searches', indexMessages.tick);
      if (env.CONTENT_ENCRYPTION) every(sealTexts.intervalMs, 'sealing of texts', sealTexts.tick);
      every(1_000, 'count of connections', connections.tick);
      every(1_000, 'sweep', async () => {
        hub.sweep(env.HEARTBEAT_MS);
        sweepRates();
      });
      // At start too: what fell due while no instance ran.
      cron.schedule('expire-rooms', env.EXPIRE_CRON, expire, { atStart: true });
    },
    stop: () => Promise.all([cron.stop(), push?.end(), ...stops.map((stop) => stop())]),
  };
}
