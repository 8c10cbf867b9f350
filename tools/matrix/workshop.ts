import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The machine does not have what is needed; `message` names it. What needs it is skipped. */
export class Missing extends Error {}

/** How something is run. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Where libraries and programs are fetched and built, each in a folder of its own that is kept for the next run. Fetched
 * by the registries' ordinary clients, in the versions that are named.
 */
export interface Workshop {
  /** npm packages, `name@version` each. @returns the folder with `node_modules` */
  npm(packages: readonly string[]): Promise<string>;
  /** Packages of PyPI, `name==version` each. @returns the folder with `venv` */
  pip(packages: readonly string[]): Promise<string>;
  /**
   * A folder's files, copied, and then built there by these commands; built anew when a file has changed.
   *
   * @throws Missing when a command's program is not on the PATH, or a build that has to fetch something fails
   */
  build(source: string, commands: readonly (readonly string[])[]): Promise<string>;
}

/** Longest time of one command: a first build fetches hundreds of packages. */
const BUILD_MS = 900_000;

export interface WorkshopOptions {
  readonly dir: string;
  /** Hears what is fetched and built. */
  readonly say: (text: string) => void;
  readonly stopping: AbortSignal;
}

export function createWorkshop({ dir, say, stopping }: WorkshopOptions): Workshop {
  /** The folder of this name, made by `make` unless it is there as a whole. */
  async function once(name: string, make: (folder: string) => Promise<void>): Promise<string> {
    const folder = join(dir, name);
    const done = join(folder, '.done');
    if (existsSync(done)) return folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    say(`fetching and building ${name}`);
    await make(folder);
    writeFileSync(done, '');
    return folder;
  }

  async function run([program = '', ...args]: readonly string[], cwd: string): Promise<void> {
    if (!program.includes('/')) requireProgram(program);
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], signal: stopping, timeout: BUILD_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (code !== 0) throw new Missing(`${program} ${args[0] ?? ''} failed: ${lastLines(output)}`);
  }

  return {
    npm: (packages) =>
      once(`npm-${packages.join('-').replaceAll(/[^\w.-]+/g, '_')}`, async (folder) => {
        writeFileSync(join(folder, 'package.json'), '{ "private": true }');
        const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--save-exact', '--ignore-scripts'];
        await run(['npm', 'install', ...flags, ...packages], folder);
      }),
    pip: (packages) => {
      requireProgram('python3');
      return once(`pip-${packages.join('-').replaceAll(/[^\w.-]+/g, '_')}`, async (folder) => {
        await run(['python3', '-m', 'venv', 'venv'], folder);
        await run(['venv/bin/pip', 'install', '--quiet', '--no-input', ...packages], folder);
      });
    },
    build: async (source, commands) => {
      for (const [program = ''] of commands) if (!program.includes('/')) requireProgram(program);
      const files = readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const hash = createHash('sha256').update(JSON.stringify(commands));
      for (const { parentPath, name } of files) hash.update(name).update(readFileSync(join(parentPath, name)));
      const name = `${source.split('/').at(-1)}-${hash.digest('hex').slice(0, 12)}`;
      return once(name, async (folder) => {
        cpSync(source, folder, { recursive: true });
        for (const command of commands) await run(command, folder);
      });
    },
  };
}

/** @throws Missing when the PATH has no such program */
function requireProgram(name: string): void {
  const { status } = spawnSync('sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' });
  if (status !== 0) throw new Missing(`${name} is not on the PATH`);
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-6).join('\n').slice(-1_500);
}
