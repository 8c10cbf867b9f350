import { describe, expect, it } from 'vitest';
import { closeReason, codePoints, hasForbiddenCharacters, text } from '../src/text.ts';

const HIGH = '\ud83c';
const LOW = '\udf4a';

describe('code points', () => {
  it('are what a person counts: one for a Korean syllable, one for an emoji of two units', () => {
    expect(codePoints('')).toBe(0);
    expect(codePoints('abc')).toBe(3);
    expect(codePoints('안녕하세요')).toBe(5);
    expect(codePoints('🍊🍊')).toBe(2);
    expect(codePoints('a🍊가')).toBe(3);
    for (const sample of ['👨‍👩‍👧', '🇰🇷', '각', 'e\u0301']) expect(codePoints(sample)).toBe([...sample].length);
  });

  it('are counted as the language does it, even in broken texts', () => {
    for (const sample of [HIGH, LOW, LOW + HIGH, HIGH + HIGH + LOW, `a${HIGH}`, `${LOW}a`]) {
      expect(codePoints(sample), JSON.stringify(sample)).toBe([...sample].length);
    }
  });
});

describe('a text', () => {
  it('has characters that can not be stored when NUL or half a pair is among them', () => {
    expect(
      ['a\u0000b', '\u0000', HIGH, LOW, LOW + HIGH, `ab${HIGH}`].filter((t) => !hasForbiddenCharacters(t)),
    ).toEqual([]);
    expect(['', 'abc', '한국어', '🍊', '\n\t\u007f', '\ufeff', '\uffff'].filter(hasForbiddenCharacters)).toEqual([]);
  });

  it('may have as many code points as its limit and not one more', () => {
    const schema = text(5);
    for (const letter of ['a', '가', '🍊']) {
      expect(schema.safeParse(letter.repeat(5)).success, letter).toBe(true);
      expect(schema.safeParse(letter.repeat(6)).error?.issues).toMatchObject([
        { message: 'must have at most 5 characters' },
      ]);
    }
    expect(schema.safeParse('x'.repeat(10_000_000)).success).toBe(false);
  });

  it('is not empty unless that is allowed', () => {
    expect(text(5).safeParse('').error?.issues).toMatchObject([{ message: 'must not be empty' }]);
    expect(text(5, 0).safeParse('').success).toBe(true);
    for (const value of [null, undefined, 1, {}, ['a']]) expect(text(5).safeParse(value).success).toBe(false);
  });
});

describe('a close reason', () => {
  const bytes = (value: string) => new TextEncoder().encode(value).length;

  it('fits the 123 bytes of a close frame (RFC 6455 §5.5) and is left alone when it does', () => {
    expect(closeReason('too slow')).toBe('too slow');
    expect(closeReason('x'.repeat(123))).toBe('x'.repeat(123));
    expect(closeReason('x'.repeat(124))).toBe('x'.repeat(123));
  });

  it('is cut between characters: 41 Korean syllables, 30 emoji', () => {
    expect(closeReason('가'.repeat(41))).toBe('가'.repeat(41));
    expect(closeReason('가'.repeat(42))).toBe('가'.repeat(41));
    expect(closeReason('🍊'.repeat(40))).toBe('🍊'.repeat(30));
    expect(closeReason(`${'a'.repeat(122)}가`)).toBe('a'.repeat(122));
    for (let i = 0; i < 130; i++) {
      const cut = closeReason(`${'a'.repeat(i)}${'가🍊'.repeat(20)}`);
      expect(bytes(cut)).toBeLessThanOrEqual(123);
      expect(bytes(cut)).toBeGreaterThan(119);
      expect(hasForbiddenCharacters(cut)).toBe(false);
    }
  });
});
