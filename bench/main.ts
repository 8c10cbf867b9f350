import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain } from '@gongu/host';
import { inRepository, machine, redisProgram } from '@gongu/testkit';
import { type BenchArguments, readArguments, USAGE } from './arguments.ts';
import { type Chat, openChat } from './chat.ts';
import { compile, createGenerator } from './generator.ts';
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
  try {
    await chmod(folder, 0o711); // as root, PostgreSQL runs as another user
    const text = await bench(args, folder);
    process.stdout.write(text);
    if (args.report) writeFileSync(args.report, text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function bench({ scenarios, repeats, peers: withPeers, max, profile }: BenchArguments, folder: string) {
  leaveServerCpu();
  if (profile) mkdirSync(profile, { recursive: true });
  const generator = createGenerator(compile(inRepository('bench/wsload.c'), folder, 'wsload'));
  const compared = withPeers ? peers(folder) : [];
  const parts = [
    `## Measured on ${machine()}\n`,
    `${new Date().toISOString().slice(0, 10)}, ${repeats} repeats, load average at the start ${loadAverage()}.\n`,
  ];
  for (const name of scenarios) {
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
