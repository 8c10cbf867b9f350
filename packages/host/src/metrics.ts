import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

interface MetricOptions<Label extends string> {
  /** Full name, with its unit and, for counters, `_total`. */
  name: string;
  help: string;
  /** Names of labels. Their values must be few: never a user or a room. */
  labels?: readonly Label[];
}

/** Labels, and of each all values that it can have. */
type KnownValues = Readonly<Record<string, readonly string[]>>;

interface TallyOptions<Values extends KnownValues> {
  /** Full name, ending in `_total`. */
  name: string;
  help: string;
  values: Values;
}

/** Adds `by` (default 1) to one series of a {@link Metrics.tally}. */
export type Tally<Values extends KnownValues> = (
  labels: { readonly [Label in keyof Values]: Values[Label][number] },
  by?: number,
) => void;

/** The metrics of one process. */
export interface Metrics {
  registry: Registry;
  /**
   * A counter of which every series is there from the start, with 0: what a series holds in its first sample is no
   * growth to Prometheus, so an alert would not see the burst with which a series begins.
   */
  tally<const Values extends KnownValues>(options: TallyOptions<Values>): Tally<Values>;
  /** For a counter without labels; with labels whose values are known, {@link Metrics.tally}. */
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
    tally({ values, ...rest }) {
      const counter = new Counter({ ...rest, labelNames: Object.keys(values), registers });
      for (const labels of combinations(values)) counter.inc(labels, 0);
      return (labels, by = 1) => counter.inc(labels, by);
    },
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

function combinations(values: KnownValues): Record<string, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [label, each] of Object.entries(values)) {
    all = all.flatMap((labels) => each.map((value) => ({ ...labels, [label]: value })));
  }
  return all;
}
