import { mkdirSync } from 'node:fs';
import { runMain } from '@gongu/host';
import { startEmbeddedPostgres } from '@gongu/host/embedded';
import { openWorkplace, type Run, runUntilSignal } from '@gongu/sim/supervise';
import { inRepository } from '@gongu/testkit';
import pg from 'pg';
import { type MatrixArguments, readArguments, USAGE } from './arguments.ts';
import { CLIENTS, SURROUNDINGS, tryClients, trySurroundings } from './matrix.ts';
import { type Row, type TableName, table, writeTables } from './report.ts';
import { createWorkshop } from './workshop.ts';

await runMain('matrix', async () => {
  const args = readArguments(process.argv.slice(2));
  if (args === null) return void process.stdout.write(USAGE);
  if (args.list) {
    const names = [
      ...SURROUNDINGS.map(({ name }) => name),
      ...CLIENTS.map((one) => `${one.name} ${one.version}, ${one.speaks}`),
    ];
    return void process.stdout.write(`${names.join('\n')}\n`);
  }
  // Standard output is the report's.
  await runUntilSignal((run) => matrix(run, args), { out: process.stderr });
});

async function matrix({ env, lifecycle, terminal }: Run, args: MatrixArguments): Promise<number> {
  const workplace = await openWorkplace({ env, name: 'matrix', order: ['trade', 'chat-2', 'chat-1'], terminal });
  lifecycle.add({ name: 'the folder', stop: workplace.remove });
  const postgres = await startEmbeddedPostgres({ dataDir: workplace.path, durable: false });
  lifecycle.add({ name: 'PostgreSQL', stop: postgres.stop });
  const { stopping } = lifecycle;
  let databases = 0;
  const options = {
    ...{ lifecycle, terminal, wants: args.wants, note: workplace.note },
    workshop: createWorkshop({
      ...{ dir: inRepository('node_modules/.cache/gongu-matrix'), say: terminal.say, stopping },
    }),
    folder(name: string) {
      const path = workplace.file(name);
      mkdirSync(path, { recursive: true, mode: 0o755 });
      return path;
    },
    async database() {
      const at = new URL(postgres.url);
      at.pathname = `/matrix_${++databases}`;
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      await client.query(`CREATE DATABASE matrix_${databases}`).finally(() => client.end());
      return at.href;
    },
  };
  const tables = new Map<TableName, readonly Row[]>();
  tables.set('surroundings', await trySurroundings(options));
  tables.set('clients', await tryClients(options));
  if (stopping.aborted) return 1;
  for (const [name, rows] of tables) if (rows.length) process.stdout.write(`${table(name, rows)}\n\n`);
  if (args.write) writeTables(tables);
  return [...tables.values()].flat().some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}
