import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '@gongu/host';

export interface Commit {
  /** Abbreviated hash and title. */
  readonly name: string;
  readonly hash: string;
}

export interface BuildCommitOptions {
  readonly repository: string;
  readonly hash: string;
  /** Where its tree goes: a folder that is not there yet. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Chat's bundle, in a tree that is built. */
const BUNDLE = 'services/chat/dist/main.mjs';

/** @throws StartError when there is no such commit */
export async function findCommit(repository: string, given: string): Promise<Commit> {
  const git = (...args: string[]) => run('git', args, { cwd: repository });
  const found = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${given}^{commit}`);
  if (!found.ok) throw new StartError(`no commit "${given}" here (git fetch, or git fetch --unshallow, may bring it)`);
  const hash = found.output.trim();
  return { hash, name: (await git('log', '-1', '--format=%h %s', hash)).output.trim() };
}

/**
 * Unpacks a commit, installs what it needs from pnpm's store, and builds it by its own `scripts/build.mjs`: the path of
 * its chat. Of the repository itself nothing is touched, so the folder is all there is to remove.
 *
 * @throws StartError with the last lines of what failed
 */
export async function buildCommit({ repository, hash, folder, signal }: BuildCommitOptions): Promise<string> {
  mkdirSync(folder);
  const archive = `${folder}.tar`;
  const steps: [what: string, cwd: string, program: string, ...args: string[]][] = [
    ['unpacked', repository, 'git', 'archive', `--output=${archive}`, hash],
    ['unpacked', folder, 'tar', '-xf', archive],
    ['installed', folder, 'npx', '-y', 'pnpm@12', 'install', '--frozen-lockfile', '--prefer-offline'],
    ['built', folder, process.execPath, 'scripts/build.mjs'],
  ];
  for (const [what, cwd, program, ...args] of steps) {
    const { ok, output } = await run(program, args, { cwd, signal });
    if (!ok) throw new StartError(`commit ${hash.slice(0, 10)} could not be ${what}:\n${output.slice(-2_000).trim()}`);
  }
  const bundle = join(folder, BUNDLE);
  if (!existsSync(bundle)) throw new StartError(`commit ${hash.slice(0, 10)} was built, but has no ${BUNDLE}`);
  return bundle;
}

/** @throws StartError without the program; the signal's reason when it ended the run */
async function run(program: string, args: readonly string[], { cwd, signal }: { cwd: string; signal?: AbortSignal }) {
  signal?.throwIfAborted();
  const child = spawn(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Else pnpm would ask before it does anything in a folder that it knows.
    env: { ...process.env, CI: 'true' },
    detached: true, // a group: npx is not the one that works, and nobody may write into a folder that is removed
  });
  const end = () => process.kill(-child.pid!, 'SIGKILL');
  signal?.addEventListener('abort', end);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (output += part));
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    signal?.throwIfAborted();
    return { ok: code === 0, output };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new StartError(`"${program}" is needed, and not on the PATH`, { cause: error });
  } finally {
    signal?.removeEventListener('abort', end);
  }
}
