// Writes dist/ (or the folder given) of the package in the working directory, as its `publishConfig` names it: one bundle for each entry of
// `exports`, and its declarations. Run by the packages' own `build`.
//
// What a package depends on stays outside, with one exception: of @gongu/shared the few constants that are used come
// along, because importing it would load zod at run time. Its types are imported, so it stays a dependency.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const here = process.cwd();
const {
  name,
  exports,
  dependencies = {},
  peerDependencies = {},
} = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const sources = Object.values(exports);
const dist = resolve(process.argv[2] ?? 'dist');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const { metafile } = await esbuild.build({
  absWorkingDir: here,
  entryPoints: sources,
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  jsx: 'automatic',
  external: Object.keys({ ...dependencies, ...peerDependencies })
    .filter((dependency) => dependency !== '@gongu/shared')
    .flatMap((dependency) => [dependency, `${dependency}/*`]),
  mainFields: ['module', 'main'],
  sourcemap: true,
  sourcesContent: true,
  // What renders in a browser says so to frameworks that render on a server by default, as Next.js does.
  ...('react' in peerDependencies ? { banner: { js: "'use client';" } } : {}),
  legalComments: 'none',
  metafile: true,
});
await esbuild.stop();
const included = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
const strangers = included.filter((path) => path.includes('node_modules/'));
if (strangers.length > 0) throw new Error(`${name} would bring along ${strangers.join(', ')}`);

const { status } = spawnSync(
  join(root, 'node_modules', '.bin', 'tsc'),
  ['-p', 'tsconfig.build.json', '--outDir', dist],
  {
    cwd: here,
    stdio: 'inherit',
  },
);
if (status !== 0) throw new Error(`the declarations of ${name} could not be written`);
console.log(`built ${name}`);
