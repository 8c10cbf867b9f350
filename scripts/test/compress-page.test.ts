import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';

// Plain JavaScript, which runs without a build and has no declarations.
const { compressPage } = (await import(new URL('../compress-page.mjs', import.meta.url).href)) as {
  compressPage(folder: string, options?: { signal?: AbortSignal }): Promise<void>;
};

const TEXT = 'const a = 1;\n'.repeat(1_000);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gongu-page-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'assets/page.js'), TEXT);
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = () => readdirSync(join(folder, 'assets')).sort();

test('beside a text are its two compressed forms, beside what is small or no text there is nothing', async () => {
  writeFileSync(join(folder, 'assets/small.css'), 'a{}');
  writeFileSync(join(folder, 'assets/picture.png'), TEXT);
  await compressPage(folder);
  expect(files()).toEqual(['page.js', 'page.js.br', 'page.js.gz', 'picture.png', 'small.css']);
  expect(brotliDecompressSync(readFileSync(join(folder, 'assets/page.js.br'))).toString()).toBe(TEXT);
  expect(gunzipSync(readFileSync(join(folder, 'assets/page.js.gz'))).toString()).toBe(TEXT);
});

test('what is there is not made again, and whoever stops gets nothing more', async () => {
  writeFileSync(join(folder, 'assets/page.js.br'), 'as it was');
  await compressPage(folder, { signal: AbortSignal.abort() });
  expect(files()).toEqual(['page.js', 'page.js.br']);
  await compressPage(folder);
  expect(files()).toEqual(['page.js', 'page.js.br', 'page.js.gz']);
  expect(readFileSync(join(folder, 'assets/page.js.br'), 'utf8')).toBe('as it was');
});

test('of a text that another build replaces meanwhile nothing is written', async () => {
  const compressed = compressPage(folder);
  writeFileSync(join(folder, 'assets/page.js'), `${TEXT}more`);
  await compressed;
  expect(files().filter((name) => name.endsWith('.br'))).toEqual([]);
  expect(gunzipSync(readFileSync(join(folder, 'assets/page.js.gz'))).toString()).toBe(`${TEXT}more`);
});
