import type { Measurement, Step } from './generator.ts';
import type { Scenario } from './scenarios.ts';

/** A number that a run of a scenario gives. */
export interface Figure {
  readonly name: string;
  readonly better: 'more' | 'less';
  /** Digits behind the point. */
  readonly digits: number;
  /** Whether the report shows its ratio to each peer. */
  readonly compared: boolean;
  /** From the measurements of a run: one, or in the idle scenario that of new members and that of those who come back. */
  of(run: readonly Measurement[]): number | undefined;
}

type OfStep = (step: Step) => number | undefined;

const ofStep = (name: string, better: Figure['better'], digits: number, of: OfStep): Figure => ({
  ...{ name, better, digits, compared: true },
  of: ([measured]) => mean(measured?.steps.flatMap((step) => of(step) ?? []) ?? []),
});

/** Of a run's turns: undefined where it had none. */
function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const aside = (figure: Figure): Figure => ({ ...figure, compared: false });

const latencies = (of: (step: Step) => Step['ack_ms']) => [
  ofStep('p50 ms', 'less', 2, (step) => of(step)?.p50),
  aside(ofStep('p99 ms', 'less', 1, (step) => of(step)?.p99)),
];

const joined = (who: string, turn: 0 | 1): Figure[] => {
  const of = (name: string, value: (connect: Measurement['connect']) => number, compared: boolean): Figure => ({
    ...{ name: `${who} ${name}`, better: 'more', digits: 0, compared },
    of: (run) => run[turn] && value(run[turn].connect),
  });
  return [
    of('joined per second', ({ per_s }) => per_s, true),
    of('joined per CPU-second', ({ per_server_cpu_s }) => per_server_cpu_s, false),
  ];
};

/** What is compared, by the scenario's kind. Kinds that are not here are no runs of the load generator. */
export const FIGURES: Readonly<Partial<Record<Scenario['kind'], readonly Figure[]>>> = {
  'fan-out': [
    ofStep('deliveries per CPU-second', 'more', 0, (step) => step.per_server_cpu_s),
    aside(ofStep('deliveries per CPU-second outside the kernel', 'more', 0, (step) => step.per_server_user_s)),
    ...latencies((step) => step.lat_ms),
  ],
  idle: [
    {
      ...{ name: 'KiB a connection', better: 'less', digits: 1, compared: true },
      of: ([first]) => first?.connect.anon_kb_per_conn,
    },
    ...joined('new members', 0),
    ...joined('members that come back', 1),
  ],
  latency: [
    ...latencies((step) => step.lat_ms),
    aside(ofStep('server CPU %', 'less', 1, (step) => step.procs.server && step.procs.server.util * 100)),
  ],
  ingest: [
    ofStep('acknowledged/s', 'more', 0, (step) => step.acked_per_s),
    ...latencies((step) => step.ack_ms),
    aside(ofStep('acknowledged per CPU-second', 'more', 0, (step) => step.acked_per_server_cpu_s)),
  ],
};
