import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StartError } from '@gongu/host';

/** Where peers are built, each in a folder of its own that is kept for the next run. */
export interface Workshop {
  /**
   * A folder made by a command, once.
   *
   * @param source files that are copied there first; the folder is made anew when one has changed
   * @throws StartError with the last lines of a command that failed
   */
  build(what: Build): Promise<string>;
}

export interface Build {
  /** With its version. */
  readonly name: string;
  readonly source?: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** Further environment, of the folder. */
  readonly env?: (folder: string) => Readonly<Record<string, string>>;
}

export interface WorkshopOptions {
  readonly dir: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

export function createWorkshop({ dir, signal, say }: WorkshopOptions): Workshop {
  return {
    async build({ name, source, command, env }) {
      const folder = join(dir, source ? `${name}-${hashOf(source)}` : name);
      const done = join(folder, '.done');
      if (existsSync(done)) return folder;
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      if (source) cpSync(source, folder, { recursive: true });
      say(`building ${name}, once: ${command.join(' ')}`);
      await run(command, { cwd: folder, env: { ...process.env, ...env?.(folder) }, signal });
      writeFileSync(done, '');
      return folder;
    },
  };
}

/** The first of these programs that the PATH does not have; undefined: all are there. */
export function missingOf(programs: readonly string[]): string | undefined {
  return programs.find((name) => spawnSync('sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' }).status !== 0);
}

function hashOf(source: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) hash.update(basename(entry.name)).update(readFileSync(join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex').slice(0, 12);
}

interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

async function run([program, ...args]: Build['command'], { cwd, env, signal }: RunOptions): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (output += part));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new StartError(`${program} ${args[0] ?? ''} failed:\n${output.slice(-2_000).trim()}`);
}
