import type { Metrics } from '@gongu/host';
import type { Delivery } from '../outbox/deliver.ts';

export interface TradeMetricsOptions {
  backlog: () => Promise<{ depth: number; parked: number; oldestAgeMs: number | null }>;
  /** Open event streams. */
  listeners: () => number;
}

/** All of them, with a row for each from the start. */
const OUTCOMES = Object.keys({ delivered: 0, retry: 0, refused: 0, unreachable: 0 } satisfies Record<
  Delivery['kind'],
  0
>) as Delivery['kind'][];

/** Trade's own metrics; what they mean stands in their help texts. */
export function createTradeMetrics(metrics: Metrics, { backlog, listeners }: TradeMetricsOptions) {
  const attempts = metrics.tally({
    name: 'gongu_trade_outbox_attempts_total',
    help: 'Deliveries to chat by outcome: delivered, retry, refused (parked), unreachable',
    values: { outcome: OUTCOMES },
  });
  const webhookAttempts = metrics.tally({
    name: 'gongu_trade_webhook_attempts_total',
    help: 'Deliveries to webhooks by outcome: delivered, retry, gone (410)',
    values: { outcome: ['delivered', 'retry', 'gone'] },
  });
  const diverged = metrics.counter({
    name: 'gongu_trade_rooms_diverged_total',
    help: 'Rooms that were found different from their product',
  });
  const refusedStreams = metrics.counter({
    name: 'gongu_trade_event_streams_refused_total',
    help: 'Streams of live events that were refused, because there are as many as may be',
  });
  // One question for the three gauges of a scrape: they are read in one go.
  let asked: ReturnType<typeof backlog> | null = null;
  const ofBacklog = (name: string, help: string, value: (found: Awaited<ReturnType<typeof backlog>>) => number) =>
    metrics.gauge({
      name,
      help,
      async collect(gauge) {
        asked ??= backlog().finally(() => {
          asked = null;
        });
        // The other metrics are worth having while the database is away.
        const found = await asked.catch(() => null);
        if (found !== null) gauge.set(value(found));
      },
    });
  ofBacklog('gongu_trade_outbox_depth', 'Entries that chat has not taken', ({ depth }) => depth);
  ofBacklog(
    'gongu_trade_outbox_parked',
    'Entries that chat refused for good; each blocks its room',
    ({ parked }) => parked,
  );
  ofBacklog(
    'gongu_trade_outbox_oldest_age_seconds',
    'Age of the oldest entry that chat has not taken',
    ({ oldestAgeMs }) => (oldestAgeMs ?? 0) / 1_000,
  );
  const differing = metrics.gauge({
    name: 'gongu_trade_rooms_diverged',
    help: 'Rooms that differed from their product in the last comparison',
  });
  const comparedAt = metrics.gauge({
    name: 'gongu_trade_compared_timestamp_seconds',
    help: 'When products were last compared with their rooms, in seconds since the epoch',
  });
  metrics.gauge({
    name: 'gongu_trade_event_streams',
    help: 'Open streams of GET /api/products/events',
    collect: (gauge) => gauge.set(listeners()),
  });
  return {
    webhookAttempt: (outcome: 'delivered' | 'retry' | 'gone') => webhookAttempts({ outcome }),
    attempted: (outcome: Delivery['kind']) => attempts({ outcome }),
    diverged: () => diverged.inc(),
    streamRefused: () => refusedStreams.inc(),
    compared(rooms: number): void {
      differing.set(rooms);
      comparedAt.setToCurrentTime();
    },
  };
}
export type TradeMetrics = ReturnType<typeof createTradeMetrics>;
