import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository, machine, redisProgram } from '@gongu/testkit';
import { openChat } from '../chat.ts';
import { withEnv } from '../environment.ts';
import type { Generator } from '../generator.ts';
import { leaveServerCpu, loadAverage } from '../machine.ts';
import { IDLE, loadOf, openLoad, roomsOf, runLoad } from '../measure.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from '../scenarios.ts';
import type { ChatSubject } from '../subject.ts';
import { buildCommit, findCommit } from './commit.ts';
import { comparison } from './comparison.ts';
import { runPairs, type Side } from './pairs.ts';
import { type LoadedSide, oneAfterTheOther, takingTurns } from './runs.ts';

export interface CompareOptions {
  readonly commit: string;
  readonly scenarios: readonly ScenarioName[];
  readonly pairs: number;
  /** What is measured of each run, in turns of {@link TURN_SECONDS}. */
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

/**
 * How long a side has its turn: long enough for CPU times, which are counted in hundredths of a second, and shorter than what
 * a machine's neighbours do. Of two runs of one commit a minute apart one took up to a quarter more CPU for a delivery.
 */
const TURN_SECONDS = 2;
/** Of a turn, before what is measured: a collection of garbage that waited for quiet, the first batch. */
const TURN_WARM_UP_SECONDS = 0.5;
/**
 * A load before the one that is measured. In the first 10 s of a process what joining left of garbage decides when the heap
 * is collected in full, which takes 0.1 s: s1b had p99 20 ms where that fell before the measured seconds and 80 ms where it
 * fell among them, on whichever side.
 */
const FIRST_LOAD_SECONDS = 8;
/** Of a run beside its load: chat starts on an empty database, opens rooms, and drains. */
const AROUND_SECONDS = 4;
const BUILD_SECONDS = 40;
const JOINS_PER_SECOND = 1_000;

/** A turn with what comes late. */
const TURN_AND_BREAK_SECONDS = TURN_WARM_UP_SECONDS + TURN_SECONDS + 0.1;

const WARM_UP_TURNS = FIRST_LOAD_SECONDS / TURN_SECONDS;
const turnsOf = (seconds: number) => Math.ceil(seconds / TURN_SECONDS);

/** How long a comparison takes, in seconds, roughly. */
export function estimate({ scenarios, pairs, seconds }: Pick<CompareOptions, 'scenarios' | 'pairs' | 'seconds'>) {
  const runs = scenarios.map((name) => {
    const { kind, connections } = SCENARIOS[name];
    const joining = connections / JOINS_PER_SECOND;
    return (
      AROUND_SECONDS +
      (kind === 'idle' ? 2 * (joining + 4) : joining + (WARM_UP_TURNS + turnsOf(seconds)) * TURN_AND_BREAK_SECONDS)
    );
  });
  return BUILD_SECONDS + 2 * pairs * runs.reduce((sum, run) => sum + run, 0);
}

/**
 * The working tree beside a commit, by pairs of runs. Each pair has processes and databases of its own, so that what
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
    `${pairs} pairs of runs that take turns as ABBA, ${seconds} s each. Ratios are this / that, of each pair; the interval of`,
    'their median is by order statistics, interpolated. Inconclusive: it is wider than ±5 %.\n',
  ];
  let failed = 0;
  for (const name of scenarios) {
    const scenario: Scenario = SCENARIOS[name];
    if (scenario.instances === 2 && !redisProgram()) {
      parts.push(`### ${name}: left out, there is no Redis on the PATH\n`);
      continue;
    }
    const chats = await openSides(name, scenario);
    try {
      const subjects: Record<Side, ChatSubject> = {
        that: chats.that.variant('that', { entry: entries.that }),
        this: chats.this.variant('this', { env }),
      };
      const found = await runPairs({
        count: pairs,
        async run(order, label) {
          signal.throwIfAborted();
          if (hashOf(entries.this) !== built) throw new Error('this tree was built anew while it was measured');
          say(`${name}, ${label}`);
          const common = { generator, scenario, say, label: name };
          if (scenario.kind === 'idle') {
            return oneAfterTheOther(order, (side) => runIdle({ ...common, subject: subjects[side] }), signal);
          }
          return takingTurns({
            ...{ order, signal, warmUp: WARM_UP_TURNS, measured: turnsOf(seconds) },
            open: (side) => load({ ...common, subject: subjects[side] }),
          });
        },
      });
      failed += found.failures.length;
      parts.push(comparison(name, scenario, found));
    } finally {
      await chats.stop();
    }
  }
  return { text: `${parts.join('\n')}\n`, failures: failed };

  /** PostgreSQL and Redis for each side. */
  async function openSides(name: string, { instances }: Scenario) {
    const open = (side: Side) =>
      openChat({
        ...{ folder: join(folder, name, side), redis: instances === 2, profile: null, statements: false, env: {} },
      });
    const that = await open('that');
    const here = await open('this').catch(async (error) => {
      await that.stop();
      throw error;
    });
    return { that, this: here, stop: () => Promise.all([that.stop(), here.stop()]) };
  }
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
}

async function runIdle(options: RunOptions) {
  const { subject, scenario, label } = options;
  const running = await subject.start({ ...scenario, rooms: roomsOf(scenario), label });
  try {
    return [await runLoad(options, subject, running, IDLE), await runLoad(options, subject, running, IDLE)];
  } finally {
    await running.stop();
  }
}

async function load(options: RunOptions): Promise<LoadedSide> {
  const { subject, scenario, label } = options;
  const running = await subject.start({ ...scenario, rooms: roomsOf(scenario), label });
  const times = ['--warmup', String(TURN_WARM_UP_SECONDS), '--duration', String(TURN_SECONDS), '--check'];
  const open = await openLoad(options, subject, running, [...loadOf(scenario), ...times]).catch(async (error) => {
    await running.stop();
    throw error;
  });
  return {
    ...open,
    async stop() {
      await open.end().catch(() => {}); // the generator has gone already, and its connections with it
      await running.stop();
    },
  };
}
