import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, StartError } from '@gongu/host';
import { inRepository } from '@gongu/testkit';
import { compare } from './against/compare.ts';
import { readArguments, USAGE } from './arguments.ts';
import { bench } from './bench.ts';
import { BUY_USAGE, measureBuy, readBuyArguments } from './buy/buy.ts';
import { measureWebhooks, readWebhooksArguments, WEBHOOKS_USAGE } from './buy/webhooks.ts';
import { compile, createGenerator } from './generator.ts';

await runMain('bench', async () => {
  const [first, ...rest] = process.argv.slice(2);
  if (first === 'buy') return benchBuy(rest);
  if (first === 'webhooks') return benchWebhooks(rest);
  const args = readArguments(process.argv.slice(2));
  if (args === null) return void process.stdout.write(`${USAGE}\n${BUY_USAGE}\n${WEBHOOKS_USAGE}`);
  await inFolder(async (folder, signal) => {
    const generator = createGenerator(compile(inRepository('bench/wsload.c'), folder, 'wsload'), signal);
    const common = { ...args, folder, generator, signal, say };
    const { text, failures } = args.against
      ? await compare({ ...common, ...args.against })
      : { text: await bench(common), failures: 0 };
    tell(text, args.report);
    if (failures > 0) process.exitCode = 1;
  });
});

async function benchBuy(given: readonly string[]): Promise<void> {
  const args = readBuyArguments(given);
  if (args === null) return void process.stdout.write(BUY_USAGE);
  await inFolder(async (folder, signal) => tell(await measureBuy(args, { folder, signal, say }), args.report));
}

async function benchWebhooks(given: readonly string[]): Promise<void> {
  const args = readWebhooksArguments(given);
  if (args === null) return void process.stdout.write(WEBHOOKS_USAGE);
  await inFolder(async (folder, signal) => tell(await measureWebhooks(args, { folder, signal, say }), args.report));
}

/** Works in a folder of its own, which is removed at the end. */
async function inFolder(work: (folder: string, signal: AbortSignal) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gongu-bench-'));
  // Ended by whoever waits for it, so that servers and folders go as they do at the end.
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => ending.abort(new StartError(`ended by ${signal}`)));
  }
  try {
    await chmod(folder, 0o711); // as root, PostgreSQL runs as another user
    await work(folder, ending.signal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tell(text: string, report: string | null): void {
  process.stdout.write(text);
  if (report) writeFileSync(report, text);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
