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
  const found = await runChaos(run, args);
  if (!found) return 1;
  process.stdout.write(`${found.text}\n`);
  if (args.report) writeFileSync(args.report, found.text);
  return found.violations === 0 ? 0 : 1;
}
