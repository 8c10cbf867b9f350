// Writes the Prisma client of every prisma/<service>/schema.prisma. Up to date (same schema, same Prisma): does nothing.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFresh } from './prisma-generate.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..');
const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('prisma/package.json'), 'utf8'));

const stale = readdirSync(join(root, 'prisma'))
  .map((service) => ({ service, schema: join(root, 'prisma', service, 'schema.prisma') }))
  .filter(({ schema }) => existsSync(schema))
  .map(clientOf)
  .filter((client) => !isFresh(client));
if (stale.length > 0) await generate(stale);

function clientOf({ service, schema }) {
  const text = readFileSync(schema, 'utf8');
  const output = /^\s*output\s*=\s*"([^"]+)"/m.exec(text)?.[1];
  if (!output) throw new Error(`${schema}: the generator names no output`);
  const source = createHash('sha256').update(version).update(text).digest('hex');
  return { service, schema, folder: resolve(dirname(schema), output), source };
}

async function generate(clients) {
  const started = Date.now();
  // It reads each schema once: to compile its parser for speed takes 0.5 s of CPU, and is of no use any more.
  const args = ['--liftoff-only', join(here, 'prisma-generate.mjs'), JSON.stringify(clients)];
  const child = spawn(process.execPath, args, {
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
  const failed = clients.find((client) => !isFresh(client));
  if (status !== 0 || failed) {
    process.stderr.write(output);
    throw new Error(
      `prisma generate failed for ${failed?.service ?? clients.map(({ service }) => service).join(', ')}`,
    );
  }
  // Nothing is said by who found all of it written by another run meanwhile.
  if (output) {
    const names = clients.map(({ service }) => service).join(' and ');
    console.error(`generated Prisma client for ${names} (${Date.now() - started} ms)`);
  }
}
