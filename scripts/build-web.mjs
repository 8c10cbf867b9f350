// Writes apps/web/dist, the page that the browser loads, by Vite.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where it lands, relative to the root. */
export const WEB = { output: 'apps/web/dist/index.html' };

const PAGE = 'apps/web';
/** All that may become a part of the page. Folders count with whatever is in them, so that a new file is noticed. */
const SOURCES = ['index.html', 'package.json', 'vite.config.ts', 'src', 'public', 'server'].map(
  (name) => `${PAGE}/${name}`,
);
const PACKAGES = ['packages/client/src', 'packages/react/src', 'packages/shared/src'];

/** Paths of everything that goes into the page, relative to the root. */
export function webInputs(root) {
  return [...SOURCES, ...PACKAGES].flatMap((path) => filesOf(root, path));
}

/** @throws Error with Vite's messages already printed */
export async function buildWeb(root) {
  const folder = join(root, PAGE);
  const vite = createRequire(join(folder, 'package.json')).resolve('vite/package.json');
  const [draft, old] = ['new', 'old'].map((name) => join(folder, 'node_modules', `.page-${process.pid}-${name}`));
  // A process of its own: `start` goes on in this one, and needs none of it.
  const child = spawn(
    process.execPath,
    [join(dirname(vite), 'bin', 'vite.js'), 'build', '--logLevel', 'warn', '--outDir', draft, '--emptyOutDir'],
    { cwd: folder, stdio: 'inherit', env: { ...process.env, NODE_ENV: 'production' } },
  );
  try {
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error('the page could not be built');
    // Appears as a whole: somebody may be serving it.
    rename(join(folder, 'dist'), old);
    renameSync(draft, join(folder, 'dist'));
  } finally {
    for (const path of [draft, old]) rmSync(path, { recursive: true, force: true });
  }
}

function rename(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function filesOf(root, path) {
  if (!/\/(?:src|public|server)$/.test(path)) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
