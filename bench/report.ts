import type { ChangesResult } from './changes.ts';
import { curveTable } from './curve.ts';
import type { Measurement, Step } from './generator.ts';
import { harnessNote } from './harness.ts';
import type { HistoryResult } from './history.ts';
import type { ListResult } from './list.ts';
import { show, table } from './markdown.ts';
import { type Result, reached } from './measure.ts';
import { ratioTable } from './ratios.ts';
import { type ReadsResult, STATEMENT_KINDS } from './reads.ts';
import type { Scenario } from './scenarios.ts';
import type { SealingResult } from './sealing.ts';
import type { SearchResult } from './search.ts';

/** A section of the report: a heading, a table of figures, one of ratios, and what is to be known about them. */
export function section(name: string, scenario: Scenario, results: readonly Result[]): string {
  const rows: Record<Scenario['kind'], () => string> = {
    'fan-out': () => fanOut(scenario, results),
    idle: () => idle(results),
    latency: () => latency(results),
    ingest: () => ingest(results),
    curve: () => curveTable(scenario, results),
    history: () => '',
    list: () => '',
    search: () => '',
    changes: () => '',
    sealing: () => '',
    reads: () => '',
  };
  const failed = results.flatMap(({ subject, failure }) => (failure === null ? [] : [`- ${subject.name}: ${failure}`]));
  const parts = [
    rows[scenario.kind](),
    ratioTable(name, scenario, results),
    harnessNote(scenario, results),
    failed.join('\n'),
  ];
  return `### ${name}: ${scenario.title}\n\n${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

export function historySection(scenario: Scenario, results: readonly HistoryResult[]): string {
  return `### history: ${scenario.title}\n\n${table(
    ['messages in the room', 'requests/s', 'p50 ms', 'p99 ms'],
    results.map(({ messages, latency: { p50Ms, p99Ms } }) => [
      show([messages]),
      String(scenario.rate),
      show([p50Ms], 2),
      show([p99Ms], 2),
    ]),
  )}\n`;
}

export function listSection(scenario: Scenario, results: readonly ListResult[]): string {
  return `### list: ${scenario.title}\n\n${table(
    ['what', 'messages', 'tasks over 50 ms', 'longest, ms', 'p99 between frames, ms'],
    results.map(({ what, messages, longTasks, longestMs, frameP99Ms }) => [
      what,
      show([messages]),
      String(longTasks),
      show([longestMs]),
      show([frameP99Ms]),
    ]),
  )}\n`;
}

export function searchSection(
  scenario: Scenario,
  { indexedPerSecond, kinds }: { readonly indexedPerSecond: number; readonly kinds: readonly SearchResult[] },
): string {
  return `### search: ${scenario.title}\n\n${table(
    ['what is looked for', 'searches/s', 'p50 ms', 'p99 ms'],
    kinds.map(({ what, latency: { p50Ms, p99Ms } }) => [
      what,
      String(scenario.rate),
      show([p50Ms], 2),
      show([p99Ms], 2),
    ]),
  )}\n\nThe room was indexed by ${show([indexedPerSecond])} messages a second.\n`;
}

export function changesSection(scenario: Scenario, results: readonly ChangesResult[]): string {
  return `### changes: ${scenario.title}\n\n${table(
    ['what', 'ms', 'to a message'],
    results.map(({ what, ms, ratios }) => [what, show([ms], 2), show(ratios, 2)]),
  )}\n`;
}

export function sealingSection(scenario: Scenario, { alone, beside, kept }: SealingResult): string {
  return `### sealing: ${scenario.title}\n\n${table(
    ['rows/s, nobody writes', 'rows/s beside s5', 's5 to s5 without sealing'],
    [[show([alone]), show(beside), show(kept, 2)]],
  )}\n`;
}

export function readsSection(scenario: Scenario, results: readonly ReadsResult[]): string {
  const kinds = STATEMENT_KINDS.filter((kind) => results.some(({ counts }) => counts[kind] > 0));
  return `### reads: ${scenario.title}\n\n${table(
    ['what', ...kinds],
    results.map(({ what, counts }) => [what, ...kinds.map((kind) => String(counts[kind]))]),
  )}\n`;
}

const firsts = (measured: readonly Measurement[]) => measured.flatMap(({ steps }) => steps.slice(0, 1));

function fanOut(scenario: Scenario, results: readonly Result[]): string {
  return table(
    [
      'server',
      `deliveries per CPU-second at ${show([scenario.rate])} messages/s`,
      'p50 ms',
      'p99 ms',
      'most deliveries/s with p99 < 100 ms',
      'p99 ms there',
      'per CPU-second there',
    ],
    results.map(({ subject, fixed, rising }) => {
      const steps = firsts(fixed);
      const best = rising.flatMap((list) => list.filter(reached).slice(-1));
      return [
        subject.name,
        show(steps.map((step) => step.per_server_cpu_s)),
        ...percentiles(steps),
        show(best.map((step) => step.delivered_per_s)),
        show(
          best.map((step) => step.lat_ms.p99),
          1,
        ),
        show(best.map((step) => step.per_server_cpu_s)),
      ];
    }),
  );
}

function percentiles(steps: readonly Step[]): [string, string] {
  const of = (p: 'p50' | 'p99') =>
    show(
      steps.map((step) => step.lat_ms[p]),
      1,
    );
  return [of('p50'), of('p99')];
}

function idle(results: readonly Result[]): string {
  const row = (name: string, measured: readonly Measurement[], memory: boolean) => [
    name,
    memory
      ? show(
          measured.map(({ connect }) => connect.anon_kb_per_conn),
          1,
        )
      : '–',
    show(measured.map(({ connect }) => connect.per_s)),
    show(measured.map(({ connect }) => connect.per_server_cpu_s)),
  ];
  return table(
    ['server', 'KiB a connection', 'joined per second', 'joined per CPU-second'],
    results.flatMap(({ subject, fixed, returned }) => [
      row(returned.length > 0 ? `${subject.name}, new members` : subject.name, fixed, true),
      ...(returned.length > 0 ? [row(`${subject.name}, members that come back`, returned, false)] : []),
    ]),
  );
}

function latency(results: readonly Result[]): string {
  return table(
    ['server', 'p50 ms', 'p99 ms', 'server CPU %'],
    results.map(({ subject, fixed }) => {
      const steps = firsts(fixed);
      const busy = steps.map((step) => (step.procs.server?.util ?? 0) * 100);
      return [subject.name, ...percentiles(steps), show(busy, 1)];
    }),
  );
}

function ingest(results: readonly Result[]): string {
  return table(
    ['server', 'acknowledged/s', 'p50 ms', 'p99 ms', 'per CPU-second', 'server CPU %', 'PostgreSQL CPU %'],
    results
      .filter(({ fixed }) => fixed.length > 0)
      .map(({ subject, fixed }) => {
        const steps = firsts(fixed);
        const percent = (name: string) => show(steps.map((step) => (step.procs[name]?.util ?? 0) * 100));
        return [
          subject.name,
          show(steps.map((step) => step.acked_per_s ?? 0)),
          show(
            steps.map((step) => step.ack_ms?.p50 ?? 0),
            1,
          ),
          show(
            steps.map((step) => step.ack_ms?.p99 ?? 0),
            1,
          ),
          show(steps.map((step) => step.acked_per_server_cpu_s ?? 0)),
          percent('server'),
          percent('pg'),
        ];
      }),
  );
}
