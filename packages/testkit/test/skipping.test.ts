import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inRepository } from '../src/index.ts';

/** What starts a program that npm does not carry, and what a file that calls it must ask first. */
const NEEDS: readonly [starts: RegExp, asks: RegExp][] = [
  [/\bstartRedis(?:Cluster|Sentinel)?\(/, /\bredisProgram\(\)/],
  [/--tls[-]port|\bstartRedisSentinel\(\{/, /\bredisHasTls\(\)/],
  [/\b(?:startBrowser|chatPages|openShop)\(/, /\bbrowserProgram\(\)/],
  [/\bstartNginx\(/, /\bensureNginx\(\)/],
  [/\bopenTwoInstances\(/, /\bcanBrowseTwoInstances\(\)/],
];

const testFiles = ['packages', 'services', 'apps', 'e2e', 'tools', 'bench']
  .map((folder) => inRepository(folder))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.test\.tsx?$/.test(name) && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );

test('tests that need Redis, a browser or nginx are skipped by their names where there is none', () => {
  const missing = testFiles.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return NEEDS.filter(([starts, asks]) => starts.test(text) && !asks.test(text)).map(
      ([starts]) => `${file}: ${starts}`,
    );
  });
  expect(testFiles.length).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});
