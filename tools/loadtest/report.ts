import { FAULT_KINDS } from '@gongu/sim';
import { type LatencySummary, machine } from '@gongu/testkit';
import type { LoadtestArguments } from './arguments.ts';
import type { Crowd } from './crowd.ts';
import type { Effort } from './effort.ts';
import type { Target } from './target.ts';

export interface ReportOptions {
  readonly args: LoadtestArguments;
  readonly target: Target;
  readonly crowd: Crowd;
  readonly effort: Effort;
  /** Seconds until everybody was connected. */
  readonly connectSeconds: number;
  /** When it was, ISO 8601. */
  readonly at: string;
}

/** How many faults are quoted. */
const QUOTED = 20;

/** What was found, as Markdown. */
export function report({ args, target, crowd, effort, connectSeconds, at }: ReportOptions): string {
  const { shoppers, ledgers, faults, latency } = crowd;
  const sayings = ledgers.flatMap(({ sayings: own }) => [...own.values()]);
  const acknowledged = sayings.filter(({ ack }) => ack !== null).length;
  const sum = (of: (shopper: Crowd['shoppers'][number]) => number) =>
    shoppers.reduce((total, one) => total + of(one), 0);
  const received = latency.receipt.count;
  const rows: [string, string][] = [
    ['clients', `${args.clients} in ${args.rooms === 1 ? 'one room' : `${args.rooms} rooms`}`],
    ['asked for', `${round(args.rate)} messages/s for ${round(args.seconds)} s`],
    ['connected in', `${connectSeconds.toFixed(1)} s (${Math.round(args.clients / connectSeconds)} clients/s)`],
    ['said and acknowledged', `${acknowledged} of ${sayings.length}`],
    ['received live', `${received} (${Math.round(received / effort.seconds)}/s)`],
    ['brought by recoveries', String(sum(({ counts }) => counts.recovered))],
    ['lost connections, all back', String(sum(({ counts }) => counts.losses))],
    ['resynchronised', String(sum(({ counts }) => counts.resyncs))],
    ['sent again', String(sayings.filter(({ sends }) => sends > 1).length)],
    ['cores used', effort.cores.map(({ name, cores }) => `${name} ${cores.toFixed(2)}`).join(', ')],
    ["load generator's own delay (p99)", `${effort.ownDelayP99Ms.toFixed(1)} ms`],
  ];
  return [
    `## Load test, ${at.slice(0, 16).replace('T', ' ')} UTC`,
    '',
    ...target.parts.map((part) => `- ${part}`),
    `- machine: ${machine()}${args.url === null ? ', load generator and services together' : ' (load generator)'}`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '| milliseconds | count | p50 | p90 | p99 | slowest |',
    '|---|--:|--:|--:|--:|--:|',
    times('connect → joined', latency.joined.summary()),
    times('send → ack', latency.ack.summary()),
    times('send → receipt by another client', latency.receipt.summary()),
    '',
    `| ${FAULT_KINDS.join(' | ')} |`,
    `|${'--:|'.repeat(FAULT_KINDS.length)}`,
    `| ${FAULT_KINDS.map((kind) => faults.counts[kind]).join(' | ')} |`,
    '',
    ...faults.list.slice(0, QUOTED).map(({ kind, text }) => `- ${kind}: ${text}`),
    faults.total === 0
      ? 'Nothing was lost, doubled or out of order.'
      : `\n**${faults.total} faults.** Something was lost, doubled or out of order.`,
    '',
  ].join('\n');
}

function times(name: string, { count, p50Ms, p90Ms, p99Ms, maxMs }: LatencySummary): string {
  return `| ${name} | ${count} | ${[p50Ms, p90Ms, p99Ms, maxMs].map((ms) => ms.toFixed(ms < 100 ? 1 : 0)).join(' | ')} |`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
