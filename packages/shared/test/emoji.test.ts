import { expect, test } from 'vitest';
import { z } from 'zod';
import { Emoji } from '../src/emoji.ts';
import { isRgi, spelledEmoji } from '../src/emoji-spelling.ts';

const spelled = (text: string) => Emoji.safeParse(text).data?.replace(/\ufe0f/gu, '*');

test('an emoji is one however it is spelled, and always the same then', () => {
  const spellings: readonly [string, ...string[]][] = [
    ['👍', '👍'],
    ['❤*', '❤', '❤\ufe0f'],
    ['1*⃣', '1⃣', '1\ufe0f⃣'],
    ['🇰🇷', '🇰🇷'],
    ['👍🏽', '👍🏽'],
    ['☝🏽', '☝🏽', '☝\ufe0f🏽'],
    ['🏳*‍🌈', '🏳\ufe0f‍🌈', '🏳‍🌈'],
    ['👩‍❤*‍👨', '👩‍❤\ufe0f‍👨', '👩‍❤‍👨'],
    ['🕵*‍♂*', '🕵‍♂', '🕵\ufe0f‍♂\ufe0f', '🕵‍♂\ufe0f'],
    ['👨‍👩‍👧‍👦', '👨‍👩‍👧‍👦'],
    ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['©*', '©', '©\ufe0f'],
  ];
  for (const [one, ...same] of spellings) expect(same.map(spelled), one).toEqual(same.map(() => one));
});

test('nothing else is one, and it is said what would be', () => {
  const others = ['', 'a', '1', '가', '👍👍', '👍 ', '🇰', '❤\ufe0e', '‍', '\ufe0f', ':+1:', '👍'.repeat(30)];
  for (const text of others) {
    expect(Emoji.safeParse(text).error?.issues[0], text).toMatchObject({ message: 'must be exactly one emoji' });
  }
});

test('documents say of what shape one is, for every reader: all of them fit, words and numbers do not', () => {
  const { pattern = '', maxLength } = z.toJSONSchema(Emoji, { io: 'input' });
  const readers = ['', 'u'].map((flags) => new RegExp(pattern, flags));
  const fits = (text: string) => readers.every((reader) => reader.test(text));
  const points = Array.from({ length: 0x1fb00 }, (_, i) => i).filter((i) => i < 0xd800 || i > 0xdfff);
  // What an emoji is refused for costs an error with its stack, a hundred thousand times.
  const plain = points.map((point) => String.fromCodePoint(point)).filter((text) => isRgi(spelledEmoji(text)));
  expect(plain.length).toBeGreaterThan(1_000);
  const joined = ['1\ufe0f⃣', '🇰🇷', '👍🏽', '☝\ufe0f🏽', '🏳\ufe0f‍🌈', '👩🏽‍❤\ufe0f‍💋‍👨🏻', '👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'];
  expect([...plain, ...joined].filter((text) => !Emoji.safeParse(text).success)).toEqual([]);
  expect([...plain, ...joined].filter((text) => !fits(text) || text.length > maxLength!)).toEqual([]);
  const others = ['', 'a', '1', '１', '가', '中', '👍 ', '👍a', '‍', '\ufe0f', ':+1:'];
  expect(others.filter((text) => readers.some((reader) => reader.test(text)))).toEqual([]);
});
