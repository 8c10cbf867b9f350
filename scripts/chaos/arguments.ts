import { parseArgs } from 'node:util';
import { StartError } from '@gongu/host';

export const USAGE = `pnpm chaos [--seed N] [--minutes M] [--clients C] [--instances I] [--report FILE]

Starts a system of its own, lets clients of every protocol talk and buy in it while things are killed, frozen, cut and
slowed down, and checks every client's history against what every guarantee says (docs/guarantees.md). Prints a report
as Markdown on standard output (progress goes to standard error). Ends with 1 when a guarantee was broken; then logs and
histories are kept in a folder that the report names.

  --seed N       decides everything that is left to chance: the same seed, the same schedule (default: a new one)
  --minutes M    how long things break, from 0.1 to 1440 (default 5); starting, healing and checking come on top
  --clients C    clients that stay all the time, from 24 to 1000 (default 108); those of the products on sale come on top
  --instances I  chat instances, 2 or 3 (default 3)
  --report FILE  writes the report to a file as well
`;

export interface ChaosArguments {
  readonly seed: number;
  readonly minutes: number;
  readonly clients: number;
  readonly instances: number;
  readonly report: string | null;
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
    help: { type: 'boolean', short: 'h' },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    values = parseArgs({ options, args: [...args] }).values;
  } catch (cause) {
    throw new StartError(`${(cause as Error).message}\n\n${USAGE}`, { cause });
  }
  if (values.help) return null;
  return {
    seed: number('seed', values.seed ?? String(newSeed()), 0, 2 ** 32 - 1, true),
    minutes: number('minutes', values.minutes ?? '5', 0.1, 1_440, false),
    clients: number('clients', values.clients ?? '108', 24, 1_000, true),
    instances: number('instances', values.instances ?? '3', 2, 3, true),
    report: values.report ?? null,
  };
}

function number(name: string, given: string, min: number, max: number, whole: boolean): number {
  const value = given.trim() === '' ? Number.NaN : Number(given);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new StartError(`--${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, not "${given}"`);
}
