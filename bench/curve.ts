import { AIMS, CURVE_AIM, meets } from './aims.ts';
import type { Chat } from './chat.ts';
import { FIGURES } from './figures.ts';
import { show, table } from './markdown.ts';
import type { Result } from './measure.ts';
import { median } from './median.ts';
import { boundOf, ratiosOf, verdictOf } from './ratios.ts';
import type { Scenario } from './scenarios.ts';
import type { Subject } from './subject.ts';

/** A way to set how far writes to a busy room are apart. */
interface Setting {
  readonly name: string;
  readonly kind: 'as it ships' | 'fixed' | 'by load';
  readonly env: Readonly<Record<string, string>>;
}

const SETTINGS: readonly Setting[] = [
  { name: 'as it ships', kind: 'as it ships', env: {} },
  ...[0, 10, 20, 40, 100].map(
    (ms): Setting => ({ kind: 'fixed', ...named({ ROOM_WRITE_MS: `${ms}`, ROOM_WRITE_LOAD: '0' }) }),
  ),
  ...[0.3, 0.4, 0.5, 0.6].map(
    (load): Setting => ({ kind: 'by load', ...named({ ROOM_WRITE_MS: '100', ROOM_WRITE_LOAD: `${load}` }) }),
  ),
];

function named(env: Readonly<Record<string, string>>) {
  return {
    env,
    name: Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  };
}

/**
 * Chat in each setting, with a database of its own, as all of them run at once; in the middle of them the peers, so that
 * none is far away.
 */
export function curveSubjects(chat: Chat, peers: readonly Subject[]): Subject[] {
  const ours = SETTINGS.map(({ name, env }, i) => chat.variant(nameOf(name), { env, database: `curve_${i}` }));
  const half = ours.length >> 1;
  return [...ours.slice(0, half), ...peers, ...ours.slice(half)];
}

const nameOf = (setting: string) => `chat, ${setting}`;

/** What latency costs: of each setting deliveries per CPU-second, beside `ws`, and percentiles. */
export function curveTable(scenario: Scenario, results: readonly Result[]): string {
  const [perCpu] = FIGURES['fan-out']!;
  const ws = results.find(({ subject }) => subject.label === 'ws');
  const others = results.filter((result) => result !== ws);
  const rows = [...others, ...(ws ? [ws] : [])].map((result) => {
    const steps = result.fixed.flatMap(({ steps: [first] }) => first ?? []);
    const ratios = ws && result !== ws ? ratiosOf(perCpu!, result, ws) : [];
    const p50 = steps.map(({ lat_ms }) => lat_ms.p50);
    return [
      result.subject.name,
      show(steps.map((step) => step.per_server_cpu_s)),
      show(ratios, 2),
      show(p50, 1),
      show(
        steps.map(({ lat_ms }) => lat_ms.p99),
        1,
      ),
      aimOf(
        SETTINGS.find(({ name }) => result.subject.name === nameOf(name)),
        ratios,
        p50,
      ),
    ];
  });
  const head = [
    'server',
    `deliveries per CPU-second at ${scenario.rate} messages/s`,
    'ratio to ws',
    'p50 ms',
    'p99 ms',
    'aim',
  ];
  return table(head, rows);
}

function aimOf(setting: Setting | undefined, ratios: readonly number[], p50: readonly number[]): string {
  if (setting?.kind === 'as it ships') {
    const aim = AIMS.find(({ scenario, to }) => scenario === 's1a' && to === 'ws')!;
    return `${boundOf(aim)}: ${verdictOf(aim, ratios)}`;
  }
  if (setting?.kind !== 'by load') return '–';
  const aim = { bound: 'at least', value: CURVE_AIM.ratio } as const;
  const fast = { bound: 'at most', value: CURVE_AIM.p50Ms } as const;
  const wanted = `${boundOf(aim)}, p50 ${boundOf(fast)} ms`;
  if (ratios.length === 0) return `${wanted}: not measured`;
  return `${wanted}: ${meets(aim, median(ratios)) && meets(fast, median(p50)) ? 'reached' : 'not reached'}`;
}
