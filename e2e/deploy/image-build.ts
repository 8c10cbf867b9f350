import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
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

/** A step that was done, and what then stood at the top of the stage's folder. */
interface Layer {
  readonly text: string;
  readonly entries: readonly string[];
}

/**
 * Does by hand, in folders below `dir`, what an engine does with a Dockerfile: COPY through .dockerignore, RUN, COPY
 * between stages. The machine's own Node and shell stand for the base image. As with an engine, what the stages of one
 * name begin with in several Dockerfiles is done once; their images are built one after the other.
 */
export function createImageBuilder(dir: string): (dockerfile: string) => Promise<BuiltImage> {
  const done = new Map<string, Layer[]>();

  /** What `steps` leave in the folder, where those that it begins with have been done for another. */
  async function runSteps(steps: readonly DockerStep[], root: string, roots: Map<string, string>): Promise<void> {
    const layers = done.get(root) ?? [];
    done.set(root, layers);
    const texts = steps.map(({ instruction, rest }) => `${instruction} ${rest}`);
    const differs = layers.findIndex(({ text }, i) => text !== texts[i]);
    const same = differs === -1 ? layers.length : differs;
    layers.splice(same);
    for (const entry of await readdir(root)) {
      if (!(layers.at(-1)?.entries ?? []).includes(entry))
        await rm(join(root, entry), { recursive: true, force: true });
    }
    let workdir = '/';
    for (const [i, step] of steps.entries()) {
      if (step.instruction === 'WORKDIR') workdir = step.rest;
      if (i < same) continue;
      if (step.instruction === 'WORKDIR') await mkdir(join(root, workdir), { recursive: true });
      if (step.instruction === 'COPY') await copy(step, root, workdir, roots);
      if (step.instruction === 'RUN') await run(step, root, workdir, dir);
      layers.push({ text: texts[i]!, entries: await readdir(root) });
    }
  }

  return async (dockerfile) => {
    const stages = parseDockerfile(await readFile(inRepository(dockerfile), 'utf8'));
    const last = stages.at(-1)!;
    const rootOf = (name: string) => join(dir, name === last.name ? dockerfile.replaceAll('/', '-') : `stage-${name}`);
    const roots = new Map(stages.map(({ name }) => [name, rootOf(name)]));
    for (const { name, steps } of stages) {
      await mkdir(rootOf(name), { recursive: true });
      await runSteps(steps, rootOf(name), roots);
    }
    const list = (instruction: string) => {
      const rest = last.steps.find((step) => step.instruction === instruction)?.rest ?? '[]';
      return JSON.parse(rest.slice(rest.indexOf('['))) as string[];
    };
    const workdir = last.steps.findLast(({ instruction }) => instruction === 'WORKDIR')?.rest ?? '/';
    return { root: rootOf(last.name), workdir, command: list('CMD'), healthcheck: list('HEALTHCHECK') };
  };
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
  const ignored = await ignoredByDocker();
  for (const word of words) {
    const source = from ? join(from, word) : inRepository(word);
    const isFolder = (await stat(source)).isDirectory();
    const place = !isFolder && target.endsWith('/') ? join(into, word) : into;
    await mkdir(dirname(place), { recursive: true });
    if (from) {
      // Thousands of packages: half the CPU of Node's own copy. Docker copies a link as it is, too.
      if (isFolder) await mkdir(place, { recursive: true });
      await promisify(execFile)('cp', ['-a', isFolder ? `${source}/.` : source, place]);
      continue;
    }
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
