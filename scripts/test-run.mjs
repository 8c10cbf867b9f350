// The tests, by Vitest. In CI, what failed in them is run once more, and each test that needed it is named.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

// In CI others may be at work on the same machine. What a pause of it broke passes alone; a defect does not.
const RUN_AGAIN_FILES = 8;

/** What these find, they find under load and by chance: passing the next time proves nothing. */
const NEVER_FLAKY = /^e2e\/|\bchaos\b|\bfaults?\b/;

const SET_UP = 'its set-up';
/** Of what a failure says. */
const REASON_LINES = 12;

/**
 * Runs the tests, and where `again` says so, files with a failure once more, alone and one at a time. Prints a line
 * `flaky: <file> > <name>` for each test that passes only then. It counts as passed, except in e2e, chaos and fault
 * tests, where it fails the run. Below it, and below a line `failed: <file> > <name>` of a test that fails again, stands why
 * it failed the first time: of a long log only the end may be kept.
 *
 * @param {{root: string, vitest: string, args: readonly string[], again: boolean}} options `root`: where Vitest runs;
 *   `vitest`: its program; `args`: what to pass on to it
 * @returns {{passed: number, failed: number, skipped: number}}
 */
export function runTests({ root, vitest, args, again }) {
  const first = run(root, vitest, args);
  const broken = first.files.filter(({ failures }) => failures.size > 0);
  if (!again || broken.length === 0 || broken.length > RUN_AGAIN_FILES) return first.counts;

  console.log('\nrun again, alone, for what failed in them:');
  for (const { name, failures } of broken) console.log([name, ...failures.keys()].join('\n  - '));
  const second = run(root, vitest, [...broken.map(({ name }) => join(root, name)), '--maxWorkers=1']);
  const counts = { ...first.counts };
  for (const file of broken) {
    const repeated = second.files.find(({ name }) => name === file.name);
    const isFlaky = (name) => repeated !== undefined && !repeated.failures.has(name);
    for (const [name, reason] of file.failures) {
      console.log(`${isFlaky(name) ? 'flaky' : 'failed'}: ${file.name} > ${name}\n${reason}`);
    }
    if ([...file.failures.keys()].some(isFlaky) && NEVER_FLAKY.test(file.name))
      console.log(`${file.name} must not be flaky: it has failed`);
    // A file that may not be flaky keeps its first result. One that the second run lost has failed in both.
    if (!repeated || NEVER_FLAKY.test(file.name)) continue;
    for (const count of ['passed', 'failed', 'skipped']) counts[count] += repeated.counts[count] - file.counts[count];
  }
  // What went wrong there outside of any test.
  if (second.files.length === 0 || second.outside) counts.failed++;
  return counts;
}

/** Vitest's own report, by file. `outside`: it failed, and no test did. */
function run(root, vitest, args) {
  const folder = mkdtempSync(join(tmpdir(), 'gongu-report-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = spawnSync(vitest, ['run', ...reporters, ...args], { cwd: root, stdio: 'inherit' });
    const files = JSON.parse(readFileSync(report, 'utf8')).testResults.map((file) => inFile(root, file));
    const sum = (count) => files.reduce((total, file) => total + file.counts[count], 0);
    const counts = { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
    const outside = status !== 0 && counts.failed === 0;
    if (outside) counts.failed = 1;
    return { files, counts, outside };
  } catch (error) {
    console.error(`Vitest left no report: ${error.message}`);
    return { files: [], counts: { passed: 0, failed: 1, skipped: 0 }, outside: true };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inFile(root, { name, status, message, assertionResults }) {
  const count = (...wanted) => assertionResults.filter((one) => wanted.includes(one.status)).length;
  const failed = assertionResults.filter((one) => one.status === 'failed');
  const failures = new Map(
    failed.map(({ ancestorTitles, title, failureMessages }) => [
      [...ancestorTitles, title].join(' > '),
      reasonOf(failureMessages[0]),
    ]),
  );
  // A file whose set-up failed has no failed test: its tests are skipped, or not even listed.
  if (status === 'failed' && failed.length === 0) failures.set(SET_UP, reasonOf(message));
  return {
    name: relative(root, name).split(sep).join('/'),
    counts: {
      passed: count('passed'),
      failed: failed.length || failures.size,
      skipped: count('pending', 'skipped', 'todo', 'disabled'),
    },
    failures,
  };
}

/** The first lines of what a failure says, indented. */
function reasonOf(message) {
  const lines = stripVTControlCharacters(message || 'it does not say why').split('\n');
  return lines
    .slice(0, REASON_LINES)
    .map((line) => `    ${line}`)
    .join('\n');
}
