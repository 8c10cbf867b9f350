// `pnpm test`: everything that must hold, and one summary line. Arguments are passed on to Vitest:
// `pnpm test services/chat`, `pnpm test -t "a name"`.
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from './test-run.mjs';
import { installTools } from './test-tools.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const node = process.execPath;

const checks = [await check('Prisma clients', node, ['scripts/generate.mjs'])];
// Two at a time, the long ones first; meanwhile the tools are fetched.
const waiting = [
  ['types', bin('tsc'), ['--noEmit']],
  ['build', node, ['scripts/build.mjs']],
  ['format and lint', bin('biome'), ['check', '.']],
  ['unused exports', bin('knip'), ['--no-progress']],
  ['types in a browser', bin('tsc'), ['--noEmit', '-p', 'packages/react']],
  ['types of the page', bin('tsc'), ['--noEmit', '-p', 'apps/web']],
  ['imports', node, ['scripts/check-imports.mjs']],
  ['sizes', node, ['scripts/check-sizes.mjs']],
];
const lanes = [1, 2].map(async () => {
  for (let next = waiting.shift(); next; next = waiting.shift()) checks.push(await check(...next));
});
installTools();
await Promise.all(lanes);

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

/** What a check prints comes as a whole, when it is over. */
async function check(name, program, args) {
  const started = Date.now();
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const status = await new Promise((done) => {
    child.on('error', (error) => {
      output += `${error.message}\n`;
      done(null);
    });
    child.on('close', done);
  });
  const failed = status !== 0;
  process.stdout.write(output);
  console.log(`${failed ? 'FAILED' : 'ok'}  ${name} (${((Date.now() - started) / 1_000).toFixed(1)} s)`);
  return { name, failed };
}
