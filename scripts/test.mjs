// `pnpm test`: everything that must hold, and one summary line. Arguments are passed on to Vitest:
// `pnpm test services/chat`, `pnpm test -t "a name"`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installTools } from './test-tools.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const node = process.execPath;

// In CI others may be at work on the same machine. What a pause of it broke passes alone; a defect does not.
const RUN_AGAIN_FILES = 8;

installTools();
const checks = [
  ['format and lint', bin('biome'), ['check', '.']],
  ['Prisma clients', node, ['scripts/generate.mjs']],
  ['types', bin('tsc'), ['--noEmit']],
  ['types in a browser', bin('tsc'), ['--noEmit', '-p', 'packages/react']],
  ['types of the page', bin('tsc'), ['--noEmit', '-p', 'apps/web']],
  ['imports', node, ['scripts/check-imports.mjs']],
  ['build', node, ['scripts/build.mjs']],
].map(([name, program, args]) => {
  const started = Date.now();
  const failed = run(program, args) !== 0;
  console.log(`${failed ? 'FAILED' : 'ok'}  ${name} (${((Date.now() - started) / 1_000).toFixed(1)} s)`);
  return { name, failed };
});

const tests = runTests(process.argv.slice(2));
if (process.env.CI && tests.files.length > 0 && tests.files.length <= RUN_AGAIN_FILES) runAgain(tests);
const failedChecks = checks.filter(({ failed }) => failed).map(({ name }) => name);
if (failedChecks.length > 0) console.log(`\nfailed beside the tests: ${failedChecks.join(', ')}`);
const passed = tests.passed + checks.length - failedChecks.length;
const failed = tests.failed + failedChecks.length;
console.log(`\n${passed} passed, ${failed} failed, ${tests.skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;

/** Files with a failure, once more and one at a time; `tests` then counts the second run of them. */
function runAgain(tests) {
  console.log('\nrun again, alone, for what failed in them:');
  for (const file of tests.files) console.log([relative(root, file.name), ...file.failures].join('\n  - '));
  const second = runTests([...tests.files.map((file) => file.name), '--maxWorkers=1']);
  for (const count of ['passed', 'failed', 'skipped']) {
    tests[count] += second[count] - tests.files.reduce((sum, file) => sum + file[count], 0);
  }
}

/** Numbers of tests, from Vitest's own report; `files` are those with a failure, with their own numbers. */
function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'gongu-report-'));
  const file = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const status = run(bin('vitest'), ['run', ...reporters, ...args]);
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const files = report.testResults.map(inFile);
    const sum = (count) => files.reduce((total, file) => total + file[count], 0);
    const failed = sum('failed');
    return {
      passed: sum('passed'),
      // An error outside of any test fails the run as well.
      failed: status !== 0 && failed === 0 ? 1 : failed,
      skipped: sum('skipped'),
      files: files.filter((file) => file.failed > 0),
    };
  } catch (error) {
    console.error(`Vitest left no report: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0, files: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inFile({ name, status, assertionResults }) {
  const count = (...wanted) => assertionResults.filter((one) => wanted.includes(one.status)).length;
  const failed = count('failed');
  // A file whose set-up failed has no failed test: its tests are skipped, or not even listed.
  return {
    name,
    passed: count('passed'),
    failed: status === 'failed' && failed === 0 ? 1 : failed,
    skipped: count('pending', 'skipped', 'todo', 'disabled'),
    failures: assertionResults.filter((one) => one.status === 'failed').map(({ fullName }) => fullName),
  };
}

function run(program, args) {
  return spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status;
}
