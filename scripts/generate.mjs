// Writes the Prisma client of every prisma/<service>/schema.prisma. Up to date (same schema, same Prisma): does nothing.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const prisma = require.resolve('prisma/package.json');
const { version } = JSON.parse(readFileSync(prisma, 'utf8'));

const results = await Promise.allSettled(
  readdirSync(join(root, 'prisma')).map(async (service) => {
    const schema = join(root, 'prisma', service, 'schema.prisma');
    if (existsSync(schema)) await generate(service, schema);
  }),
);
const failed = results.find(({ status }) => status === 'rejected');
if (failed) throw failed.reason;

async function generate(service, schema) {
  const text = readFileSync(schema, 'utf8');
  const output = /^\s*output\s*=\s*"([^"]+)"/m.exec(text)?.[1];
  if (!output) throw new Error(`${schema}: the generator names no output`);
  const folder = resolve(dirname(schema), output);
  const stamp = join(folder, '.source');
  const source = createHash('sha256').update(version).update(text).digest('hex');
  const isFresh = () =>
    existsSync(join(folder, 'client.ts')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === source;
  if (isFresh()) return;
  const unlock = await lock(`${folder}.lock`);
  try {
    if (!isFresh()) await write({ service, schema, stamp, source });
  } finally {
    unlock();
  }
}

// A test run and a build may start at once, and Prisma empties the folder first.
async function lock(path) {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    try {
      mkdirSync(path);
      return () => rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    // Nobody takes a minute: that one was killed.
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs > 60_000) rmSync(path, { recursive: true, force: true });
    await sleep(50);
  }
}

async function write({ service, schema, stamp, source }) {
  const started = Date.now();
  const cli = join(dirname(prisma), 'build', 'index.js');
  // It reads one schema once: to compile its parser for speed takes 0.5 s of CPU, and is of no use any more.
  const child = spawn(process.execPath, ['--liftoff-only', cli, 'generate', '--schema', schema, '--no-hints'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // Prisma would download its native schema engine here. It is not run by `generate`: any file will do.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [status] = await once(child, 'close');
  if (status !== 0) {
    process.stderr.write(output);
    throw new Error(`prisma generate failed for ${service}`);
  }
  writeFileSync(stamp, source);
  console.error(`generated Prisma client for ${service} (${Date.now() - started} ms)`);
}
