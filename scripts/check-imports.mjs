// Holds "who may import whom" (imports/rules.mjs): folders, npm packages, package borders, circles of folders and of files
// (types included), the direction of a service's folders, folders that can be deleted, and one version of an npm package
// everywhere. And who may read the time of day. Says where and which rule, and ends with 1.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkFlow, findCycles } from './imports/graph.mjs';
import { readImports } from './imports/read-imports.mjs';
import { DELETABLE, FLOWS, MAIN_MAY, RULES } from './imports/rules.mjs';

const SOURCE = /\.(?:ts|tsx|mts|js|mjs)$/;
const SKIPPED = new Set(['node_modules', 'dist', 'generated', '.git', '.gongu', 'coverage']);
/** Code whose time is an argument. */
const CLOCKED = /^(?:packages\/(?:shared|host|client)|services\/[^/]+)\/src\//;
const WITH_EXTENSION = /\.(?:ts|tsx|mts|js|mjs|json|lua|lua\?raw|css|svg|md)$/;

/**
 * Problems of the repository, each `file:line: what (rule)`.
 *
 * @param {string} root
 * @returns {{problems: string[], files: number, arrows: Map<string, number>}} `arrows`: between folders, by their base
 */
export function checkImports(root) {
  const problems = [];
  /** Folder → folder and file → file → where; `allowed`: folders, without what a row forbids. */
  const edges = { folders: new Map(), allowed: new Map(), files: new Map() };
  const packages = new Map();
  const whole = packageOf(root, 'package.json', packages);
  const files = sourcesIn(root, '');
  for (const file of files) {
    const rule = ruleFor(file);
    if (!rule) {
      if (/^(?:packages|services|apps)\//.test(file))
        problems.push(`${file}:1: no rule says what this folder may import`);
      continue;
    }
    const owner = packageOf(root, file, packages);
    const text = readFileSync(join(root, file), 'utf8');
    problems.push(...wallClockIn(file, text));
    for (const one of readImports(text)) {
      const problem = judge({ root, file, rule, owner, whole, packages, edges }, one);
      if (problem) problems.push(`${file}:${one.line}: ${problem}`);
    }
  }
  const flows = FLOWS.map((flow) => ({ flow, ...checkFlow(flow, edges.allowed) }));
  return {
    problems: [
      ...problems,
      ...findCycles('folders', edges.folders),
      ...findCycles('files', edges.files),
      ...flows.flatMap((one) => one.problems),
      ...namedTwice(edges.files),
      ...differingVersions(root, packages),
    ],
    files: files.length,
    arrows: new Map(flows.map(({ flow, arrows }) => [flow.base, arrows])),
  };
}

/**
 * Where the time of day is read past the clock that is an argument: an operator may set it, also back, so that it measures
 * no duration, and no test can hold it.
 */
function wallClockIn(file, text) {
  if (!CLOCKED.test(file) || file.endsWith('/clock.ts')) return [];
  return text
    .split('\n')
    .flatMap((line, i) =>
      /^(?!\s*(?:\/?\*|\/\/)).*\bDate\.now\b/.test(line)
        ? [`${file}:${i + 1}: reads the time of day past its clock`]
        : [],
    );
}

/** Why the import is not allowed; undefined when it is. */
function judge(context, { specifier, typeOnly, names, line }) {
  const { root, file, rule, owner, whole, packages, edges } = context;
  const may = /^services\/[^/]+\/src\/main\.ts$/.test(file) ? MAIN_MAY : rule.may;
  const allowed = (name) => may.some((entry) => permits(entry, name, { typeOnly, names }));
  const listed = `${rule.folder} may import: ${may.map(show).join(', ')}`;

  if (isBuiltin(specifier)) return allowed('node:') || allowed(specifier) ? undefined : `${specifier} (${listed})`;

  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier);
    if (packageOf(root, target, packages).dir !== owner.dir)
      return `${specifier} climbs out of ${owner.dir || 'the root package'}`;
    if (!WITH_EXTENSION.test(specifier)) return `${specifier} has no file extension`;
    note(edges.files, file, target, `${file}:${line}`);
    if (!rule.base) return undefined;
    const below = posix.relative(rule.base, target);
    noteFolders(edges.folders, rule.base, file, below, line);
    if (below === 'app.ts' && !file.endsWith('/main.ts') && !rule.tests)
      return `${specifier}: only main.ts and tests know app.ts`;
    const own = !rule.beside && target.startsWith(`${rule.folder}/`);
    if (!own && !allowed(below)) return `${specifier} (${listed})`;
    noteFolders(edges.allowed, rule.base, file, below, line);
    return undefined;
  }

  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)[0];
  if (!(specifier.startsWith('@gongu/') ? allowed(specifier) : allowed(name))) {
    const byName = names?.length && may.some((entry) => entry.from === specifier);
    const what = byName ? `{ ${names.join(', ')} } of ${specifier}` : specifier;
    return `${what} (${listed})`;
  }
  if (isDeclared(owner.manifest, name, typeOnly || rule.tests)) return undefined;
  // The tools of the repository as a whole are there for every test.
  if (rule.tests && isDeclared(whole.manifest, name, true)) return undefined;
  return `${name} is not declared in ${join(owner.dir, 'package.json')}`;
}

/** Whether an entry of a rule covers `name`: a package, `node:…`, or a path below the rule's base. */
function permits(entry, name, { typeOnly, names }) {
  if (typeof entry === 'object') {
    if (entry.from !== name) return false;
    return typeOnly || Boolean(names?.every((one) => entry.names.includes(one)));
  }
  if (entry === '*') return true;
  if (entry === '*npm') return !name.startsWith('@gongu/') && !name.startsWith('node:');
  if (entry.startsWith('type ')) return typeOnly && permits(entry.slice(5), name, { typeOnly, names });
  if (entry.endsWith('/*')) return name.startsWith(entry.slice(0, -1));
  if (entry.endsWith('/') && !entry.startsWith('@')) return name.startsWith(entry);
  return entry === name;
}

function show(entry) {
  return typeof entry === 'string' ? entry : `{ ${entry.names.join(', ')} } of ${entry.from}`;
}

/** The rule of the deepest folder around the file; one for "beside" holds for files directly in it. */
function ruleFor(file) {
  const around = RULES.filter(({ folder, beside }) =>
    beside ? posix.dirname(file) === folder : file.startsWith(`${folder}/`),
  );
  return around.sort((one, other) => other.folder.length - one.folder.length)[0];
}

/** Imports between two folders of a service. */
function noteFolders(edges, base, file, below, line) {
  if (!file.startsWith(`${base}/`) || below.startsWith('..')) return;
  const [from, to] = [posix.relative(base, file), below].map((path) => (path.includes('/') ? path.split('/')[0] : ''));
  if (!from || !to || from === to) return;
  note(edges, `${base}/${from}`, `${base}/${to}`, `${file}:${line}`);
}

function note(edges, from, to, where) {
  const targets = edges.get(from) ?? new Map();
  edges.set(from, targets);
  if (!targets.has(to)) targets.set(to, where);
}

/** Imports of a folder that can be deleted, beside the one that may name it. */
function namedTwice(files) {
  return DELETABLE.flatMap((folder) => {
    const inside = (path) => path.startsWith(`${folder}/`);
    const from = [...files].filter(([file]) => !inside(file) && !/\/test\//.test(file));
    const found = from.flatMap(([, targets]) => [...targets].flatMap(([to, where]) => (inside(to) ? [where] : [])));
    const rest = found.slice(1).join(', ');
    return rest ? [`${rest}: ${folder} can be deleted with one line, and ${found[0]} names it already`] : [];
  });
}

function isDeclared({ dependencies = {}, devDependencies = {}, peerDependencies = {} }, name, development) {
  if (name in dependencies || name in peerDependencies) return true;
  return development && (name in devDependencies || `@types/${name}` in devDependencies);
}

/** The package.json next above a path. */
function packageOf(root, path, packages) {
  let dir = posix.dirname(path);
  while (dir !== '.' && !existsSync(join(root, dir, 'package.json'))) dir = posix.dirname(dir);
  if (dir === '.') dir = '';
  if (!packages.has(dir)) {
    const manifest = join(root, dir, 'package.json');
    packages.set(dir, { dir, manifest: existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {} });
  }
  return packages.get(dir);
}

/** Two versions of one package would be two copies of it, whose instances do not know each other. */
function differingVersions(root, packages) {
  const versions = new Map();
  for (const { dir, manifest } of packages.values()) {
    for (const [name, version] of Object.entries({ ...manifest.devDependencies, ...manifest.dependencies })) {
      // What is copied elsewhere brings tarballs of the workspace's own.
      if (version.startsWith('file:')) continue;
      const users = versions.get(name) ?? new Map();
      versions.set(name, users.set(version, dir || relative(dirname(root), root)));
    }
  }
  return [...versions]
    .filter(([, users]) => users.size > 1)
    .map(([name, users]) => `${name}: ${[...users].map(([version, dir]) => `${version} in ${dir}`).join(', ')}`);
}

function sourcesIn(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourcesIn(root, path);
    return SOURCE.test(entry.name) ? [path.split(sep).join('/')] : [];
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { problems, files, arrows } = checkImports(resolve(dirname(fileURLToPath(import.meta.url)), '..'));
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length > 0 ? `${problems.length} forbidden imports` : `imports of ${files} files are as the table says`,
  );
  for (const [base, count] of arrows) console.log(`${base}: ${count} arrows between its folders`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
