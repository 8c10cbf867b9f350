import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRepository, machine, redisProgram } from '@gongu/testkit';
import type { BenchArguments } from './arguments.ts';
import { measureChanges } from './changes.ts';
import { type Chat, openChat } from './chat.ts';
import { curveSubjects } from './curve.ts';
import { withEnv } from './environment.ts';
import type { Generator } from './generator.ts';
import { measureHistory } from './history.ts';
import { measureList } from './list.ts';
import { leaveServerCpu, loadAverage } from './machine.ts';
import { measure } from './measure.ts';
import { type Prepared, prepare } from './more-peers/more-peers.ts';
import { createWorkshop } from './more-peers/workshop.ts';
import { peersAlone, peersOnRedis, storingPeers } from './peers.ts';
import { measureReads } from './reads.ts';
import {
  changesSection,
  historySection,
  listSection,
  readsSection,
  sealingSection,
  searchSection,
  section,
} from './report.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts';
import { measureSealing } from './sealing.ts';
import { measureSearch } from './search.ts';
import type { Subject } from './subject.ts';

export interface BenchOptions extends BenchArguments {
  /** For data. */
  readonly folder: string;
  readonly generator: Generator;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** What takes part beside chat; null: nobody. */
interface Others {
  readonly alone: readonly Subject[];
  readonly more: Prepared;
}

const REST_MS = 1_000;

/** Chat beside its peers, scenario by scenario: the report. */
export async function bench(options: BenchOptions): Promise<string> {
  const { scenarios, repeats, morePeers, env, profile, folder, signal, say } = options;
  const workshop = createWorkshop({ dir: inRepository('.gongu/bench'), signal, say });
  const more = await prepare(morePeers, workshop);
  leaveServerCpu(); // not before they are built: that takes both
  if (profile) mkdirSync(profile, { recursive: true });
  const others = options.peers ? { alone: peersAlone(folder), more } : null;
  const parts = [
    `## Measured on ${machine()}\n`,
    `${new Date().toISOString().slice(0, 10)}${withEnv(env)}, ${repeats} repeats, interleaved, load average at the start ${loadAverage()}.\n`,
    ...more.missing.map((missing) => `${missing}.\n`),
  ];
  for (const name of scenarios) {
    signal.throwIfAborted();
    say(`${name}: ${SCENARIOS[name].title}`);
    parts.push(await sectionOf(name, options, others));
  }
  return `${parts.join('\n')}\n`;
}

async function sectionOf(name: ScenarioName, options: BenchOptions, others: Others | null): Promise<string> {
  const scenario: Scenario = SCENARIOS[name];
  const reads = scenario.kind === 'reads';
  const redis = scenario.instances === 2 || reads;
  if (redis && !redisProgram()) return `### ${name}: left out, there is no Redis on the PATH\n`;
  const { profile, env, say } = options;
  const chat = await openChat({ folder: join(options.folder, name), redis, profile, statements: reads, env });
  try {
    if (scenario.kind === 'history') return historySection(scenario, await measureHistory(chat, scenario, say));
    if (scenario.kind === 'search') return searchSection(scenario, await measureSearch(chat, scenario, say));
    if (scenario.kind === 'changes') return changesSection(scenario, await measureChanges(chat, say));
    if (scenario.kind === 'list') return listSection(scenario, await measureList(chat, say));
    if (scenario.kind === 'sealing')
      return sealingSection(scenario, await measureSealing(chat, { ...options, scenario }));
    if (reads) return readsSection(scenario, await measureReads(chat, scenario, say));
    const peers = others ? peersOf(scenario, chat, others) : [];
    const subjects = scenario.kind === 'curve' ? curveSubjects(chat, peers) : [chat.subject, ...peers];
    return section(
      name,
      scenario,
      await measure({ ...options, subjects, scenario, label: name, rest: () => sleep(REST_MS) }),
    );
  } finally {
    await chat.stop();
  }
}

function peersOf(
  { kind, instances }: Scenario,
  { postgres, redis }: Chat,
  { alone, more }: Others,
): readonly Subject[] {
  if (kind === 'curve') return alone.filter(({ label }) => label === 'ws');
  if (instances > 1) return redis ? peersOnRedis(redis) : [];
  return [...(kind === 'ingest' ? storingPeers(postgres) : alone), ...more.peersOf(kind, postgres)];
}
