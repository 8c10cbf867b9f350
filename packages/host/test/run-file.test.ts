import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataDir, readRunFile, writeRunFile } from '../src/index.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-run-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('what start leaves is read where variables are unset or empty', () => {
  writeRunFile({ DATA_DIR: dir }, { DATABASE_URL: 'postgresql://x', CHAT_URL: 'http://a', JWT_SECRET: 's' });
  expect(readRunFile({ DATA_DIR: dir, CHAT_URL: 'http://b', JWT_SECRET: '' })).toEqual({
    DATABASE_URL: 'postgresql://x',
    JWT_SECRET: 's',
  });
});

test('only its owner can read it', async () => {
  const file = writeRunFile({ DATA_DIR: dir }, { JWT_SECRET: 's' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('no file means nothing, a broken one is an error', async () => {
  expect(readRunFile({ DATA_DIR: dir })).toEqual({});
  await writeFile(join(dir, 'run.json'), '{"A":');
  expect(() => readRunFile({ DATA_DIR: dir })).toThrow("run.json can't be read");
});

test('DATA_DIR begins at the repository, whatever the working directory', () => {
  expect(dataDir({})).toBe(inRepository('.gongu'));
  expect(dataDir({ DATA_DIR: 'elsewhere' })).toBe(inRepository('elsewhere'));
  expect(dataDir({ DATA_DIR: '/var/lib/x' })).toBe('/var/lib/x');
});
