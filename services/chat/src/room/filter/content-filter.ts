import { AppError } from '@gongu/shared';
import { findLinks } from './find-links.ts';
import { findNumbers } from './find-numbers.ts';
import { createWordFinder } from './find-words.ts';
import { readable } from './readable.ts';

export interface ContentFilterOptions {
  /** What becomes of a text in which something is found. */
  readonly mode: 'mask' | 'refuse';
  /** Names that links may lead to, with all that is below them: `shop.example`. */
  readonly links: readonly string[];
  /** Words that are not said here. */
  readonly words: readonly string[];
}

/** A text, where it is the JSON of something, that, and what a front end of `/room` calls it. */
interface Said {
  readonly content: string;
  readonly data?: unknown;
  readonly signalType?: string;
}

/** What takes the place of a character. */
const MASK = '●';

/**
 * Telephone numbers, accounts, links and words that are not wanted, found as a reader would find them. Takes some 20 µs for a
 * usual message.
 */
export function createContentFilter({ mode, links, words }: ContentFilterOptions) {
  const allowed = new Set(links.map((name) => name.toLowerCase()));
  const findWords = createWordFinder(words);

  /** The text with what was found in it masked; null: nothing was. */
  function mask(content: string): string | null {
    const read = readable(content);
    const spans = [...findNumbers(read), ...findLinks(read, allowed), ...findWords(read.text)];
    if (spans.length === 0) return null;
    if (mode === 'refuse') throw new AppError('CONTENT_REFUSED');
    const hidden = new Set<number>();
    for (const { start, end } of spans) {
      for (let i = read.starts[start]!; i < read.ends[end - 1]!; i++) hidden.add(i);
    }
    let masked = '';
    let at = 0;
    for (const char of content) {
      masked += hidden.has(at) && !/\s/u.test(char) ? MASK : char;
      at += char.length;
    }
    return masked;
  }

  /** All texts in any JSON, and the names of its fields, masked; the same value where nothing is found. */
  function maskAll(value: unknown): unknown {
    if (typeof value === 'string') return mask(value) ?? value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const items = value.map(maskAll);
      return items.some((item, i) => item !== value[i]) ? items : value;
    }
    const before = Object.entries(value);
    const after = before.map(([name, field]) => [mask(name) ?? name, maskAll(field)] as const);
    const isSame = after.every(([name, field], i) => name === before[i]![0] && field === before[i]![1]);
    return isSame ? value : Object.fromEntries(after);
  }

  return {
    /**
     * What may be stored of a text, or of `data`, of which the text is the JSON. `masked`: it is not what was said.
     *
     * @throws AppError CONTENT_REFUSED (mode `refuse`)
     */
    applyTo({ content, data, signalType }: Said): Said & { masked?: true } {
      const type = signalType === undefined ? null : mask(signalType);
      const called = type === null ? {} : ({ signalType: type, masked: true } as const);
      // What JSON adds around texts must not make a number of two.
      if (data !== undefined) {
        const masked = maskAll(data);
        return masked === data
          ? { content, data, ...called }
          : { content: JSON.stringify(masked), data: masked, ...called, masked: true };
      }
      const masked = mask(content);
      return masked === null ? { content, ...called } : { content: masked, ...called, masked: true };
    },
  };
}

export type ContentFilter = ReturnType<typeof createContentFilter>;
