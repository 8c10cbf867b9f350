// Writes beside each text of a built page what servers send of it compressed: `.br` and `.gz`, as small as they get. Of the
// shop's page that is 1.5 s of CPU, more than Vite's part: `start` has it done once everybody can come in.
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

/** Bytes: a smaller file fits a packet as it is. */
const LEAST_BYTES = 1_024;
const FORMS = [
  ['.br', promisify(brotliCompress)],
  ['.gz', (text) => promisify(gzip)(text, { level: 9 })],
];

/**
 * What is there stays, and one file after another is on its way: whoever waits for the page has the other cores.
 *
 * @param {string} folder of the built page; it may be replaced by a newer one meanwhile
 * @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<void>} once all is there, or `signal` aborted
 */
export async function compressPage(folder, { signal } = {}) {
  for (const { parentPath, name } of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!/\.(?:js|css|html|svg)$/.test(name)) continue;
    const path = join(parentPath, name);
    for (const [ending, compress] of FORMS) {
      if (signal?.aborted) return;
      const text = readIfThere(path);
      if (!text || text.length < LEAST_BYTES || existsSync(path + ending)) continue;
      const compressed = await compress(text);
      // Another build may have put another page here.
      if (!readIfThere(path)?.equals(text)) continue;
      const draft = `${path}${ending}.${process.pid}`;
      writeFileSync(draft, compressed);
      renameSync(draft, path + ending);
    }
  }
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await compressPage(process.argv[2]);
