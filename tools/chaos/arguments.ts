import { numberOption, readOptions } from '@gongu/testkit';

export const USAGE = `pnpm chaos [--seed N] [--minutes M] [--clients C] [--instances I] [--report FILE] [--evidence FILE]

Starts a system of its own, lets clients of every protocol talk and buy in it while things are killed, frozen, cut and
slowed down, and checks every client's history against what every guarantee says (docs/guarantees.md). Prints a report
as Markdown on standard output (progress goes to standard error). Ends with 1 when a guarantee was broken. A run that
failed, or did not settle in time, is kept in a file, which its last line names: report, versions, schedule, what
happened when, histories, the last texts of each client, the final state and the logs, as JSON lines.

  --seed N         decides everything that is left to chance: the same seed, the same schedule (default: a new one)
  --minutes M      how long things break, from 0.1 to 1440 (default 5); starting, healing and checking come on top
  --clients C      clients that stay all the time, from 24 to 1000 (default 108); those of the products on sale come on top
  --instances I    chat instances, 2 or 3 (default 3)
  --report FILE    writes the report to a file as well
  --evidence FILE  where a run that failed is kept (default: DATA_DIR/chaos-evidence/seed-N-TIME.jsonl)
`;

export interface ChaosArguments {
  readonly seed: number;
  readonly minutes: number;
  readonly clients: number;
  readonly instances: number;
  readonly report: string | null;
  /** Null: the default. */
  readonly evidence: string | null;
}

/** @param newSeed asked where none is given @throws StartError naming what is wrong with an argument. Null: help is asked for */
export function readArguments(args: readonly string[], newSeed: () => number): ChaosArguments | null {
  const text = { type: 'string' } as const;
  const options = {
    seed: text,
    minutes: text,
    clients: text,
    instances: text,
    report: text,
    evidence: text,
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = readOptions({ options, args: [...args] }, USAGE);
  if (values.help) return null;
  return {
    seed: numberOption('seed', values.seed ?? String(newSeed()), { min: 0, max: 2 ** 32 - 1, whole: true }),
    minutes: numberOption('minutes', values.minutes ?? '5', { min: 0.1, max: 1_440, whole: false }),
    clients: numberOption('clients', values.clients ?? '108', { min: 24, max: 1_000, whole: true }),
    instances: numberOption('instances', values.instances ?? '3', { min: 2, max: 3, whole: true }),
    report: values.report ?? null,
    evidence: values.evidence ?? null,
  };
}
