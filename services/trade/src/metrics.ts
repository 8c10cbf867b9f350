import type { Metrics } from '@gongu/host';

export interface TradeMetricsOptions {
  backlog: () => Promise<{ depth: number; parked: number; oldestAgeMs: number | null }>;
  /** Open event streams. */
  listeners: () => number;
}

/** Trade's own metrics; what they mean stands in their help texts. */
export function tradeMetrics(metrics: Metrics, { backlog, listeners }: TradeMetricsOptions) {
  const attempts = metrics.counter({
    name: 'gongu_trade_outbox_attempts_total',
    help: 'Deliveries to chat by outcome: delivered, retry, refused (parked), unreachable',
    labels: ['outcome'],
  });
  const diverged = metrics.counter({
    name: 'gongu_trade_rooms_diverged_total',
    help: 'Rooms that were found different from their product',
  });
  const parked = metrics.gauge({
    name: 'gongu_trade_outbox_parked',
    help: 'Entries that chat refused for good; each blocks its room',
  });
  const age = metrics.gauge({
    name: 'gongu_trade_outbox_oldest_age_seconds',
    help: 'Age of the oldest entry that chat has not taken',
  });
  metrics.gauge({
    name: 'gongu_trade_outbox_depth',
    help: 'Entries that chat has not taken',
    async collect(depth) {
      // The other metrics are worth having while the database is away.
      const found = await backlog().catch(() => null);
      if (found === null) return;
      depth.set(found.depth);
      parked.set(found.parked);
      age.set((found.oldestAgeMs ?? 0) / 1_000);
    },
  });
  metrics.gauge({
    name: 'gongu_trade_event_streams',
    help: 'Open streams of GET /api/products/events',
    collect: (gauge) => gauge.set(listeners()),
  });
  return {
    attempted: (_: unknown, outcome: string) => attempts.inc({ outcome }),
    diverged: () => diverged.inc(),
  };
}
