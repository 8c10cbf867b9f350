import { appendFileSync, closeSync, mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@gongu/testkit/eventually';
import { afterAll, expect, it } from 'vitest';
import { followLog } from '../start/log-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'gongu-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('tells every line that is added from now on, also one that comes in pieces', async () => {
  const file = join(folder, 'pieces.log');
  appendFileSync(file, 'an earlier run\n');
  const lines: string[] = [];
  const log = followLog({ file, onLine: (line) => lines.push(line), intervalMs: 5 });
  const output = log.open();
  const text = Buffer.from('안녕하세요\nsecond\n');
  writeSync(output, text.subarray(0, 4)); // in the middle of a character
  await eventually(() => expect(log.size()).toBeGreaterThan(15));
  writeSync(output, text.subarray(4));
  closeSync(output);
  await eventually(() => expect(lines).toEqual(['안녕하세요', 'second']));
  expect(log.since(15)).toBe('안녕하세요\nsecond\n');
  log.close();
});

it('begins the file anew beyond its limit, and keeps what there was', async () => {
  const file = join(folder, 'long.log');
  const lines: string[] = [];
  const log = followLog({ file, onLine: (line) => lines.push(line), intervalMs: 5, limitBytes: 100 });
  const output = log.open();
  writeSync(output, `${'x'.repeat(120)}\n`);
  await eventually(() => expect(log.size()).toBe(0));
  writeSync(output, 'after\n');
  await eventually(() => expect(lines.at(-1)).toBe('after'));
  closeSync(output);
  log.close();
  expect(readFileSync(`${file}.1`, 'utf8')).toHaveLength(121);
  expect(readFileSync(file, 'utf8')).toBe('after\n');
});
