import type { Logger } from '@gongu/host';
import type { RelayOptions } from '../outbox/relay.ts';
import type { ChangeFeedOptions } from '../product/change-feed.ts';
import type { ReconcileOptions } from '../product/reconcile.ts';
import type { TradeMetrics } from './metrics.ts';

/** What becomes of what the parts tell: lines of the log, and numbers. */
export function createObservers({ log, counts }: { log: Logger; counts: TradeMetrics }) {
  const relay: Pick<RelayOptions, 'onAttempt'> = { onAttempt: (_, kind) => counts.attempted(kind) };

  const feed: Pick<ChangeFeedOptions, 'onFailure'> = {
    onFailure: (error) => log.warn({ err: error }, 'live changes can not be read'),
  };

  const reconcile: Pick<ReconcileOptions, 'onDivergence' | 'onCompared'> = {
    onDivergence(divergence, healed) {
      counts.diverged();
      // Ids tell enough, and there may be thousands of them.
      const { productId, fields, missingBuyers, extraBuyers } = divergence;
      const line = { productId, fields, missing: missingBuyers.length, extra: extraBuyers.length };
      if (healed) log.warn(line, 'the room differs from its product: chat is told everything again');
      else log.warn(line, 'the room differs from its product, and telling chat again would not help now');
    },
    onCompared: counts.compared,
  };

  return { relay, feed, reconcile };
}
