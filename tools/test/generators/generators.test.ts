import { existsSync, readFileSync } from 'node:fs';
import { inRepository } from '@gongu/testkit';
import { expect, test } from 'vitest';
import { GENERATORS } from '../../generators/all-generators.ts';
import { EXPECTED } from '../../generators/shop.ts';
import { tableOf } from '../../generators/table.ts';

const EXTENSIONS = { TypeScript: 'ts.txt', Python: 'py', Go: 'go', Java: 'java', Kotlin: 'kt' } as const;

test('the table of docs/compatibility.md has every generator, as it is pinned, and each of them is fine', () => {
  const outcomes = GENERATORS.map((generator) => ({ generator, results: { trade: 'ok', chat: 'ok' } }));
  expect(readFileSync(inRepository('docs/compatibility.md'), 'utf8')).toContain(tableOf(outcomes));
});

test.each(GENERATORS)('$name has a program for each service', ({ name, language }) => {
  const extension = EXTENSIONS[language as keyof typeof EXTENSIONS];
  for (const service of ['trade', 'chat']) {
    const file = `tools/generators/clients/${name}/${service}.${extension}`;
    expect(existsSync(inRepository(file)), file).toBe(true);
  }
});

test('a call that found another product, or a room of another size, has failed', () => {
  expect('제주 감귤 10kg RECRUITING null\n').toMatch(EXPECTED.trade);
  expect('제주 감귤 10kg RECRUITING FULL\n').not.toMatch(EXPECTED.trade);
  expect('3 room.opened 안녕하세요\n').toMatch(EXPECTED.chat);
  expect('2 room.opened 안녕하세요\n').not.toMatch(EXPECTED.chat);
});
