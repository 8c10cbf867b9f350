import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { runMain } from '@gongu/host';
import { type Run, runUntilSignal } from '@gongu/sim/supervise';
import { type ChaosArguments, readArguments, USAGE } from './arguments.ts';
import { runChaos } from './run.ts';

await runMain('chaos', async () => {
  const args = readArguments(process.argv.slice(2), () => randomInt(2 ** 31));
  if (args === null) return void process.stdout.write(USAGE);
  // Standard output is the report's.
  await runUntilSignal((run) => chaos(run, args), { out: process.stderr });
});

async function chaos(run: Run, args: ChaosArguments): Promise<number> {
  const outcome = await runChaos(run, args);
  if (!outcome) return 1;
  const { text, failed, kept } = outcome;
  process.stdout.write(`${text}\n`);
  if (args.report) writeFileSync(args.report, text);
  if (kept) process.stdout.write(`What happened: ${kept}\n`);
  return failed ? 1 : 0;
}
