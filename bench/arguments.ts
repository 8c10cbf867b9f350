import { StartError } from '@gongu/host';
import { numberOption, readOptions } from '@gongu/testkit';
import { readEnvironment } from './environment.ts';
import { FIGURES } from './figures.ts';
import { MORE_PEERS, type MorePeerName } from './more-peers/more-peers.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';

/** What `--against` compares when no scenario is named: each kind once, within half an hour. */
const COMPARED: readonly ScenarioName[] = ['s1a', 's1b', 's3', 's5'];

export const USAGE = `pnpm bench [scenario ...] [--repeats N] [--peers NAMES] [--no-peers] [--no-max] [--env NAME=VALUE]
           [--report FILE] [--profile DIR]
pnpm bench [scenario ...] --against COMMIT [--pairs N] [--seconds N] [--env NAME=VALUE] [--report FILE]

Measures chat beside a limit and a peer, in one run, their repeats interleaved: the server on CPU 0, everything else
(generator, PostgreSQL with fsync, Redis) on CPU 1. Prints Markdown on standard output, with chat's ratio to each peer
beside what is aimed at, and progress on standard error. Needs Linux, two CPUs, a C compiler and, for s4a, s4b and
reads, a Redis on the PATH.

${Object.entries(SCENARIOS)
  .map(([name, { title }]) => `  ${name.padEnd(10)}${title}`)
  .join('\n')}

  --repeats N     of each measurement; the tables show the median (default 3)
  --peers NAMES   further peers, where the machine has what builds them: ${Object.entries(MORE_PEERS)
    .map(([name, { needs }]) => `${name} (${needs.join(', ')})`)
    .join(', ')}
  --no-peers      chat alone
  --no-max        only the fixed rates, not the search for the highest one
  --report FILE   writes the report to a file as well
  --profile DIR   writes a CPU profile of chat there, one for each scenario
  --env NAME=VALUE  in chat's environment, and with --against in that of this tree's chat only; repeatable. Texts are stored
                    clear, unless it is CONTENT_ENCRYPTION=on: with --against HEAD it says what sealing costs

  --against COMMIT  builds that commit as well and compares this tree with it, in interleaved pairs of runs: of each
                    figure the median of the ratios, with a 90 % interval (default: ${COMPARED.join(' ')})
  --pairs N         of runs in each scenario (default 10; an interval needs 5)
  --seconds N       that are measured of each run, in turns of 2 s (default 6)
`;

export interface AgainstArguments {
  readonly commit: string;
  readonly pairs: number;
  readonly seconds: number;
}

export interface BenchArguments {
  readonly scenarios: readonly ScenarioName[];
  readonly repeats: number;
  readonly peers: boolean;
  /** Further peers. */
  readonly morePeers: readonly MorePeerName[];
  /** Further environment of chat. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether to search for the highest rate of fan-out. */
  readonly max: boolean;
  readonly report: string | null;
  readonly profile: string | null;
  /** The commit to compare with; null: chat is compared with its peers. */
  readonly against: AgainstArguments | null;
}

/** @throws StartError naming what is wrong with an argument. Null: help is asked for */
export function readArguments(args: readonly string[]): BenchArguments | null {
  const options = {
    repeats: { type: 'string' },
    peers: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    'no-max': { type: 'boolean', default: false },
    report: { type: 'string' },
    profile: { type: 'string' },
    env: { type: 'string', multiple: true },
    against: { type: 'string' },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, positionals } = readOptions({ options, args: [...args], allowPositionals: true }, USAGE);
  if (values.help) return null;
  const unknown = positionals.find((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown !== undefined) throw new StartError(`no scenario "${unknown}"\n\n${USAGE}`);
  const repeats = numberOption('repeats', values.repeats ?? '3', { min: 1, max: 20, whole: true });
  const against = readAgainst(values, positionals);
  const scenarios = positionals.length > 0 ? positionals : against ? COMPARED : Object.keys(SCENARIOS);
  return {
    scenarios: scenarios as ScenarioName[],
    repeats,
    peers: !values['no-peers'],
    morePeers: readMorePeers(values.peers, values['no-peers']),
    env: readEnvironment(values.env ?? []),
    max: !values['no-max'],
    report: values.report ?? null,
    profile: values.profile ?? null,
    against,
  };
}

/** What goes only with `--against`, and what does not. */
const ONLY_AGAINST = ['pairs', 'seconds'] as const;
const NOT_AGAINST = ['repeats', 'peers', 'no-peers', 'no-max', 'profile'] as const;

type Values = Readonly<Partial<Record<string, string | boolean | readonly string[]>>>;

function readMorePeers(given: string | undefined, none: boolean): MorePeerName[] {
  if (given === undefined) return [];
  if (none) throw new StartError('--peers does not go with --no-peers');
  const names = given.split(',');
  const unknown = names.find((name) => !Object.hasOwn(MORE_PEERS, name));
  if (unknown !== undefined)
    throw new StartError(`no peer "${unknown}": there are ${Object.keys(MORE_PEERS).join(', ')}`);
  return [...new Set(names as MorePeerName[])];
}

function readAgainst(values: Values, scenarios: readonly string[]): AgainstArguments | null {
  const { against: commit, pairs = '10', seconds = '6' } = values as Readonly<Record<string, string | undefined>>;
  const stray = (commit === undefined ? ONLY_AGAINST : NOT_AGAINST).find((name) => values[name]);
  if (stray) throw new StartError(`--${stray} does not go ${commit === undefined ? 'without' : 'with'} --against`);
  if (commit === undefined) return null;
  const alone = scenarios.find((name) => !FIGURES[SCENARIOS[name as ScenarioName].kind]);
  if (alone) throw new StartError(`${alone} is not made of runs that could be paired: --against does not know it`);
  return {
    commit,
    pairs: numberOption('pairs', pairs, { min: 1, max: 50, whole: true }),
    seconds: numberOption('seconds', seconds, { min: 1, max: 120, whole: false }),
  };
}
