import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import type { Trial } from './trial.ts';
import { fileOf, NO_REGISTRY } from './workbench.ts';

const NPM = ['--no-audit', '--no-fund', '--no-update-notifier', NO_REGISTRY];
const TYPESCRIPT = 'typescript@5.9.3';
const ATTW = '@arethetypeswrong/cli@0.18.5';
const REACT = ['react@19.2.9', 'react-dom@19.2.9', '@types/react@19.3.0', '@types/react-dom@19.3.0'];
const NAMES = ['shared', 'client', 'react'];

/** The example as its README says: with tarballs beside it, by npm alone. */
const EXAMPLE: Trial = {
  name: 'examples/react-vite',
  async run(bench) {
    const project = bench.project('react-vite', { '.npmrc': NO_REGISTRY.slice(2) });
    const from = inRepository('examples/react-vite');
    for (const name of readdirSync(from)) {
      if (/^(?:node_modules|vendor|dist|package-lock\.json)$/.test(name)) continue;
      cpSync(join(from, name), join(project.folder, name), { recursive: true });
    }
    mkdirSync(join(project.folder, 'vendor'), { recursive: true });
    for (const tarball of bench.tarballs) cpSync(tarball, join(project.folder, 'vendor', basename(tarball)));
    await project.run('npm', ['install', '--no-audit', '--no-fund', '--no-update-notifier']);
    await project.run('npm', ['run', 'build']);
    const [vite = ''] = (await project.run('npx', ['vite', '--version'])).split(' ');
    return `npm install and npm run build: tsc, ${vite}`;
  },
};

/** The tarballs: that they install without a registry of ours, run, have types that resolve, and fit the example. */
export const PACKAGE_TRIALS: readonly Trial[] = [
  {
    name: 'npm, into an empty folder',
    async run(bench) {
      const project = bench.project('npm', { 'package.json': '{"type":"module"}', 'use.mjs': fileOf('use.mjs') });
      await project.run('npm', ['install', ...NPM, ...bench.tarballs, ...REACT.slice(0, 2)]);
      await project.run('node', ['use.mjs']);
      return `npm ${await project.run('npm', ['--version'])}: installed, imported and rendered by Node`;
    },
  },
  {
    name: 'types',
    async run(bench) {
      const project = bench.project('types', { 'package.json': '{"type":"module"}', 'use.ts': fileOf('use.mjs') });
      await project.run('npm', ['install', ...NPM, ...bench.tarballs, ...REACT, TYPESCRIPT]);
      const common = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom,dom.iterable', 'use.ts'];
      for (const [module, resolution] of [
        ['esnext', 'bundler'],
        ['node16', 'node16'],
        ['nodenext', 'nodenext'],
      ] as const) {
        await project.run('npx', ['tsc', '--module', module, '--moduleResolution', resolution, ...common]);
      }
      return `${TYPESCRIPT}: bundler, node16, nodenext`;
    },
  },
  {
    name: 'attw',
    async run(bench) {
      const project = bench.project('attw', { 'package.json': '{}' });
      for (const tarball of bench.tarballs) {
        // There is no CommonJS in them, and no type in a stylesheet.
        const args = [tarball, '--profile', 'esm-only', '--exclude-entrypoints', './styles.css', '--no-emoji'];
        await project.run('npx', ['-y', ATTW, ...args]);
      }
      return `${ATTW}: no problems (ESM only)`;
    },
  },
  {
    name: 'npm publish --dry-run',
    async run(bench) {
      const project = bench.project('publish', { 'package.json': '{}' });
      for (const tarball of bench.tarballs)
        await project.run('npm', ['publish', '--dry-run', '--no-provenance', tarball]);
      return 'all three';
    },
  },
  {
    name: 'a folder in place of a tarball',
    async run(bench) {
      const project = bench.project('folder', { 'package.json': '{}' });
      for (const name of NAMES) {
        const refused = await project.run('npm', ['install', inRepository('packages', name)]).then(
          () => null,
          (error: Error) => error.message,
        );
        if (!refused?.includes('pnpm@12 packages')) throw new Error(`npm takes ${name}: ${refused}`);
      }
      return 'refused, with the command that makes tarballs';
    },
  },
  EXAMPLE,
];
