import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runMain } from '@gongu/host';
import { startEmbeddedPostgres } from '@gongu/host/embedded';
import { openWorkplace, type Run, runUntilSignal } from '@gongu/sim/supervise';
import { readArguments, USAGE } from './arguments.ts';
import { writeMigration } from './write-migration.ts';

await runMain('migration', async () => {
  // dist/migration.mjs
  const args = readArguments(process.argv.slice(2), fileURLToPath(new URL('../', import.meta.url)));
  if (args === null) return void process.stdout.write(USAGE);
  await runUntilSignal(async (run) => {
    const file = await writeMigration(args, run.env.TEST_DATABASE_URL || (await startDatabase(run)));
    run.terminal.say(
      file === null
        ? `nothing to do: ${args.service}'s migrations build what schema.prisma and functions/ say`
        : `written: ${relative(process.cwd(), file)}\nAdd by hand what neither of them says: CHECKs, partial indexes, triggers, changes of rows.`,
    );
    return 0;
  });
});

/** A PostgreSQL for this run. Returns its URL. */
async function startDatabase({ env, lifecycle, terminal }: Run): Promise<string> {
  const workplace = await openWorkplace({ env, name: 'migration', order: [], terminal });
  lifecycle.add({ name: 'the folder', stop: async () => workplace.remove() });
  const postgres = await startEmbeddedPostgres({ dataDir: workplace.path, durable: false });
  lifecycle.add({ name: 'PostgreSQL', stop: postgres.stop });
  return postgres.url;
}
