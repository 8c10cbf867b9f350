import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Run } from './fixture/installation.ts';
import { processesIn } from './fixture/processes.ts';
import { installForTests, TIMEOUT_MS } from './fixture/start.ts';

const here = installForTests();

describe('what keeps it from starting', () => {
  /** Exit 1 with exactly one line on standard error; nothing is left running. */
  async function refusal(run: Run): Promise<string> {
    expect(await run.exited, run.output()).toBe(1);
    expect(run.stderr().trimEnd().split('\n')).toHaveLength(1);
    expect(await processesIn(here.root)).toEqual([]);
    return run.stderr().trimEnd();
  }

  it.each(['CHAT_PORT', 'TRADE_PORT', 'WEB_PORT'] as const)(
    'is told in one line: a port in use, %s',
    async (name) => {
      const port = { CHAT_PORT: here.chatPort, TRADE_PORT: here.tradePort, WEB_PORT: here.webPort }[name];
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      const line = await refusal(here.run());
      server.close();
      expect(line).toBe(`gongu: port ${port} is in use: stop what listens there, or set ${name} to another port`);
    },
    TIMEOUT_MS,
  );

  it(
    'is told for two ports that are one',
    async () => {
      const run = here.run({ env: { WEB_PORT: String(here.chatPort) } });
      expect(await run.exited).toBe(1);
      expect(run.stderr()).toContain(`WEB_PORT: must differ from CHAT_PORT (both are ${here.chatPort})`);
    },
    TIMEOUT_MS,
  );

  it(
    'is told in one line: a broken .env, without what it holds',
    async () => {
      const file = join(here.root, '.env');
      await writeFile(file, '# ours\nLOG_LEVEL=debug\nJWT_SECRET: top-secret\n');
      expect(await refusal(here.run())).toBe(`gongu: ${file}, line 3: is not of the form NAME=value`);
      await writeFile(file, 'JWT_SECRET="top-secret\nCHAT_PORT=1\n');
      expect(await refusal(here.run())).toBe(`gongu: ${file}, line 1: the quote " is never closed`);
    },
    TIMEOUT_MS,
  );

  it(
    'is told in one line: a DATABASE_URL that nobody answers, without its password',
    async () => {
      const file = join(here.root, '.env');
      await writeFile(file, 'DATABASE_URL=postgresql://me:hidden@127.0.0.1:1/shop\n');
      expect(await refusal(here.run())).toMatch(
        /^gongu: PostgreSQL at 127\.0\.0\.1:1\/shop is not reachable: .*ECONNREFUSED/,
      );
    },
    TIMEOUT_MS,
  );

  it(
    'is told in one line: a full disk',
    async (test) => {
      const small = join(here.root, 'small');
      spawnSync('mkdir', [small]);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=711', 'tmpfs', small]).status === 0;
      if (!mounted) test.skip('needs root, to mount a small file system');
      try {
        const line = await refusal(here.run({ env: { DATA_DIR: small } }));
        expect(line).toMatch(/^gongu: .*No space left on device/i);
        expect(line).toContain(small);
      } finally {
        spawnSync('umount', [small]);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'is told by a service alone for every variable at once',
    async () => {
      for (const service of ['chat', 'trade']) {
        const unset = here.run({ args: ['service.mjs', service] });
        expect(await unset.exited).toBe(1);
        for (const name of ['DATABASE_URL', 'JWT_SECRET', 'SERVICE_JWT_SECRET', 'ALLOWED_ORIGINS']) {
          expect(unset.stderr()).toMatch(new RegExp(`^  ${name}: is not set`, 'm'));
        }
        const bad = here.run({ args: ['service.mjs', service], env: { LOG_LEVEL: 'loud', JWT_SECRET: 'too-short' } });
        expect(await bad.exited).toBe(1);
        for (const name of ['DATABASE_URL', 'JWT_SECRET', 'SERVICE_JWT_SECRET', 'ALLOWED_ORIGINS', 'LOG_LEVEL']) {
          expect(bad.stderr()).toMatch(new RegExp(`^  ${name}: `, 'm'));
        }
        expect(bad.stderr()).not.toContain('too-short');
      }
    },
    TIMEOUT_MS,
  );
});
