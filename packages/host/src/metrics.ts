import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

interface MetricOptions<Label extends string> {
  /** Full name, with its unit and, for counters, `_total`. */
  name: string;
  help: string;
  /** Names of labels. Their values must be few: never a user or a room. */
  labels?: readonly Label[];
}

/** The metrics of one process. */
export interface Metrics {
  registry: Registry;
  counter<Label extends string = never>(options: MetricOptions<Label>): Counter<Label>;
  /** `collect` sets the value whenever somebody looks. */
  gauge<Label extends string = never>(
    options: MetricOptions<Label> & { collect?: (gauge: Gauge<Label>) => void | Promise<void> },
  ): Gauge<Label>;
  /** `buckets` are upper bounds; default: 1 ms to 10 s, in seconds. */
  histogram<Label extends string = never>(
    options: MetricOptions<Label> & { buckets?: readonly number[] },
  ): Histogram<Label>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * A registry of its own, with `service` as a label on everything.
 *
 * @param options.defaults also those of Node: event loop delay, heap, garbage collection. Default true.
 */
export function createMetrics(options: { service: string; defaults?: boolean }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  if (options.defaults ?? true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    counter: ({ labels = [], ...rest }) => new Counter({ ...rest, labelNames: labels, registers }),
    gauge: ({ labels = [], collect, ...rest }) =>
      new Gauge({
        ...rest,
        labelNames: labels,
        registers,
        ...(collect
          ? {
              async collect() {
                await collect(this);
              },
            }
          : {}),
      }),
    histogram: ({ labels = [], buckets = SECONDS, ...rest }) =>
      new Histogram({ ...rest, labelNames: labels, buckets: [...buckets], registers }),
  };
}
