import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository, machine, redisProgram } from '@gongu/testkit';
import { openChat } from '../chat.ts';
import { withEnv } from '../environment.ts';
import type { Generator } from '../generator.ts';
import { leaveServerCpu, loadAverage } from '../machine.ts';
import { IDLE, loadOf, roomsOf, runLoad } from '../measure.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from '../scenarios.ts';
import type { ChatSubject } from '../subject.ts';
import { buildCommit, findCommit } from './commit.ts';
import { comparison } from './comparison.ts';
import { runPairs, type Side } from './pairs.ts';

export interface CompareOptions {
  readonly commit: string;
  readonly scenarios: readonly ScenarioName[];
  readonly pairs: number;
  /** What is measured of each run, after {@link WARM_UP_SECONDS}. */
  readonly seconds: number;
  /** Further environment of this tree's chat only: the commit may not know it, and HEAD shows what a setting does. */
  readonly env: Readonly<Record<string, string>>;
  /** For the commit's tree and for data. */
  readonly folder: string;
  readonly generator: Generator;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

export interface Comparison {
  readonly text: string;
  readonly failures: number;
}

const WARM_UP_SECONDS = 3;
/**
 * A load of its own before the one that is measured. In the first 10 s of a process what joining left of garbage decides
 * when the heap is collected in full, which takes 0.1 s: s1b had p99 20 ms where that fell before the measured seconds and
 * 80 ms where it fell among them, on whichever side.
 */
const FIRST_LOAD_SECONDS = 8;
/** Of a run beside its load: chat starts on an empty database, opens rooms, and drains. */
const AROUND_SECONDS = 4;
const BUILD_SECONDS = 40;
const JOINS_PER_SECOND = 1_000;

/** How long a comparison takes, in seconds, roughly. */
export function estimate({ scenarios, pairs, seconds }: Pick<CompareOptions, 'scenarios' | 'pairs' | 'seconds'>) {
  const runs = scenarios.map((name) => {
    const { kind, connections } = SCENARIOS[name];
    const joining = connections / JOINS_PER_SECOND;
    return (
      AROUND_SECONDS +
      (kind === 'idle' ? 2 * (joining + 4) : 2 * joining + FIRST_LOAD_SECONDS + WARM_UP_SECONDS + seconds)
    );
  });
  return BUILD_SECONDS + 2 * pairs * runs.reduce((sum, run) => sum + run, 0);
}

/**
 * The working tree beside a commit, by pairs of runs. Each run has a process and a database of its own, so that what
 * differs from one start to the next is among what the interval shows.
 *
 * @throws StartError for a commit that can't be found or built
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { scenarios, pairs, seconds, env, folder, generator, signal, say } = options;
  const repository = inRepository();
  const commit = await findCommit(repository, options.commit);
  say(`against ${commit.name}: about ${Math.ceil(estimate(options) / 60)} minutes`);
  const entries: Record<Side, string> = {
    this: 'services/chat/dist/main.mjs',
    that: await buildCommit({ repository, hash: commit.hash, folder: join(folder, 'commit'), signal }),
  };
  const built = hashOf(entries.this);
  leaveServerCpu(); // not before it is built: that takes both
  const parts = [
    `## This tree${withEnv(env)} against ${commit.name}\n`,
    `${machine()}, ${new Date().toISOString().slice(0, 10)}, load average at the start ${loadAverage()}.\n`,
    `${pairs} pairs of runs, interleaved as ABBA, ${seconds} s each. Ratios are this / that, of each pair; the interval of`,
    'their median is by order statistics, interpolated. Inconclusive: it is wider than ±5 %.\n',
  ];
  let failed = 0;
  for (const name of scenarios) {
    const scenario: Scenario = SCENARIOS[name];
    if (scenario.instances === 2 && !redisProgram()) {
      parts.push(`### ${name}: left out, there is no Redis on the PATH\n`);
      continue;
    }
    const chat = await openChat({
      ...{ folder: join(folder, name), redis: scenario.instances === 2, profile: null, statements: false, env: {} },
    });
    try {
      const subjects = {
        that: chat.variant('that', { entry: entries.that }),
        this: chat.variant('this', { env }),
      };
      const found = await runPairs({
        ...{ count: pairs, signal },
        async run(side, label) {
          signal.throwIfAborted();
          if (hashOf(entries.this) !== built) throw new Error('this tree was built anew while it was measured');
          say(`${name}, ${label}`);
          return runOnce({ generator, subject: subjects[side], scenario, say, label: name, seconds });
        },
      });
      failed += found.failures.length;
      parts.push(comparison(name, scenario, found));
    } finally {
      await chat.stop();
    }
  }
  return { text: `${parts.join('\n')}\n`, failures: failed };
}

function hashOf(bundle: string): string {
  return createHash('sha256')
    .update(readFileSync(inRepository(bundle)))
    .digest('hex');
}

interface RunOptions {
  readonly generator: Generator;
  readonly subject: ChatSubject;
  readonly scenario: Scenario;
  readonly say: (text: string) => void;
  readonly label: string;
  readonly seconds: number;
}

async function runOnce(options: RunOptions) {
  const { subject, scenario, label, seconds } = options;
  const running = await subject.start({ ...scenario, rooms: roomsOf(scenario), label });
  try {
    if (scenario.kind === 'idle') {
      return [await runLoad(options, subject, running, IDLE), await runLoad(options, subject, running, IDLE)];
    }
    const load = loadOf(scenario);
    await runLoad(options, subject, running, [...load, '--warmup', '0', '--duration', String(FIRST_LOAD_SECONDS)]);
    const times = ['--warmup', String(WARM_UP_SECONDS), '--duration', String(seconds), '--check'];
    return [await runLoad(options, subject, running, [...load, ...times])];
  } finally {
    await running.stop();
  }
}
