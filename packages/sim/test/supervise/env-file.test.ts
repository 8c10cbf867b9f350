import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readEnvFile } from '../../src/supervise/env-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'gongu-env-'));
const file = join(folder, '.env');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(content: string | Buffer): Record<string, string> {
  writeFileSync(file, content);
  return readEnvFile(file);
}

it('reads comments, quotes, exports, several lines and Windows line ends', () => {
  expect(
    read(
      `\uFEFF# ours\r\n\r\nCHAT_PORT=8090 # a remark\r\nexport HOST='127.0.0.1'\r\nEMPTY=\r\nTEXT="one\ntwo" # end\nHASH='a#b'\n`,
    ),
  ).toEqual({ CHAT_PORT: '8090', HOST: '127.0.0.1', EMPTY: '', TEXT: 'one\ntwo', HASH: 'a#b' });
});

it('is empty where there is no file', () => {
  expect(readEnvFile(join(folder, 'none'))).toEqual({});
});

it.each([
  ['A=1\nB: 2\n', 'line 2: is not of the form NAME=value'],
  ['just words', 'line 1: is not of the form NAME=value'],
  ['1A=x', 'line 1: is not of the form NAME=value'],
  ["A='x\nB=2\n", "line 1: the quote ' is never closed"],
  ['A="x" y', 'line 1: there is something after the closing quote "'],
  ['A="x\ny" z', 'line 2: there is something after the closing quote "'],
  ['A=1\nB=a\0b', 'line 2: holds a NUL character'],
])('refuses %j and says where', (content, message) => {
  expect(() => read(content)).toThrow(`${file}, ${message}`);
});

it('refuses what is no UTF-8, and what is no file', () => {
  expect(() => read(Buffer.from([0x41, 0x3d, 0xff]))).toThrow('is not UTF-8 text');
  expect(() => readEnvFile(folder)).toThrow('can not be read');
});
