import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Missing } from '../workshop.ts';
import type { Surrounding } from './surrounding.ts';

/** Node from the npm package that carries its program for this platform. */
function node(version: string): Surrounding {
  return {
    name: `Node ${version.split('.')[0]}`,
    async open({ workshop, database }) {
      const name = `node-${process.platform}-${process.arch}`;
      const folder = await workshop.npm([`${name}@${version}`]);
      const program = join(folder, 'node_modules', name, 'bin/node');
      return {
        versions: `Node ${ask(program).replace(/^v/, '')}`,
        runtime: [program, '--enable-source-maps'],
        databaseUrl: await database(),
      };
    },
  };
}

const THIS_NODE: Surrounding = {
  name: 'this Node, and the embedded PostgreSQL',
  async open({ database }) {
    return { versions: `Node ${process.versions.node}, PostgreSQL 18`, databaseUrl: await database() };
  },
};

const BUN: Surrounding = {
  name: 'Bun',
  async open({ workshop, database }) {
    const name = `bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`;
    const folder = await workshop.npm([`@oven/${name}@1.4.5`]);
    const program = join(folder, 'node_modules/@oven', name, 'bin/bun');
    return { versions: `Bun ${ask(program)}`, runtime: [program], databaseUrl: await database() };
  },
};

const DENO: Surrounding = {
  name: 'Deno',
  async open({ workshop, database }) {
    const suffix = process.platform === 'linux' ? '-glibc' : '';
    const name = `${process.platform}-${process.arch}${suffix}`;
    const folder = await workshop.npm([`@deno/${name}@2.9.6`]);
    const program = join(folder, 'node_modules/@deno', name, 'deno');
    const versions = ask(program).split('\n')[0]!.split(' ').slice(0, 2).join(' ');
    const runtime = [program, 'run', '--allow-all', '--no-prompt'] as const;
    return { versions: versions.replace('deno', 'Deno'), runtime: [...runtime], databaseUrl: await database() };
  },
};

export const RUNTIMES: readonly Surrounding[] = [
  THIS_NODE,
  node('22.23.5'),
  node('24.22.3'),
  node('26.12.1'),
  BUN,
  DENO,
];

/** What it says its version is. @throws Missing when it does not run here */
function ask(program: string): string {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Missing(`${program} does not run here`);
  return stdout.trim();
}
