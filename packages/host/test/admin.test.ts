import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { adminCommand, columns, createAdminService, envFields, runAdmin, StartError } from '../src/index.ts';

const roomId = z.string().max(3);
const rooms = createAdminService({
  name: 'one',
  async open() {
    return { async close() {} };
  },
  commands: [
    adminCommand({
      ...{ words: 'rooms list', does: 'rooms' },
      options: {
        limit: envFields.int(5, { min: 1, max: 9 }).describe('at most so many'),
        dryRun: z.boolean().optional(),
      },
      run: async (_: unknown, given) => ({ json: given, text: JSON.stringify(given) }),
    }),
    adminCommand({
      ...{ words: 'rooms show', does: 'a room', operands: { roomId } },
      async run(_: unknown, given) {
        if (given.roomId === 'no') throw new StartError('there is none');
        return { json: given, text: given.roomId };
      },
    }),
  ],
});

let [out, err] = ['', ''];
beforeEach(() => {
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    process.exitCode = code ?? 0;
    return undefined as never;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});
const run = (...argv: string[]) => runAdmin([rooms], { argv, env: {} });

it.each([
  ['', 'which command?'],
  ['rooms', 'which of rooms list, rooms show?'],
  ['rooms burn', 'which of rooms list'],
  ['room', 'there is no command "room"'],
  ['rooms list --yaml', "Unknown option '--yaml'"],
  ['rooms show', 'ROOM_ID is missing'],
  ['rooms show one two', '"two" is one word too many'],
  ['rooms list --limit many', '--limit: must be a whole number from 1 to 9'],
  ['rooms show long', 'ROOM_ID: '],
])('a command line %j ends with 2, and says why', async (line, why) => {
  await run(...line.split(' ').filter(Boolean));
  expect([process.exitCode, out]).toEqual([2, '']);
  expect(err).toContain(why);
});

it.each([
  ['rooms list', '{"limit":5}\n'],
  ['-- rooms list --limit 2 --dry-run --json', '{"limit":2,"dryRun":true}\n'],
  ['rooms show -- -no', '-no\n'],
  ['rooms list --help', 'pnpm admin rooms list […]\n\nrooms\n\n  --limit LIMIT  at most so many\n  --dry-run\n'],
  ['--help', '  rooms list […]      rooms\n  rooms show ROOM_ID  a room\n'],
])('a command line %j answers', async (line, answer) => {
  await run(...line.split(' '));
  expect([process.exitCode, err]).toEqual([undefined, '']);
  expect(out).toContain(answer);
});

it('what is not done ends with 1, and says why', async () => {
  await run('rooms', 'show', 'no');
  expect([process.exitCode, out, err]).toEqual([1, '', 'admin: one: there is none\n']);
});

it('what users wrote tells the terminal nothing, and is one line of a table', async () => {
  const text = columns(
    [
      ['a\u001b[2J\nb  ACTIVE', 1],
      ['감귤 \u202e\u009b👍', null],
    ],
    'none',
  );
  expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['a\\u001b[2J\\u000ab', 'ACTIVE', '1'],
    ['감귤 \\u202e\\u009b👍', '-'],
  ]);
  await run('rooms', 'show', '\u001b[m');
  expect(out).toBe('\\u001b[m\n');
});
