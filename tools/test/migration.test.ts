import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, StartError, withSearchPath } from '@gongu/host';
import { inRepository, type TestDatabase, testDatabase } from '@gongu/testkit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArguments } from '../migration/arguments.ts';
import { writeMigration } from '../migration/write-migration.ts';

/** A copy of `prisma/chat`, which a test may change. */
let prisma: string;
let database: TestDatabase;

const dir = () => join(prisma, 'chat');
const functionFile = (name: string) => join(dir(), 'functions', `${name}.sql`);
const migrations = async () => (await readdir(join(dir(), 'migrations'))).filter((name) => /^\d/.test(name)).sort();
const write = (name: string) => writeMigration({ service: 'chat', name, dir: dir() }, database.url);

async function change(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: withSearchPath(database.url, 'chat') });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('pnpm migration', () => {
  beforeEach(async () => {
    prisma = await mkdtemp(join(tmpdir(), 'gongu-prisma-'));
    await cp(inRepository('prisma/chat'), join(prisma, 'chat'), { recursive: true });
    database = await testDatabase();
  });
  afterEach(async () => {
    await database.drop();
    await rm(prisma, { recursive: true });
  });

  it('says that there is nothing to do, and writes nothing', async () => {
    const before = await migrations();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [inRepository('scripts/run.mjs'), 'migration', 'chat', 'nothing', '--in', prisma],
      { encoding: 'utf8', cwd: prisma },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain("nothing to do: chat's migrations build what schema.prisma and functions/ say");
    expect(await migrations()).toEqual(before);
  });

  it('writes tables and functions that changed, each after what it needs, and then has nothing to do', async () => {
    const last = Number((await migrations()).at(-1)?.slice(0, 4));
    await change(join(dir(), 'schema.prisma'), 'model Room {\n', 'model Room {\n  note String?\n');
    await change(functionFile('room_json'), "'roomId', r.room_id,", "'roomId', r.room_id, 'note', chat.a_note(r),");
    await change(functionFile('lock_members'), 'ORDER BY user_id', 'ORDER BY room_id, user_id');
    await writeFile(
      functionFile('a_note'),
      'CREATE OR REPLACE FUNCTION chat.a_note(r chat.rooms) RETURNS TEXT LANGUAGE sql\n  RETURN chat.z_trimmed(r.note);\n',
    );
    await writeFile(
      functionFile('z_trimmed'),
      'CREATE OR REPLACE FUNCTION chat.z_trimmed(t TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE\n  RETURN trim(t);\n',
    );
    const file = await write('note');
    const name = `${String(last + 1).padStart(4, '0')}_note`;
    expect(file).toBe(join(dir(), 'migrations', name, 'migration.sql'));
    const sql = await readFile(String(file), 'utf8');
    const places = [
      'ADD COLUMN     "note" TEXT',
      'FUNCTION chat.z_trimmed(',
      'FUNCTION chat.a_note(',
      'FUNCTION chat.room_json(',
    ];
    expect(places.map((text) => sql.indexOf(text))).toEqual(
      places.map((text) => sql.indexOf(text)).sort((one, other) => one - other),
    );
    expect(sql.match(/FUNCTION chat\.\w+/g)?.sort()).toEqual(
      ['a_note', 'lock_members', 'room_json', 'z_trimmed'].map((one) => `FUNCTION chat.${one}`),
    );
    expect(await write('again')).toBeNull();

    const { applied } = await migrate({ url: database.url, schema: 'chat', dir: dir() });
    expect(applied).toContain(name);
  });

  it('drops what is gone, and what has other arguments or another result with all that is bound to it', async () => {
    await rm(functionFile('is_present'));
    for (const name of ['is_absent', 'is_within', 'leave_room', 'mark_read', 'mentionable']) {
      const text = await readFile(functionFile(name), 'utf8');
      await writeFile(functionFile(name), text.replace(/chat\.is_present\((.*?)\)/g, '$1 IS NULL'));
    }
    // room_change, which calls it, is bound to it and must go and come back too.
    await change(functionFile('room_json'), '(r chat.rooms) RETURNS JSONB', '(room chat.rooms) RETURNS JSONB');
    const text = await readFile(functionFile('room_json'), 'utf8');
    await writeFile(functionFile('room_json'), text.replaceAll(/\br\./g, 'room.'));
    const sql = await readFile(String(await write('other_shape')), 'utf8');
    expect(
      sql
        .match(/^DROP FUNCTION [^;]*;/)?.[0]
        .match(/chat\.\w+\(/g)
        ?.sort(),
    ).toEqual(
      ['is_absent', 'is_present', 'is_within', 'mentionable', 'room_change', 'room_json'].map((one) => `chat.${one}(`),
    );
    expect(await write('again')).toBeNull();
    await migrate({ url: database.url, schema: 'chat', dir: dir() });
    expect(await query(`SELECT to_regproc('chat.is_present') AS gone`)).toEqual([{ gone: null }]);
  });

  it.each([
    [
      'another function than its name',
      (text: string) => text.replace('chat.iso(', 'chat.zeit('),
      'must create the function chat.iso and no other',
    ],
    [
      'a function without its schema',
      (text: string) => text.replace('chat.iso(', 'iso('),
      'no schema has been selected',
    ],
    ['no SQL', () => 'SELEKT 1;', 'syntax error'],
  ])('refuses a file that holds %s', async (_, broken, reason) => {
    const text = await readFile(functionFile('iso'), 'utf8');
    await writeFile(functionFile('iso'), broken(text));
    const before = await migrations();
    const failure = await write('broken').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartError);
    expect((failure as StartError).message).toContain(reason);
    expect(await migrations()).toEqual(before);
  });

  it('refuses a name that is taken', async () => {
    await expect(write('append_plan')).rejects.toThrow('there is a migration 0003_append_plan already');
  });
});

describe('its arguments', () => {
  it('name a service and what the migration does', () => {
    const root = inRepository('.');
    expect(readArguments(['trade', 'invite_codes'], root)).toEqual({
      service: 'trade',
      name: 'invite_codes',
      dir: inRepository('prisma/trade'),
    });
    const elsewhere = inRepository('prisma');
    expect(readArguments(['chat', 'x', '--in', elsewhere], '/nowhere')?.dir).toBe(join(elsewhere, 'chat'));
    expect(readArguments(['--help'], root)).toBeNull();
  });

  it.each([
    [[], 'which service? Known: chat, trade'],
    [['shop', 'x'], 'there is no service "shop". Known: chat, trade'],
    [['chat'], 'what does the migration do? Give it a name'],
    [['chat', 'Invite Codes'], '"Invite Codes" is no name of a migration'],
    [['chat', '../x'], '"../x" is no name of a migration'],
    [['chat', 'a', 'b'], 'too many arguments: b'],
    [['chat', 'a', '--force'], "Unknown option '--force'"],
    [['chat', 'a', '--in', '/nowhere'], '/nowhere is missing'],
  ])('%j: %s', (args, reason) => {
    const read = () => readArguments(args, inRepository('.'));
    expect(read).toThrow(StartError);
    expect(read).toThrow(reason);
    expect(read).toThrow('pnpm migration SERVICE NAME');
  });
});
