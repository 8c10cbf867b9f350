import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, StartError } from '@gongu/host';
import { inRepository } from '@gongu/testkit';
import { compare } from './against/compare.ts';
import { readArguments, USAGE } from './arguments.ts';
import { bench } from './bench.ts';
import { compile, createGenerator } from './generator.ts';

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

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
