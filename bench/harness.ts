import type { Use } from './generator.ts';
import { keptUp, type Result } from './measure.ts';
import type { Scenario } from './scenarios.ts';

/** Of a CPU: from here on, what is beside the server limits as well. */
const FULL = 0.95;
/** Of the server's CPU: what others may take of it before a figure is not only the server's. */
const DISTURBED = 0.05;

interface Taken {
  readonly generator: number;
  /** With PostgreSQL and Redis, all on one CPU. */
  readonly beside: number;
  /** What neither the server nor idleness took of its CPU: the kernel, subjects that wait for their turn, guests. */
  readonly others: number;
  /** What the host kept of it. */
  readonly steal: number;
  readonly lateMs: number;
}

/**
 * Whether the measurement was of the server and not of what is around it: the greatest of all repeats, and a line for each
 * subject whose figures are not its own.
 */
export function harnessNote({ kind }: Scenario, results: readonly Result[]): string {
  const all = results.map(({ subject, fixed, returned }) => {
    const runs = [...fixed, ...returned];
    // Of who only stays, the time that counts is that of joining.
    const uses = kind === 'idle' ? runs.map(({ connect }) => connect.during) : runs.flatMap(({ steps }) => steps);
    const short = runs.flatMap(({ steps }) => steps).filter((step) => !keptUp(step));
    const parts = short.map(({ got, expected }) => got / expected);
    return { subject, worst: worstOf(uses.map(takenOf)), arrived: Math.min(1, ...parts) };
  });
  const { generator, beside, others, steal, lateMs } = worstOf(all.map(({ worst }) => worst));
  const late = kind === 'idle' ? '' : `, and was at most ${lateMs.toFixed(1)} ms late`;
  const notes = all.flatMap(({ subject: { name }, worst, arrived }) => [
    ...(arrived < 1 ? [`- ${name}: only ${percent(arrived)} of what was sent arrived in time to count`] : []),
    ...(worst.beside > FULL
      ? [`- ${name}: the generator's CPU was full, so the figure may be a limit of the harness`]
      : []),
    ...(worst.others > DISTURBED ? [`- ${name}: others took ${percent(worst.others)} of the server's CPU`] : []),
  ]);
  return [
    `Harness, at most: the generator took ${percent(generator)} of its CPU${late}; with PostgreSQL and Redis it was ` +
      `${percent(beside)}. Others took ${percent(others)} of the server's CPU, the host ${percent(steal)}.`,
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

function takenOf(use: Use & { readonly late_max_ms?: number }): Taken {
  const { gen_util: generator, procs, cpu, late_max_ms: lateMs = 0 } = use;
  const of = (name: string) => procs[name]?.util ?? 0;
  return {
    generator,
    beside: generator + of('pg') + of('redis'),
    others: cpu ? Math.max(0, cpu.busy - of('server')) : 0,
    steal: cpu?.steal ?? 0,
    lateMs,
  };
}

function worstOf(all: readonly Taken[]): Taken {
  const greatest = (of: (taken: Taken) => number) => Math.max(0, ...all.map(of));
  return {
    generator: greatest(({ generator }) => generator),
    beside: greatest(({ beside }) => beside),
    others: greatest(({ others }) => others),
    steal: greatest(({ steal }) => steal),
    lateMs: greatest(({ lateMs }) => lateMs),
  };
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`;
}
