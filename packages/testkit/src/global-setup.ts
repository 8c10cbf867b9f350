import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftover, startEmbeddedPostgres } from '@gongu/host/embedded';
import { ensureRedisProgram } from './programs/redis-program.ts';
import { inRepository } from './repository.ts';

const PREFIX = 'gongu-test-';

/**
 * Once per run: Prisma's clients are generated, and one PostgreSQL starts for all test files, without fsync unless
 * `TEST_DATABASE_DURABLE=1`. `TEST_DATABASE_URL`, when set, is used instead; its role must be allowed to create
 * databases. Test files find the server in the same variable.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const { status } = spawnSync(process.execPath, [inRepository('scripts/generate.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the Prisma clients could not be generated');
  if (!ensureRedisProgram()) console.warn('no redis-server and no valkey-server: tests that need one will fail');
  if (process.env.TEST_DATABASE_URL) return async () => {};

  await sweepLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), PREFIX));
  await chmod(dataDir, 0o711); // as root, PostgreSQL runs as another user
  const postgres = await startEmbeddedPostgres({
    dataDir,
    durable: process.env.TEST_DATABASE_DURABLE === '1',
    detached: false, // Ctrl-C ends the tests and this with them
    settings: { max_connections: '400' },
  });
  process.env.TEST_DATABASE_URL = postgres.url;
  return async () => {
    await postgres.stop();
    await rm(postgres.place, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** Removes what runs that were killed have left, servers included. */
async function sweepLeftovers(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const dataDir = join(tmpdir(), name);
    try {
      // A run that is starting right now has no owner yet.
      if (Date.now() - (await stat(dataDir)).mtimeMs < 60_000) continue;
      await rm(await endLeftover({ dataDir }), { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
    } catch {
      // It is in use by another run, or another run was quicker.
    }
  }
}
