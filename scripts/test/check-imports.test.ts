import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

// Plain JavaScript, which runs without a build and has no declarations.
const script = (name: string) => import(new URL(`../${name}`, import.meta.url).href);
const { checkImports } = (await script('check-imports.mjs')) as { checkImports(root: string): { problems: string[] } };
const { checkFlow } = (await script('imports/graph.mjs')) as {
  checkFlow(flow: object, edges: Map<string, Map<string, string>>): { problems: string[]; arrows: number };
};
const { readImports } = (await script('imports/read-imports.mjs')) as { readImports(text: string): object[] };

let root = '';
afterEach(() => rmSync(root, { recursive: true, force: true }));

const MANIFESTS = {
  'package.json': '{"name":"gongu","dependencies":{"zod":"4.6.7"}}',
  'services/chat/package.json':
    '{"dependencies":{"@gongu/shared":"workspace:*","@gongu/host":"workspace:*","zod":"4.6.7","pg":"8.23.1"},"devDependencies":{"@types/ws":"1"}}',
  'services/trade/package.json': '{"dependencies":{}}',
};

/** Problems of a repository that holds these files. */
function problemsOf(files: Record<string, string>): string[] {
  root = mkdtempSync(join(tmpdir(), 'gongu-imports-'));
  for (const [name, text] of Object.entries({ ...MANIFESTS, ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return checkImports(root).problems;
}

const ROOM = 'services/chat/src/room/rooms.ts';
const STORE = 'services/chat/src/store/room-store.ts';

it('lets nobody read the time of day past his clock, but the clock', () => {
  const reads = 'export const now = () => Date.now();\n';
  expect(
    problemsOf({ [ROOM]: reads, 'packages/host/src/clock.ts': reads, 'services/chat/test/a.test.ts': reads }),
  ).toEqual([expect.stringMatching(/^services\/chat\/src\/room\/rooms.ts:1: .*time of day/)]);
});

it('lets pass what the table allows', () => {
  const problems = problemsOf({
    [ROOM]: "import { AppError } from '@gongu/shared';\nimport type { Ports } from './ports.ts';\n",
    [STORE]:
      "import pg from 'pg';\nimport { randomUUID } from 'node:crypto';\nimport type { Ports } from '../room/ports/room-store.ts';\n",
    'services/chat/src/transport/websocket.ts':
      "import { closeReason } from '@gongu/shared';\nimport type { WebSocket } from 'ws';\n",
    'services/chat/src/app.ts':
      "import { rooms } from './room/rooms.ts';\nimport { store } from './store/room-store.ts';\n",
    'services/chat/src/main.ts': "import { runMain } from '@gongu/host';\nimport { app } from './app.ts';\n",
    'services/chat/test/rooms.test.ts':
      "import { rooms } from '../src/room/rooms.ts';\nimport { app } from '../src/app.ts';\n",
  });
  expect(problems).toEqual([]);
});

it.each([
  ['a folder that is not in its row', ROOM, "import { x } from '../store/room-store.ts';", '../store/room-store.ts ('],
  [
    'a value where only types are allowed',
    STORE,
    "import { x } from '../room/ports/room-store.ts';",
    '../room/ports/room-store.ts (',
  ],
  [
    'a value beside a type',
    STORE,
    "import { type A, b } from '../room/ports/room-store.ts';",
    '../room/ports/room-store.ts (',
  ],
  ['an npm package that is not in its row', ROOM, "import pg from 'pg';", 'pg ('],
  ['a module of Node in the domain', ROOM, "import { randomUUID } from 'node:crypto';", 'node:crypto ('],
  ['a package of ours that is not in its row', ROOM, "import { createLog } from '@gongu/host';", '@gongu/host ('],
  ['an import over several lines', ROOM, "import {\n  one,\n  two,\n} from 'pg';", 'pg ('],
  ['a re-export', ROOM, "export { Pool } from 'pg';", 'pg ('],
  ['an import for its effect', ROOM, "import 'pg';", 'pg ('],
  ['a dynamic import', ROOM, "const pg = await import('pg');", 'pg ('],
  [
    'more of a package than its row names',
    'services/chat/src/transport/websocket.ts',
    "import { CLOSE, AppError } from '@gongu/shared';",
    '{ CLOSE, AppError } of @gongu/shared (',
  ],
  [
    'a path out of the package',
    ROOM,
    "import { x } from '../../../trade/src/app.ts';",
    '../../../trade/src/app.ts climbs out of services/chat',
  ],
  ['a path without extension', ROOM, "import { x } from './ports';", './ports has no file extension'],
  [
    'a package that is not declared',
    'services/chat/src/http/routes.ts',
    "import type { A } from 'fastify';",
    'fastify is not declared in services/chat/package.json',
  ],
  [
    'the app outside of main.ts',
    'services/chat/src/identify.ts',
    "import { app } from './app.ts';",
    './app.ts: only main.ts and tests know app.ts',
  ],
  [
    'more than app, environment and host in main.ts',
    'services/chat/src/main.ts',
    "import { x } from './store/room-store.ts';",
    './store/room-store.ts (',
  ],
])('refuses %s, with file and line', (_what, file, line, problem) => {
  const problems = problemsOf({ [file]: `// the first line\n${line}\n` });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(`${file}:2: ${problem}`);
});

it('refuses a folder that no row is about', () => {
  expect(problemsOf({ 'services/chat/src/misc/x.ts': '' })).toEqual([
    'services/chat/src/misc/x.ts:1: no rule says what this folder may import',
  ]);
});

it('refuses folders that import each other in a circle', () => {
  const problems = problemsOf({
    'services/chat/src/session/hub.ts': "import { x } from '../room/rooms.ts';\n",
    [ROOM]: "import { hub } from '../session/hub.ts';\n",
  });
  expect(problems.join('\n')).toContain(
    'folders import each other in a circle: services/chat/src/room → services/chat/src/session → services/chat/src/room',
  );
});

it('refuses files that import each other in a circle, for types too, in any package', () => {
  const problems = problemsOf({
    'packages/shared/package.json': '{}',
    'packages/shared/src/a.ts': "import type { B } from './b.ts';\n",
    'packages/shared/src/b.ts': "import { c } from './c.ts';\n",
    'packages/shared/src/c.ts': "import type { A } from './a.ts';\n",
  });
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `packages/shared/src/${name}.ts`);
  expect(problems).toEqual([
    `${a}:1: files import each other in a circle: ${a} → ${b} → ${c} → ${a} (${a}:1, ${b}:1, ${c}:1)`,
  ]);
});

it('counts the arrows between the folders of chat, and refuses one that goes up and one too many', () => {
  const files = {
    'services/chat/src/session/session.ts':
      "import { hub } from '../hub/hub.ts';\nimport { x } from '../room/rooms.ts';\n",
    'services/chat/src/hub/hub.ts':
      "import { x } from '../room/rooms.ts';\nimport { y } from '../room/ports/bus.ts';\n",
    'services/chat/src/http/up.ts': "import { app } from '../room/rooms.ts';\n",
  };
  expect(problemsOf(files)).toEqual([]);
  const edges = new Map([
    ['base/low', new Map([['base/high', 'low/x.ts:1']])],
    ['base/high', new Map([['base/low', 'high/x.ts:2']])],
  ]);
  expect(checkFlow({ base: 'base', order: ['high', 'low'], most: 2 }, edges)).toEqual({
    problems: ['low/x.ts:1: base/low → base/high goes up (order: high, low)'],
    arrows: 2,
  });
  expect(checkFlow({ base: 'base', order: ['high', 'low'], most: 1 }, edges).problems).toContain(
    'base: 2 arrows between its folders, and 1 are allowed',
  );
});

it('lets one line name the older URLs, so that they can be deleted with it', () => {
  const older = 'services/chat/src/endpoints/older-urls';
  const named = "import { registerOlderUrls } from '../endpoints/older-urls/older-urls.ts';\n";
  const files = {
    [`${older}/older-urls.ts`]: "import { read } from './plain-object.ts';\n",
    'services/chat/src/app/endpoints.ts': named,
    'services/chat/test/older/old.test.ts': "import { x } from '../../src/endpoints/older-urls/older-urls.ts';\n",
  };
  expect(problemsOf(files)).toEqual([]);
  expect(problemsOf({ ...files, 'services/chat/src/app/http.ts': named })).toEqual([
    `services/chat/src/app/http.ts:1: ${older} can be deleted with one line, and services/chat/src/app/endpoints.ts:1 names it already`,
  ]);
});

it('refuses two versions of one package', () => {
  const problems = problemsOf({ 'e2e/package.json': '{"dependencies":{"zod":"4.0.0"}}', 'e2e/x.ts': '' });
  expect(problems).toEqual([expect.stringMatching(/^zod: .*4\.6\.7 in .*4\.0\.0 in e2e/)]);
});

it('does not take a comment for an import', () => {
  expect(readImports("// import('pg')\n/**\n * import x from 'pg'\n */\nexport const from = 'pg';\n")).toEqual([]);
});
