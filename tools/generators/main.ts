import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, StartError } from '@gongu/host';
import { startSystem } from '@gongu/sim';
import { runUntilSignal } from '@gongu/sim/supervise';
import { readOptions } from '@gongu/testkit';
import { GENERATORS } from './all-generators.ts';
import type { Generator } from './generator.ts';
import { openShop } from './shop.ts';
import { type Outcome, tableOf, writeTable } from './table.ts';
import { tryGenerator } from './try-generator.ts';

const USAGE = `pnpm generators [NAME…] [--write] [--keep]

Makes clients of both services with generators of OpenAPI, compiles them, and lets each make a real call against a
system of its own. Prints a table. Ends with 1 when one fails; one that lacks a program is skipped.

  NAME…    only these: ${GENERATORS.map(({ name }) => name).join(', ')}
  --write  puts the table of all of them into docs/compatibility.md
  --keep   leaves what was generated where it is, and says where
`;

await runMain('generators', async () => {
  const options = { write: { type: 'boolean' }, keep: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { values, positionals } = readOptions({ options, allowPositionals: true, strict: true }, USAGE);
  if (values.help) return void process.stdout.write(USAGE);
  if (values.write && positionals.length > 0) throw new StartError(`--write is for all of them\n\n${USAGE}`);
  const chosen = positionals.length === 0 ? GENERATORS : positionals.map(generatorOf);

  await runUntilSignal(
    async ({ lifecycle, terminal, env }) => {
      const { stopping } = lifecycle;
      const folder = mkdtempSync(join(tmpdir(), 'gongu-generators-'));
      lifecycle.add({
        name: 'what was generated',
        stop: () =>
          values.keep ? terminal.say(`kept in ${folder}`) : rmSync(folder, { recursive: true, force: true }),
      });
      const system = await startSystem({ env, name: 'generators', lifecycle, terminal });
      const shop = await openShop(system, join(folder, 'documents'));
      const outcomes: Outcome[] = [];
      for (const generator of chosen) {
        terminal.say(`${generator.name} ${generator.version}`);
        const own = join(folder, generator.name);
        outcomes.push(await tryGenerator(generator, { shop, folder: own, stopping, complain: terminal.warn }));
        if (stopping.aborted) return 1;
      }
      const table = tableOf(outcomes);
      process.stdout.write(`${table}\n`);
      if (values.write) terminal.say(`the table is in ${writeTable(table)}`);
      const failed = outcomes.some(({ results }) => Object.values(results).some((one) => !/^(?:ok|skipped)/.test(one)));
      return failed ? 1 : 0;
    },
    // Standard output is the table's.
    { out: process.stderr },
  );
});

function generatorOf(name: string): Generator {
  const found = GENERATORS.find((one) => one.name === name);
  if (!found) throw new StartError(`there is no generator "${name}"\n\n${USAGE}`);
  return found;
}
