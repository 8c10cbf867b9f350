import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = join(repository, 'node_modules/.bin/vitest');

let root = '';
afterEach(() => rmSync(root, { recursive: true, force: true }));

const FIRST_TIME_ONLY = `import { existsSync, writeFileSync } from 'node:fs';
function failTheFirstTime(name) {
  const mark = new URL('./' + name + '.ran', import.meta.url);
  if (existsSync(mark)) return;
  writeFileSync(mark, '');
  throw new Error(name + ' failed');
}
`;
const FLAKY = `${FIRST_TIME_ONLY}
describe('a thing', () => {
  it('passes', () => {});
  it('needs two runs', () => failTheFirstTime('one'));
  it.skip('is left out', () => {});
});
`;
const BROKEN = "it('is wrong', () => expect(1).toBe(2));\nit('is right', () => {});\n";
const SET_UP = `${FIRST_TIME_ONLY}beforeAll(() => failTheFirstTime('two'));\nit('waits for it', () => {});\n`;

/** The counts, and the lines that tell of flaky tests, of a run over these files. */
function runOver(files: Record<string, string>, { again = true }: { again?: boolean } = {}) {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'gongu-test-run-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  writeFileSync(
    join(root, 'vitest.config.mjs'),
    "export default { test: { globals: true, pool: 'threads', isolate: false, maxWorkers: 1 } };\n",
  );
  const options = JSON.stringify({ root, vitest: VITEST, args: [], again });
  const script = `import { runTests } from ${JSON.stringify(new URL('../test-run.mjs', import.meta.url).href)};
    console.log(JSON.stringify(runTests(${options})));`;
  // A process of its own: it prints to the console, as Vitest does.
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const lines = stdout.trim().split('\n');
  const counts: unknown = JSON.parse(lines.at(-1) ?? stderr);
  return { counts, told: lines.filter((line) => /^flaky: |must not be flaky/.test(line)), stdout };
}

it('names a test that passes only the second time, and counts it as passed', () => {
  const { counts, told } = runOver({ 'a.test.js': FLAKY, 'b.test.js': "it('passes', () => {});\n" });
  expect(counts).toEqual({ passed: 3, failed: 0, skipped: 1 });
  expect(told).toEqual(['flaky: a.test.js > a thing > needs two runs']);
});

it('names a file whose set-up works only the second time', () => {
  const { counts, told } = runOver({ 'a.test.js': SET_UP });
  expect(counts).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(told).toEqual(['flaky: a.test.js > its set-up']);
});

it('takes no failure for flaky that comes again', () => {
  const { counts, told } = runOver({ 'a.test.js': FLAKY, 'b.test.js': BROKEN });
  expect(counts).toEqual({ passed: 3, failed: 1, skipped: 1 });
  expect(told).toEqual(['flaky: a.test.js > a thing > needs two runs']);
});

it('says behind the second run why each test failed in the first one', () => {
  const many = JSON.stringify(Array.from({ length: 20 }, (_, i) => `line ${i + 1} of it`).join('\n'));
  const { stdout } = runOver({
    'a.test.js': FLAKY,
    'b.test.js': `it('says much', () => { throw new Error(${many}); });\n`,
    'c.test.js': SET_UP,
  });
  const end = stdout.slice(stdout.lastIndexOf('Duration'));
  expect(end).toContain('flaky: a.test.js > a thing > needs two runs\n    Error: one failed\n');
  expect(end).toContain('failed: b.test.js > says much\n    Error: line 1 of it\n    line 2 of it\n');
  expect(end).toContain('    line 12 of it\n');
  expect(end).not.toContain('line 13 of it');
  expect(end).toContain('flaky: c.test.js > its set-up\n    two failed\n');
});

it('fails the run by a flaky test of e2e, chaos or faults, and names it', () => {
  const never = [
    'bus/bus-faults.test.js',
    'e2e/drain.test.js',
    'test/fault/races.test.js',
    'tools/test/chaos/plan.test.js',
  ];
  const { counts, told } = runOver(Object.fromEntries(['a.test.js', ...never].map((name) => [name, FLAKY])));
  expect(counts).toEqual({ passed: 6, failed: 4, skipped: 5 });
  expect(told.toSorted()).toEqual(
    [
      'flaky: a.test.js > a thing > needs two runs',
      ...never.flatMap((name) => [
        `flaky: ${name} > a thing > needs two runs`,
        `${name} must not be flaky: it has failed`,
      ]),
    ].toSorted(),
  );
});

it('runs nothing again outside of CI, and nothing where too much has failed', () => {
  expect(runOver({ 'a.test.js': FLAKY }, { again: false })).toMatchObject({
    counts: { passed: 1, failed: 1, skipped: 1 },
    told: [],
  });
  rmSync(root, { recursive: true, force: true });
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}/a.test.js`, FLAKY]));
  expect(runOver(many)).toMatchObject({ counts: { passed: 9, failed: 9, skipped: 9 }, told: [] });
});

it('fails where something goes wrong outside of any test', () => {
  const { counts, stdout } = runOver({
    'a.test.js':
      "it('passes', () => void setTimeout(() => { throw new Error('late'); }, 1));\nit('waits', () => new Promise((done) => setTimeout(done, 50)));\n",
  });
  expect(counts).toEqual({ passed: 2, failed: 1, skipped: 0 });
  expect(stdout).not.toContain('run again');
});
