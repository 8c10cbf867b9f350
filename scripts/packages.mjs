// `pnpm packages`: tarballs of the packages for front ends, as they would be published, in dist/packages, and the line that
// installs them. No registry is asked. A folder may be named: `pnpm packages ../my-shop/vendor`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** In the order in which they depend on each other: client needs shared, react needs client. */
const PACKAGES = ['shared', 'client', 'react'];
const folder = resolve(process.argv[2] ?? join(root, 'dist', 'packages'));

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) {
  if (/^gongu-(?:shared|client|react)-[^/]*\.tgz$/.test(name)) rmSync(join(folder, name));
}
const files = PACKAGES.map((name) => {
  const cwd = join(root, 'packages', name);
  const { version } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  run(process.execPath, [join(root, 'scripts', 'build-package.mjs')], cwd);
  // pnpm's, not npm's: it puts `publishConfig` in force and says which version `workspace:*` is.
  run(...pnpm(['pack', '--pack-destination', folder]), cwd);
  return join(folder, `gongu-${name}-${version}.tgz`);
});
// Whole paths: the line is for another folder than this one.
const paths = files.map((file) => (file.includes(' ') ? `"${file}"` : file));
console.log(`\nThe three belong together. In a front end:\n\n  npm i ${paths.join(' ')}\n`);

function run(program, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  console.error(`gongu: ${program} ${args.join(' ')} failed: ${error?.message ?? ''}\n${stdout ?? ''}${stderr ?? ''}`);
  process.exit(1);
}

/** The pnpm that runs this, else the one that the README names. */
function pnpm(args) {
  const { npm_execpath: program = '', npm_config_user_agent: agent = '' } = process.env;
  if (!agent.startsWith('pnpm/') || !program) return ['npx', ['-y', 'pnpm@12', ...args]];
  return /\.[cm]?js$/.test(program) ? [process.execPath, [program, ...args]] : [program, args];
}
