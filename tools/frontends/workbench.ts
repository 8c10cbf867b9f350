import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inRepository } from '@gongu/testkit';

/** Characters of a failed program's output that are worth reading. */
const TAIL = 2_500;
/** Longest time of one program: a first installation fetches hundreds of packages. */
const PATIENCE_MS = 600_000;
/** Nobody answers there: whoever asks a registry for one of our packages fails. */
export const NO_REGISTRY = '--@gongu:registry=http://127.0.0.1:9/';

/** What packages are given to, and where. */
export interface Workbench {
  /** Paths of the tarballs: shared, client, react. */
  readonly tarballs: readonly string[];
  /** A new folder with these files. */
  project(name: string, files: Readonly<Record<string, string>>): Project;
}

export interface Project {
  readonly folder: string;
  /** Runs a program in it to its end. @returns what it printed @throws Error with the end of that when it fails */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

/** A file of a project, which is kept as text: it is for another place. */
export function fileOf(name: string): string {
  return readFileSync(inRepository(`tools/frontends/files/${name}.txt`), 'utf8');
}

export function createWorkbench(folder: string, tarballs: readonly string[], stopping: AbortSignal): Workbench {
  return {
    tarballs,
    project(name, files) {
      const own = join(folder, name);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(own, path)), { recursive: true });
        writeFileSync(join(own, path), text);
      }
      return { folder: own, run: (program, args, env = {}) => run(program, args, own, env, stopping) };
    },
  };
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(program, args, {
    cwd,
    env: { ...withoutPnpm(process.env), CI: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    signal,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${output.trim().slice(-TAIL)}`);
  return output.trim();
}

/** What pnpm tells its own scripts, npm would take for its settings. */
function withoutPnpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name)));
}
