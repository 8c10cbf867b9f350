import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, StartError } from '@gongu/host';
import { inRepository, machine, redisProgram } from '@gongu/testkit';
import { compare } from './against/compare.ts';
import { type BenchArguments, readArguments, USAGE } from './arguments.ts';
import { type Chat, openChat } from './chat.ts';
import { compile, createGenerator, type Generator } from './generator.ts';
import { measureHistory } from './history.ts';
import { leaveServerCpu, loadAverage } from './machine.ts';
import { measure, type Result } from './measure.ts';
import { peers, peersOnRedis, storingPeers } from './peers.ts';
import { measureReads } from './reads.ts';
import { historySection, readsSection, section } from './report.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import type { Subject } from './subject.ts';

await runMain('bench', async () => {
  const args = readArguments(process.argv.slice(2));
  if (args === null) return void process.stdout.write(USAGE);
  const folder = mkdtempSync(join(tmpdir(), 'gongu-bench-'));
  // Ended by whoever waits for it, so that servers and folders go as they do at the end.
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => ending.abort(new StartError(`ended by ${signal}`)));
  }
  try {
    await chmod(folder, 0o711); // as root, PostgreSQL runs as another user
    const generator = createGenerator(compile(inRepository('bench/wsload.c'), folder, 'wsload'), ending.signal);
    const common = { ...args, folder, generator, signal: ending.signal, say };
    const { text, failures } = args.against
      ? await compare({ ...common, ...args.against })
      : { text: await bench(common), failures: 0 };
    process.stdout.write(text);
    if (args.report) writeFileSync(args.report, text);
    if (failures > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

interface BenchOptions extends BenchArguments {
  readonly folder: string;
  readonly generator: Generator;
  readonly signal: AbortSignal;
}

async function bench(options: BenchOptions): Promise<string> {
  const { scenarios, repeats, peers: withPeers, max, profile, folder, generator, signal } = options;
  leaveServerCpu();
  if (profile) mkdirSync(profile, { recursive: true });
  const compared = withPeers ? peers(folder) : [];
  const parts = [
    `## Measured on ${machine()}\n`,
    `${new Date().toISOString().slice(0, 10)}, ${repeats} repeats, load average at the start ${loadAverage()}.\n`,
  ];
  for (const name of scenarios) {
    signal.throwIfAborted();
    const scenario: Scenario = SCENARIOS[name];
    const reads = scenario.kind === 'reads';
    const redis = scenario.instances === 2 || reads;
    if (redis && !redisProgram()) {
      parts.push(`### ${name}: left out, there is no Redis on the PATH\n`);
      continue;
    }
    say(`${name}: ${scenario.title}`);
    const chat = await openChat({ folder: join(folder, name), redis, profile, statements: reads });
    try {
      if (scenario.kind === 'history') {
        parts.push(historySection(scenario, await measureHistory(chat, scenario, say)));
        continue;
      }
      if (reads) {
        parts.push(readsSection(scenario, await measureReads(chat, scenario, say)));
        continue;
      }
      const others = withPeers ? peersOf(scenario, chat, compared) : [];
      const results: Result[] = [];
      for (const subject of [chat.subject, ...others]) {
        results.push(await measure({ generator, subject, scenario, label: name, repeats, max, say }));
      }
      parts.push(section(name, scenario, results));
    } finally {
      await chat.stop();
    }
  }
  return `${parts.join('\n')}\n`;
}

function peersOf({ kind, instances }: Scenario, { databaseUrl, redisUrl }: Chat, alone: readonly Subject[]) {
  if (kind === 'ingest') return storingPeers(databaseUrl);
  return instances > 1 && redisUrl ? peersOnRedis(redisUrl) : alone;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
