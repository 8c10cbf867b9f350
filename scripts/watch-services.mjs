// `pnpm dev` rebuilds the services as their sources change.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as esbuild from 'esbuild';
import { BUNDLES, esbuildOptions, root, writeBundle } from './build.mjs';

/** Milliseconds between two looks at the folder `prisma`, which no bundle imports. */
const LOOK_MS = 1_000;

/**
 * @param {object} options
 * @param {readonly string[]} options.services names: `chat`
 * @param {(service: string) => void} options.onBuilt its program is another one now; a change that makes no difference to
 *   the program is not told
 * @param {(service: string, message: string) => void} options.onBuildFailed the program that was there stays
 * @param {(message: string) => void} options.onPrismaChanged what became of it, or what is left to do
 * @returns {Promise<{close(): Promise<void>}>}
 */
export async function watchServices({ services, onBuilt, onBuildFailed, onPrismaChanged }) {
  const contexts = await Promise.all(services.map((service) => watchOne(service)));
  const stopLooking = watchPrisma(onPrismaChanged);
  return {
    async close() {
      stopLooking();
      await Promise.all(contexts.map((context) => context.dispose()));
      await esbuild.stop();
    },
  };

  async function watchOne(service) {
    const bundle = BUNDLES.find(({ entry }) => entry === `services/${service}/src/main.ts`);
    let running = textOf(join(root, bundle.output));
    // As `pnpm dev` has built it: quickly.
    const options = esbuildOptions({ ...bundle, holdsNpm: false });
    const context = await esbuild.context({
      ...options,
      logLevel: 'silent',
      plugins: [...options.plugins, { name: 'tells', setup: (bundler) => bundler.onEnd(onEnd) }],
    });
    await context.watch();
    return context;

    async function onEnd(result) {
      try {
        if (result.errors.length > 0) {
          const messages = await esbuild.formatMessages(result.errors, { kind: 'error' });
          onBuildFailed(service, messages.join('').trim());
          return;
        }
        const { text } = result.outputFiles.find(({ path }) => path.endsWith('.mjs'));
        if (text === running) return;
        writeBundle(bundle, result);
        running = text;
        onBuilt(service);
      } catch (error) {
        onBuildFailed(service, error.message);
      }
    }
  }
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A schema is made into a client at once, which is then a source that changed; SQL is for people to decide about. */
function watchPrisma(onChanged) {
  const folder = join(root, 'prisma');
  let known = timesIn(folder);
  const timer = setInterval(() => {
    const now = timesIn(folder);
    const changed = [...new Set([...known.keys(), ...now.keys()])].filter((file) => known.get(file) !== now.get(file));
    known = now;
    const names = changed.map((file) => relative(root, file));
    if (names.some((name) => name.endsWith('schema.prisma'))) generate(onChanged);
    const sql = names.filter((name) => name.endsWith('.sql'));
    if (sql.some((name) => name.includes('/functions/'))) {
      onChanged(`${sql.join(', ')} changed: pnpm migration writes what carries it into a database`);
    } else if (sql.length > 0) onChanged(`${sql.join(', ')} changed: a restart of pnpm dev applies new migrations`);
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function timesIn(folder) {
  const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
  return new Map(files.map((file) => [file, statSync(file, { throwIfNoEntry: false })?.mtimeMs]));
}

function generate(onChanged) {
  const child = spawn(process.execPath, [join(root, 'scripts', 'generate.mjs')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  child.on('error', (error) => onChanged(`prisma generate: ${error.message}`));
  child.on('close', () => onChanged(output.trim() || 'the schema makes the same client'));
}
