import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartError } from './start-error.ts';

/**
 * Where a start without a database of its own keeps everything: `DATA_DIR`, default `.gongu`. A relative path begins at
 * the repository's root, whatever the working directory.
 */
export function dataDir(env: NodeJS.ProcessEnv): string {
  return resolve(repositoryRoot(), env.DATA_DIR?.trim() || '.gongu');
}

/**
 * Variables that `start` has left for the processes of other terminals: URLs and secrets, by the names they have in the
 * environment. Only those that `env` leaves unset or empty; none when there is no such file.
 *
 * @throws StartError when the file can't be read
 */
export function readRunFile(env: NodeJS.ProcessEnv): Record<string, string> {
  const file = runFile(env);
  if (!existsSync(file)) return {};
  try {
    const found = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>);
    const usable = found.filter(([name, value]) => typeof value === 'string' && !env[name]?.trim());
    return Object.fromEntries(usable) as Record<string, string>;
  } catch (cause) {
    throw new StartError(`${file} can't be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Leaves these variables for {@link readRunFile}. The file can be read by its owner only, and appears as a whole. */
export function writeRunFile(env: NodeJS.ProcessEnv, variables: Readonly<Record<string, string>>): string {
  const file = runFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o711 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(variables, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return file;
}

function runFile(env: NodeJS.ProcessEnv): string {
  return join(dataDir(env), 'run.json');
}

// Source and bundles lie at different depths; outside of a repository (a container) the working directory has to do.
function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    const parent = dirname(folder);
    if (parent === folder) return process.cwd();
    folder = parent;
  }
  return folder;
}
