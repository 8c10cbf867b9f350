import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftover, startEmbeddedPostgres } from '@gongu/host/embedded';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { ensureRedisProgram } from './programs/redis-program.ts';
import { inRepository } from './repository.ts';

const PREFIX = 'gongu-test-';

/**
 * Once per run: whatever changed is built, Prisma's clients included, so that no test meets a bundle of yesterday; and
 * one PostgreSQL starts for all test files, without fsync unless `TEST_DATABASE_DURABLE=1`. `TEST_DATABASE_URL`, when
 * set, is used instead; its role must be allowed to create databases. Test files find the server in the same variable, and in
 * `TEST_PACKAGES` the folder in which the first that needs a package of ours as npm would have it builds it for all.
 *
 * @throws Error when the build fails, with the builder's messages already printed
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const packages = await mkdtemp(join(tmpdir(), 'gongu-packages-'));
  process.env.TEST_PACKAGES = packages;
  project.onTestsRerun(async () => {
    await build();
    for (const name of await readdir(packages)) await rm(join(packages, name), { recursive: true, force: true });
  });
  if (!ensureRedisProgram()) console.warn('no redis-server and no valkey-server: tests that need one are skipped');
  const building = build();
  building.catch(() => {}); // it is awaited below, when the server is there
  const stopPostgres = process.env.TEST_DATABASE_URL ? async () => {} : await startPostgres();
  const stop = async () => {
    await stopPostgres();
    await rm(packages, { recursive: true, force: true });
  };
  try {
    await building;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** A third of a second when nothing has changed. */
async function build(): Promise<void> {
  const child = spawn(process.execPath, [inRepository('scripts/build.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('the build failed');
}

/** Starts the server that all test files share; what it returns ends it and removes its data. */
async function startPostgres(): Promise<() => Promise<void>> {
  await sweepLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), PREFIX));
  await chmod(dataDir, 0o711); // as root, PostgreSQL runs as another user
  const postgres = await startEmbeddedPostgres({
    dataDir,
    durable: process.env.TEST_DATABASE_DURABLE === '1',
    detached: false, // Ctrl-C ends the tests and this with them
    settings: { max_connections: '400' },
  });
  await shortenSignIn(postgres.url);
  process.env.TEST_DATABASE_URL = postgres.url;
  return async () => {
    await postgres.stop();
    await rm(postgres.place, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  };
}

/**
 * A sign-in by SCRAM computes what makes guessing slow, at the client too: of the 8.6 ms of CPU that a connection costs, and
 * there are thousands of them, 2.5.
 */
async function shortenSignIn(url: string): Promise<void> {
  const { username, password } = new URL(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET scram_iterations = 1');
    await client.query(`ALTER ROLE ${client.escapeIdentifier(username)} PASSWORD ${client.escapeLiteral(password)}`);
  } finally {
    await client.end();
  }
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
