import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Run } from './fixture/installation.ts';
import { installForTests, ready, TIMEOUT_MS } from './fixture/start.ts';

const here = installForTests({ oneRun: true });
let system: Run;

async function output(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const run = here.run({ args, env });
  return { code: await run.exited, text: run.output() };
}

it('without a running system, psql and repl say what to do', async () => {
  for (const program of ['psql.mjs', 'repl.mjs']) {
    const { code, text } = await output([program]);
    expect(code, program).toBe(1);
    expect(text, program).toMatch(/^gongu: no system is running: pnpm start .* or set DATABASE_URL|CHAT_URL/);
  }
});

it(
  'repl has the services, the people and the database of the running system at hand',
  async () => {
    system = await ready(here.run());
    const value = async (expression: string) => {
      const { code, text } = await output(['repl.mjs', '-e', expression]);
      return code === 0 ? text.trim() : `${code}: ${text}`;
    };
    expect(await value('1 + 1')).toBe('2');
    const count = `(await sql\`select count(*)::int as n from trade.products where seller_id = \${'seller-1'}\`)[0].n`;
    expect(await value(count)).toBe('3');
    const product = "(await trade('GET /api/products', ann)).items[0]";
    expect(await value(`(await chat('GET /api/chat/rooms/' + ${product}.roomId, ann)).hostId`)).toBe('seller-1');
    const joined = `await chat('POST /api/chat/rooms/' + ${product}.roomId + '/participants', token('cho'), {})`;
    expect(await value(`(${joined}).userId`)).toBe('cho');
    expect(await value("await chat('GET /api/chat/rooms')")).toMatch(/^1: .*401 UNAUTHENTICATED/);
    expect(await value('await chat(`GET /api/chat/rooms/nothing`, await service())')).toMatch(/^1: .*404 NOT_FOUND/);
  },
  TIMEOUT_MS,
);

it(
  'psql of the PATH gets the connection, its own arguments and its exit code, and no password on its command line',
  async () => {
    const program = join(here.root, 'psql');
    await writeFile(program, '#!/bin/sh\necho "$@"\necho "$PGHOST:$PGPORT $PGUSER $PGDATABASE"\nexit 3\n');
    await chmod(program, 0o755);
    const { PATH = '' } = process.env;
    const { code, text } = await output(['psql.mjs', '-c', 'select 1'], { PATH: `${here.root}:${PATH}` });
    const run = JSON.parse(await readFile(join(here.dataDir, 'run.json'), 'utf8')) as Record<string, string>;
    const { hostname, port, username, password, pathname } = new URL(run.DATABASE_URL!);
    expect(text).toBe(`-c select 1\n${hostname}:${port} ${username} ${pathname.slice(1)}\n`);
    expect(code).toBe(3);
    expect(password.length).toBeGreaterThan(8);

    // One of its own variable goes before that of the system, and its password is never said.
    const other = { DATABASE_URL: 'postgresql://me:very-secret@db.example:5433/shop?sslmode=require' };
    const elsewhere = await output(['psql.mjs'], { ...other, PATH: `${here.root}:${PATH}` });
    expect(elsewhere.text).toBe('\ndb.example:5433 me shop\n');
    const none = await output(['psql.mjs'], { ...other, PATH: here.dataDir });
    expect(none.code).toBe(1);
    expect(none.text).toMatch(/no psql on the PATH .* The database is db\.example:5433\/shop, its user me/);
    expect(none.text).not.toContain('very-secret');
  },
  TIMEOUT_MS,
);

it('the real psql answers, where there is one', async ({ skip }) => {
  const { code, text } = await output(['psql.mjs', '-At', '-c', 'select count(*) from products']);
  skip(/no psql on the PATH/.test(text), 'there is no psql');
  expect([code, text.trim()]).toEqual([0, '3']);
  system.signal('SIGINT');
  expect(await system.exited, system.output()).toBe(0);
});
