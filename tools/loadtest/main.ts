import { writeFileSync } from 'node:fs';
import { runMain } from '@gongu/host';
import { type Run, runUntilSignal } from '@gongu/sim/supervise';
import { type LoadtestArguments, readArguments, USAGE } from './arguments.ts';
import { type Crowd, createCrowd } from './crowd.ts';
import { measureEffort } from './effort.ts';
import { showProgress } from './progress.ts';
import { report } from './report.ts';
import { talk } from './talk.ts';
import { openTarget } from './target.ts';

await runMain('loadtest', async () => {
  const args = readArguments(process.argv.slice(2));
  if (args === null) return void process.stdout.write(USAGE);
  // Standard output is the report's.
  await runUntilSignal((run) => loadtest(run, args), { out: process.stderr });
});

async function loadtest(run: Run, args: LoadtestArguments): Promise<number> {
  const { lifecycle, terminal } = run;
  const { stopping } = lifecycle;
  const target = await openTarget(run, args);
  if (stopping.aborted) return 1;
  for (const part of target.parts) terminal.say(part);
  const crowd = createCrowd(target, args);
  lifecycle.add({ name: 'the clients', stop: crowd.leave });
  await crowd.openRooms();

  const connectSeconds = await phase('connect', args.clients, crowd, () => crowd.enter(stopping));
  if (stopping.aborted) return 1;
  const endEffort = await measureEffort(target);
  await phase('talk', args.seconds * args.rate, crowd, () => talk({ ...args, shoppers: crowd.shoppers, stopping }));
  const effort = await endEffort();
  await phase('check', args.seconds * args.rate, crowd, () => crowd.check());
  const text = report({ args, target, crowd, effort, connectSeconds, at: new Date().toISOString() });
  process.stdout.write(`${text}\n`);
  if (args.report) writeFileSync(args.report, text);
  return crowd.faults.total === 0 ? 0 : 1;
}

/** Runs one phase with its progress. Returns its seconds. */
async function phase(title: string, all: number, crowd: Crowd, work: () => Promise<void>): Promise<number> {
  const beganAt = performance.now();
  const seconds = () => (performance.now() - beganAt) / 1_000;
  const look = () => {
    const connected = crowd.shoppers.filter(({ place }) => place === 'in').length;
    const { ack, receipt } = crowd.latency;
    const done = (title === 'connect' ? connected : ack.count) / all;
    const median = ack.count === 0 ? '' : `, ack p50 ${ack.summary().p50Ms.toFixed(1)} ms`;
    const text = `${seconds().toFixed(0)} s, ${connected} connected, ${ack.count} acknowledged${median}`;
    return { title, done, text: `${text}, ${receipt.count} received, ${crowd.faults.total} faults` };
  };
  const progress = showProgress({ out: process.stderr, look });
  try {
    await work();
  } finally {
    progress.end();
  }
  return seconds();
}
