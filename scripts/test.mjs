// `pnpm test`: everything that must hold, and one summary line. Arguments are passed on to Vitest:
// `pnpm test services/chat`, `pnpm test -t "a name"`.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from './test-run.mjs';
import { installTools } from './test-tools.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const node = process.execPath;

installTools();
const checks = [
  ['format and lint', bin('biome'), ['check', '.']],
  ['Prisma clients', node, ['scripts/generate.mjs']],
  ['types', bin('tsc'), ['--noEmit']],
  ['types in a browser', bin('tsc'), ['--noEmit', '-p', 'packages/react']],
  ['types of the page', bin('tsc'), ['--noEmit', '-p', 'apps/web']],
  ['imports', node, ['scripts/check-imports.mjs']],
  ['sizes', node, ['scripts/check-sizes.mjs']],
  ['unused exports', bin('knip'), ['--no-progress']],
  ['build', node, ['scripts/build.mjs']],
].map(([name, program, args]) => {
  const started = Date.now();
  const failed = run(program, args) !== 0;
  console.log(`${failed ? 'FAILED' : 'ok'}  ${name} (${((Date.now() - started) / 1_000).toFixed(1)} s)`);
  return { name, failed };
});

const tests = runTests({
  root,
  vitest: bin('vitest'),
  args: process.argv.slice(2),
  again: Boolean(process.env.CI),
});
const failedChecks = checks.filter(({ failed }) => failed).map(({ name }) => name);
if (failedChecks.length > 0) console.log(`\nfailed beside the tests: ${failedChecks.join(', ')}`);
const passed = tests.passed + checks.length - failedChecks.length;
const failed = tests.failed + failedChecks.length;
console.log(`\n${passed} passed, ${failed} failed, ${tests.skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;

function run(program, args) {
  return spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status;
}
