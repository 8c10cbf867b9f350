import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

// Plain JavaScript, which runs without a build and has no declarations.
const script = (name: string) => import(new URL(`../${name}`, import.meta.url).href);
const { checkImports } = (await script('check-imports.mjs')) as { checkImports(root: string): { problems: string[] } };
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

it('refuses two versions of one package', () => {
  const problems = problemsOf({ 'e2e/package.json': '{"dependencies":{"zod":"4.0.0"}}', 'e2e/x.ts': '' });
  expect(problems).toEqual([expect.stringMatching(/^zod: .*4\.6\.7 in .*4\.0\.0 in e2e/)]);
});

it('does not take a comment for an import', () => {
  expect(readImports("// import('pg')\n/**\n * import x from 'pg'\n */\nexport const from = 'pg';\n")).toEqual([]);
});
