import { expect, it } from 'vitest';
import { SearchQuery, searchForm } from '../src/index.ts';

it.each([
  ['감귤', '감귤'.normalize('NFD')],
  ['abc 123', 'ＡＢＣ　１２３'],
  ['straße', 'STRASSE'],
  ['straße', 'STRAẞE'],
  ['οδος', 'ΟΔΟΣ'],
  ['한글', '한글'],
  ['kg', '㎏'],
  ['é', 'e\u0301'],
  ['ﬁn', 'FIN'],
])('%j is found as %j', (one, other) => {
  expect(searchForm(one)).toBe(searchForm(other));
});

it('the form of a form is itself, for each character there is', () => {
  const differing: string[] = [];
  for (let codePoint = 1; codePoint <= 0x1_0ffff; codePoint++) {
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
    const form = searchForm(String.fromCodePoint(codePoint));
    if (searchForm(form) !== form) differing.push(codePoint.toString(16));
  }
  expect(differing).toEqual([]);
});

it('characters with joiners are texts of their own, and nothing is left out of them', () => {
  const family = '👨‍👩‍👧';
  expect(searchForm(`a${family}b`)).toBe(`a${family}b`);
});

it.each([
  ['a', false],
  ['ab', true],
  ['가나', true],
  ['㎏', true],
  ['👍', false],
  ['👍👍', true],
  ['a'.repeat(64), true],
  ['a'.repeat(65), false],
  ['ﷺ'.repeat(4), false],
  ['', false],
  ['a\u0000b', false],
])('whether %j may be looked for: %s', (q, may) => {
  const { success, error } = SearchQuery.safeParse({ q });
  expect(success).toBe(may);
  if (!may) expect(error?.issues[0]?.path).toEqual(['q']);
});
