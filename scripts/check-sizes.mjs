// Holds the size rule: a source file of more than 300 lines says why near its top, and one of less than 30 has a second
// user, else it would be a part of its only one. Says which do not, and ends with 1.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readImports } from './imports/read-imports.mjs';

const MOST_LINES = 300;
const LEAST_LINES = 30;
/** Where the reason stands, at the latest. */
const TOP_LINES = 10;
const REASON = /\bOver 300 lines: \S/;

const SOURCE = /\.(?:ts|tsx|mts|js|mjs|c)$/;
const DECLARATIONS = /\.d\.ts$/;
const SKIPPED = new Set(['node_modules', 'dist', 'generated', '.git', '.gongu', 'coverage']);
/** One file for each, however short: commands, steps of a story, paragraphs of a composition, what observes, stores. */
const ONE_EACH = [
  'services/chat/src/session/commands/',
  'tools/demo/steps/',
  ...['app', 'observe', 'store'].flatMap((name) => [`services/chat/src/${name}/`, `services/trade/src/${name}/`]),
];
/** Tests are as long as what they tell, and a fixture is no part of one test only because one test needs it. */
const TESTS = /(?:^|\/)(?:test|e2e)\//;

/**
 * @param {string} root
 * @returns {{problems: string[], files: number}} `files`: of sources, tests not counted
 */
export function checkSizes(root) {
  const files = sourcesIn(root, '');
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const users = new Map();
  for (const [file, text] of texts) {
    for (const { specifier } of readImports(text)) {
      if (!specifier.startsWith('.')) continue;
      const target = posix.join(posix.dirname(file), specifier);
      users.set(target, (users.get(target) ?? new Set()).add(file));
    }
  }
  const entries = entriesIn(root, files);
  const problems = [];
  const sources = files.filter((file) => !TESTS.test(file));
  for (const file of sources) {
    const lines = texts.get(file).trimEnd().split('\n');
    if (lines.length > MOST_LINES && !REASON.test(lines.slice(0, TOP_LINES).join('\n'))) {
      problems.push(`${file}: ${lines.length} lines, and none of the first ${TOP_LINES} says "Over 300 lines: <why>"`);
    }
    // What nobody imports is started by name, or it is unused, which is another check's matter.
    const [user, second] = users.get(file) ?? [];
    const alone = user && !second && !entries.has(file) && !entries.has(user);
    if (lines.length < LEAST_LINES && alone && !ONE_EACH.some((folder) => file.startsWith(folder))) {
      problems.push(`${file}: ${lines.length} lines, and only ${user} uses it: make it a part of that file`);
    }
  }
  return { problems, files: sources.length };
}

/** Files that a package.json offers to other packages. What they use, others use through them. */
function entriesIn(root, files) {
  const folders = new Set(
    files.flatMap((file) => file.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/'))),
  );
  const offered = [...folders].flatMap((folder) => {
    const manifest = join(root, folder, 'package.json');
    if (!existsSync(manifest)) return [];
    const { exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
    return Object.values(exports).map((path) => posix.join(folder, String(path)));
  });
  return new Set(offered);
}

function sourcesIn(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourcesIn(root, path);
    return SOURCE.test(entry.name) && !DECLARATIONS.test(entry.name) ? [path.split(sep).join('/')] : [];
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { problems, files } = checkSizes(resolve(dirname(fileURLToPath(import.meta.url)), '..'));
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length > 0
      ? `${problems.length} files are too long or too short`
      : `${files} files have a size of their own`,
  );
  process.exitCode = problems.length > 0 ? 1 : 0;
}
