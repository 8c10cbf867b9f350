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

it('without a running system, psql, repl and user-token say what to do', async () => {
  for (const args of [['psql.mjs'], ['repl.mjs'], ['user-token.mjs', 'me']]) {
    const { code, text } = await output(args);
    expect(code, args[0]).toBe(1);
    expect(text, args[0]).toMatch(/^gongu: .*no system is running: pnpm start .* or set (?:DATABASE_URL|CHAT_URL|it)/);
    expect(text.trim().split('\n'), args[0]).toHaveLength(1);
  }
});

it('user-token signs with a secret of the environment, and says what the services would not take', async () => {
  const secret = { JWT_SECRET: 'x'.repeat(32), JWT_ISSUER: 'https://shop.example' };
  const { code, text } = await output(['user-token.mjs', '김 관리', '--role', 'admin', '--hours', '1'], secret);
  expect(code, text).toBe(0);
  const claims = JSON.parse(Buffer.from(text.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
  expect(claims).toMatchObject({ sub: '김 관리', roles: ['admin'], iss: 'https://shop.example' });
  expect(Number(claims.exp) - Number(claims.iat)).toBe(3_600);
  for (const [args, says] of [
    [['me', '--nickname', 'n'.repeat(33)], /^gongu: the services would refuse it: /],
    [['..'], /^gongu: the services would refuse it: /],
    [['me', '--role', 'king'], /^gongu: --role is seller or admin, not king$/m],
    [['me', '--hours', 'long'], /^gongu: --hours is a number up to 8760, not long$/m],
    [[], /^gongu: name one user id$/m],
  ] as const) {
    const refused = await output(['user-token.mjs', ...args], secret);
    expect(refused.code, args.join(' ')).toBe(1);
    expect(refused.text).toMatch(says);
  }
  const published = await output(['user-token.mjs', 'me'], { JWKS_URL: 'https://shop.example/keys' });
  expect(published.text).toMatch(/^gongu: JWT_SECRET is not set: with JWKS_URL alone, only who has the private keys/);
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
    // An admin's token by a command: another system's secret would not do.
    const admin = (await output(['user-token.mjs', 'admin', '--role', 'admin'])).text.trim();
    const outbox = await fetch(`http://127.0.0.1:${here.tradePort}/api/trade/outbox`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    expect(outbox.status).toBe(200);
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
