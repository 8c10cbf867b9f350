import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

// Plain JavaScript, which runs without a build and has no declarations.
const script = new URL('../check-sizes.mjs', import.meta.url).href;
const { checkSizes } = (await import(script)) as { checkSizes(root: string): { problems: string[]; files: number } };

let root = '';
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Problems of a repository that holds these files. */
function problemsOf(files: Record<string, string>): string[] {
  root = mkdtempSync(join(tmpdir(), 'gongu-sizes-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return checkSizes(root).problems;
}

const lines = (count: number, ...first: string[]) =>
  `${[...first, ...Array.from({ length: count - first.length }, (_, i) => `// ${i}`)].join('\n')}\n`;
const uses = (...names: string[]) => lines(60, ...names.map((name) => `import { x } from '${name}';`));

const LONG = 'services/chat/src/hub/long.ts';
const SHORT = 'services/chat/src/hub/short.ts';
const USER = 'services/chat/src/hub/hub.ts';
const OTHER = 'services/chat/src/session/session.ts';

it('lets pass a file of 300 lines, and a longer one that says why near its top', () => {
  expect(problemsOf({ [LONG]: lines(300) })).toEqual([]);
  const reason = '/** Over 300 lines: a table. */';
  expect(problemsOf({ [LONG]: lines(301, '// The table.', reason) })).toEqual([]);
});

it.each([
  ['says nothing', lines(301)],
  ['gives no reason', lines(301, '// Over 300 lines:')],
  ['says it far below', lines(301, ...Array.from({ length: 10 }, () => '//'), '// Over 300 lines: a table.')],
])('finds a file of 301 lines that %s', (_, text) => {
  expect(problemsOf({ [LONG]: text })).toEqual([
    `${LONG}: 301 lines, and none of the first 10 says "Over 300 lines: <why>"`,
  ]);
});

it('finds a file of less than 30 lines that only one other uses, by value or by type', () => {
  const problem = `${SHORT}: 29 lines, and only ${USER} uses it: make it a part of that file`;
  expect(problemsOf({ [SHORT]: lines(29), [USER]: uses('./short.ts') })).toEqual([problem]);
  rmSync(root, { recursive: true, force: true });
  const type = lines(60, "import type { X } from './short.ts';");
  expect(problemsOf({ [SHORT]: lines(29), [USER]: type })).toEqual([problem]);
});

it.each([
  ['of 30 lines', { [SHORT]: lines(30), [USER]: uses('./short.ts') }],
  ['with two users', { [SHORT]: lines(9), [USER]: uses('./short.ts'), [OTHER]: uses('../hub/short.ts') }],
  [
    'with a test of its own',
    { [SHORT]: lines(9), [USER]: uses('./short.ts'), 'services/chat/test/short.test.ts': uses('../src/hub/short.ts') },
  ],
  ['that nobody imports: it is started by its name', { [SHORT]: lines(9) }],
  [
    'that a package offers',
    {
      'packages/sim/package.json': '{"exports":{".":"./src/index.ts","./line":"./src/line.ts"}}',
      'packages/sim/src/index.ts': uses('./crowd.ts'),
      'packages/sim/src/crowd.ts': lines(9),
      'packages/sim/src/line.ts': lines(9),
      'packages/sim/src/talker.ts': uses('./line.ts'),
    },
  ],
  [
    'that is one of a table',
    {
      'services/chat/src/session/commands/ping.ts': lines(9),
      'services/chat/src/session/commands/commands.ts': uses('./ping.ts'),
    },
  ],
  ['of a test', { 'e2e/fixture/x.ts': lines(9), 'e2e/a.test.ts': lines(400, "import './fixture/x.ts';") }],
])('lets pass a short file %s', (_, files) => {
  expect(problemsOf(files as Record<string, string>)).toEqual([]);
});
