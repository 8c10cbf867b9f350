import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, StartError } from '@gongu/host';
import { type System, startSystem } from '@gongu/sim';
import { runUntilSignal } from '@gongu/sim/supervise';
import { inRepository, readOptions } from '@gongu/testkit';
import { startBrowser } from '@gongu/testkit/browser';
import { NEXT_TRIALS } from './next.ts';
import { PACKAGE_TRIALS } from './packages.ts';
import type { Shop, Trial } from './trial.ts';
import { createWorkbench } from './workbench.ts';

const TRIALS: readonly Trial[] = [...PACKAGE_TRIALS, ...NEXT_TRIALS];
const FILE = 'docs/compatibility.md';
const [BEGIN, END] = ['<!-- front ends: begin -->', '<!-- front ends: end -->'];

const USAGE = `pnpm frontends [--only TEXT] [--write] [--keep]

Makes the packages' tarballs, gives them to empty projects as somebody would who has a front end elsewhere, and builds, serves
and uses those. Fetches what a front end consists of from npm's registry, for minutes. Needs Chromium. Prints a table, and
ends with 1 when something does not hold.

  --only TEXT  those whose name has it: ${TRIALS.map(({ name }) => name).join('; ')}
  --write      puts the table into ${FILE}
  --keep       leaves the projects where they are, and says where
`;

await runMain('frontends', async () => {
  const flag = { type: 'boolean' } as const;
  const options = { only: { type: 'string' }, write: flag, keep: flag, help: flag } as const;
  const { values } = readOptions({ options, strict: true }, USAGE);
  if (values.help) return void process.stdout.write(USAGE);
  const { only = '' } = values;
  if (values.write && only) throw new StartError(`--write is for all of them\n\n${USAGE}`);

  await runUntilSignal(
    async ({ lifecycle, terminal, env }) => {
      const { stopping } = lifecycle;
      const folder = mkdtempSync(join(tmpdir(), 'gongu-frontends-'));
      lifecycle.add({
        name: 'projects',
        stop: () =>
          values.keep ? terminal.say(`kept in ${folder}`) : rmSync(folder, { recursive: true, force: true }),
      });
      const said = execFileSync(process.execPath, [inRepository('scripts/packages.mjs'), join(folder, 'tarballs')], {
        encoding: 'utf8',
        cwd: '/',
      });
      const tarballs = [...said.matchAll(/(\S+\.tgz)/g)].map(([path]) => join('/', path));
      const bench = createWorkbench(folder, tarballs, stopping);
      const system = await startSystem({ env, name: 'frontends', lifecycle, terminal });
      const browser = await startBrowser();
      lifecycle.add({ name: 'the browser', stop: () => browser.close() });
      const shop = { ...(await openShop(system)), browser };

      const lines = ['| front end | what held |', '|---|---|'];
      let isGood = true;
      for (const { name, run } of TRIALS.filter((trial) => trial.name.includes(only))) {
        if (stopping.aborted) return 1;
        terminal.say(name);
        try {
          lines.push(`| ${name} | ${await run(bench, shop)} |`);
        } catch (error) {
          isGood = false;
          terminal.warn(`${name}: ${(error as Error).message}`);
          lines.push(`| ${name} | failed |`);
        }
      }
      const table = lines.join('\n');
      process.stdout.write(`${table}\n`);
      if (values.write) writeTable(table);
      return isGood ? 0 : 1;
    },
    // Standard output is the table's.
    { out: process.stderr },
  );
});

/** A product, once its room is there. */
async function openShop({ trade, chatUrl, auth, calls }: System): Promise<Omit<Shop, 'browser'>> {
  const token = (userId: string, roles: readonly string[] = []) =>
    auth.signUser({ userId, nickname: userId, roles }, 3_600);
  const seller = token('seller-1', ['seller']);
  const { body } = await calls.as<{ id: string }>(seller, 'POST', `${trade.url}/api/products`, {
    ...{ title: '제주 감귤 10kg', price: { amount: 23_000, currency: 'KRW' }, maxParticipants: 30 },
    deadline: new Date(Date.now() + 86_400_000).toISOString(),
  });
  const room = `${chatUrl}/api/chat/rooms/${body.id}`;
  for (let tries = 0; (await calls.as(token('bob'), 'POST', `${room}/participants`, {})).status !== 201; tries++) {
    if (tries === 100) throw new Error('the product has no room after ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    ...{ chatUrl, tradeUrl: trade.url, productId: body.id, token },
    async say(userId, content) {
      const message = { clientMessageId: crypto.randomUUID(), content };
      const { status, code } = await calls.as(token(userId), 'POST', `${room}/messages`, message);
      if (status >= 300) throw new Error(`a message was answered with ${status} ${code}`);
    },
  };
}

/** Puts the table in its place in the documentation. */
function writeTable(table: string): void {
  const path = inRepository(FILE);
  const text = readFileSync(path, 'utf8');
  const [before, after] = [text.indexOf(BEGIN!), text.indexOf(END!)];
  if (before < 0 || after < before) throw new Error(`${FILE} has no place for the table`);
  writeFileSync(path, `${text.slice(0, before)}${BEGIN}\n${table}\n${text.slice(after)}`);
}
