import { StartError } from '@gongu/host';
import { numberOption, readOptions } from '@gongu/testkit';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';

export const USAGE = `pnpm bench [scenario ...] [--repeats N] [--no-peers] [--no-max] [--report FILE] [--profile DIR]

Measures chat beside a limit and a peer, in one run: the server on CPU 0, everything else (generator, PostgreSQL with
fsync, Redis) on CPU 1. Prints Markdown on standard output, progress on standard error. Needs Linux, two CPUs, a C
compiler and, for s4a, s4b and reads, a Redis on the PATH.

${Object.entries(SCENARIOS)
  .map(([name, { title }]) => `  ${name.padEnd(10)}${title}`)
  .join('\n')}

  --repeats N     of each measurement; the tables show the median (default 3)
  --no-peers      chat alone
  --no-max        only the fixed rates, not the search for the highest one
  --report FILE   writes the report to a file as well
  --profile DIR   writes a CPU profile of chat there, one for each scenario
`;

export interface BenchArguments {
  readonly scenarios: readonly ScenarioName[];
  readonly repeats: number;
  readonly peers: boolean;
  /** Whether to search for the highest rate of fan-out. */
  readonly max: boolean;
  readonly report: string | null;
  readonly profile: string | null;
}

/** @throws StartError naming what is wrong with an argument. Null: help is asked for */
export function readArguments(args: readonly string[]): BenchArguments | null {
  const options = {
    repeats: { type: 'string', default: '3' },
    'no-peers': { type: 'boolean', default: false },
    'no-max': { type: 'boolean', default: false },
    report: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, positionals } = readOptions({ options, args: [...args], allowPositionals: true }, USAGE);
  if (values.help) return null;
  const unknown = positionals.find((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown !== undefined) throw new StartError(`no scenario "${unknown}"\n\n${USAGE}`);
  const repeats = numberOption('repeats', values.repeats, { min: 1, max: 20, whole: true });
  const scenarios = positionals.length > 0 ? positionals : Object.keys(SCENARIOS);
  return {
    scenarios: scenarios as ScenarioName[],
    repeats,
    peers: !values['no-peers'],
    max: !values['no-max'],
    report: values.report ?? null,
    profile: values.profile ?? null,
  };
}
