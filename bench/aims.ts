import type { ScenarioName } from './scenarios.ts';
import type { SubjectLabel } from './subject.ts';

/** What is to be reached. */
export interface Aim {
  readonly scenario: ScenarioName;
  /** A name of figures.ts. */
  readonly figure: string;
  /** To which peer of the same run the ratio is; null: the aim is the figure itself. */
  readonly to: SubjectLabel | null;
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

const perCpu = 'deliveries per CPU-second';

/** All aims. A ratio is chat's figure over the peer's, of repeats next to each other. */
export const AIMS: readonly Aim[] = [
  { scenario: 's1a', figure: perCpu, to: 'ws', bound: 'at least', value: 2 },
  { scenario: 's1b', figure: perCpu, to: 'ws', bound: 'at least', value: 1 },
  { scenario: 's2', figure: 'members that come back joined per second', to: 'ws', bound: 'at least', value: 0.6 },
  { scenario: 's2', figure: 'new members joined per second', to: 'ws', bound: 'at least', value: 0.35 },
  { scenario: 's2', figure: 'KiB a connection', to: null, bound: 'at most', value: 9 },
  { scenario: 's3', figure: 'p50 ms', to: 'Spring, jdbc', bound: 'at most', value: 1 },
  // 0.6 of what 0.1 took, which was 4.5 of ws.
  { scenario: 's3', figure: 'p50 ms', to: 'ws', bound: 'at most', value: 2.7 },
  { scenario: 's4b', figure: perCpu, to: 'ws over Redis', bound: 'at least', value: 1 },
  { scenario: 's5', figure: 'acknowledged/s', to: 'INSERT peer', bound: 'at least', value: 2.5 },
];

/** Of the curve: one of the settings that go by load has both, a ratio of deliveries per CPU-second to ws and a p50. */
export const CURVE_AIM = { ratio: 1.5, p50Ms: 10 } as const;

/** Of webhooks: p99 from what happened to an endpoint that answers, milliseconds. */
export const WEBHOOKS_AIM = { bound: 'at most', value: 2_000 } as const;

export function meets({ bound, value }: Pick<Aim, 'bound' | 'value'>, found: number): boolean {
  return bound === 'at least' ? found >= value : found <= value;
}
