// Writes the Prisma clients that its argument names, one after another in this one process: most of what Prisma takes is to
// load itself. Run by generate.mjs.
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} Client
 * @property {string} service
 * @property {string} schema path of the file that it is made from
 * @property {string} folder where it is written
 * @property {string} source what it is made from, as one hash
 */

/** @param {Client} client @returns {boolean} whether it is there, of this source */
export function isFresh({ folder, source }) {
  const stamp = stampOf(folder);
  return existsSync(join(folder, 'client.ts')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === source;
}

function stampOf(folder) {
  return join(folder, '.source');
}

async function writeAll(clients) {
  // A test run and a build may start at once, and Prisma empties the folder first.
  for (const { folder } of clients) await lock(`${folder}.lock`);
  const stale = clients.filter((client) => !isFresh(client));
  const require = createRequire(import.meta.url);
  const index = join(dirname(require.resolve('prisma/package.json')), 'build', 'index.js');
  let current;
  // It says in no other way that it is done; with what it refuses it ends the process.
  process.on('beforeExit', next);
  next();

  function next() {
    if (current) writeFileSync(stampOf(current.folder), current.source);
    current = stale.shift();
    if (!current) return;
    process.argv = [process.execPath, index, 'generate', '--schema', current.schema, '--no-hints'];
    for (const file of [index, join(dirname(index), 'cli.js')]) delete require.cache[file];
    require(index);
  }
}

/** Until the end of this process. */
async function lock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  process.once('exit', () => rmSync(mine, { force: true }));
  writeFileSync(mine, String(process.pid));
  while (!taken()) {
    if (!isAlive(holder()) || isOld()) rmSync(path, { force: true });
    else await sleep(50);
  }
  process.once('exit', () => rmSync(path, { force: true }));

  // A link appears with its content.
  function taken() {
    try {
      linkSync(mine, path);
      return true;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      return false;
    }
  }

  /** Nobody takes a minute: that one was killed, and its number has gone to another. */
  function isOld() {
    return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 60_000;
  }

  function holder() {
    try {
      return Number(readFileSync(path, 'utf8'));
    } catch {
      return 0;
    }
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeAll(JSON.parse(process.argv[2]));
}
