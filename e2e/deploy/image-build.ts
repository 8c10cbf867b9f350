import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { inRepository } from '@gongu/testkit';
import { type DockerStep, parseDockerfile } from './dockerfile.ts';

/** What came out of the last stage. */
export interface BuiltImage {
  /** Folder that stands for the image's `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

/**
 * Does by hand, in folders below `dir`, what an engine does with a Dockerfile: COPY through .dockerignore, RUN, COPY
 * between stages. The machine's own Node and shell stand for the base image.
 */
export async function buildImage(dockerfile: string, dir: string): Promise<BuiltImage> {
  const stages = parseDockerfile(await readFile(inRepository(dockerfile), 'utf8'));
  const roots = new Map(stages.map(({ name }) => [name, join(dir, `stage-${name}`)]));
  let image: BuiltImage | null = null;
  for (const { name, steps } of stages) {
    const root = roots.get(name)!;
    let workdir = '/';
    await mkdir(root, { recursive: true });
    for (const step of steps) {
      if (step.instruction === 'WORKDIR') workdir = step.rest;
      if (step.instruction === 'WORKDIR') await mkdir(join(root, workdir), { recursive: true });
      if (step.instruction === 'COPY') await copy(step, root, workdir, roots);
      if (step.instruction === 'RUN') await run(step, root, workdir, dir);
    }
    const list = (instruction: string) => {
      const rest = steps.find((step) => step.instruction === instruction)?.rest ?? '[]';
      return JSON.parse(rest.slice(rest.indexOf('['))) as string[];
    };
    image = { root, workdir, command: list('CMD'), healthcheck: list('HEALTHCHECK') };
  }
  return image!;
}

async function run({ rest }: DockerStep, root: string, workdir: string, dir: string): Promise<void> {
  // An absolute path means the stage's.
  const script = rest.replace(/ \/(?=\w)/g, ` ${root}/`);
  const prefix = join(dir, 'global');
  const env = {
    ...process.env,
    npm_config_prefix: prefix,
    PATH: `${join(prefix, 'bin')}:${process.env.PATH}`,
    CI: '1',
    // The tests' own; an engine sets none.
    NODE_ENV: undefined,
  };
  await promisify(execFile)('sh', ['-c', script], { cwd: join(root, workdir), env, maxBuffer: 64 * 1024 * 1024 });
}

async function copy({ rest }: DockerStep, root: string, workdir: string, roots: Map<string, string>): Promise<void> {
  const words = rest.split(' ');
  const from = words[0]!.startsWith('--from=') ? roots.get(words.shift()!.slice('--from='.length)) : undefined;
  const target = words.pop()!;
  const into = join(root, target.startsWith('/') ? '' : workdir, target);
  const ignored = from ? () => false : await ignoredByDocker();
  for (const word of words) {
    const source = from ? join(from, word) : inRepository(word);
    const isFolder = (await stat(source)).isDirectory();
    const place = !isFolder && target.endsWith('/') ? join(into, word) : into;
    await mkdir(dirname(place), { recursive: true });
    await cp(source, place, {
      recursive: true,
      // Docker copies a link as it is.
      verbatimSymlinks: true,
      filter: (path) => !ignored(relative(inRepository(), path)),
    });
  }
}

/** Patterns as this repository uses them: a path, `**` + `/name`, one `*` within a name, `!` for an exception. */
async function ignoredByDocker(): Promise<(path: string) => boolean> {
  const lines = (await readFile(inRepository('.dockerignore'), 'utf8')).split('\n');
  const rules = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const name = line.replace(/^!/, '').replace(/^\*\*\//, '');
      const pattern = name.replace(/[.]/g, '\\.').replace(/\*/g, '[^/]*');
      return {
        except: line.startsWith('!'),
        matches: new RegExp(`${/\*\*\//.test(line) ? '(^|/)' : '^'}${pattern}(/|$)`),
      };
    });
  return (path) => {
    const posix = path.split(sep).join('/');
    let ignored = false;
    for (const { except, matches } of rules) if (matches.test(posix)) ignored = !except;
    return ignored;
  };
}
