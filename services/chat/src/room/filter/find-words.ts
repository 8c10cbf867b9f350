import type { Span } from './find-numbers.ts';
import { readable } from './readable.ts';

/** Characters between two of a word that is spelled out, at most. */
const GAP_MOST = 3;
const LATIN = /^[a-z]+$/;
/** Between them, signs that stand in no ordinary text between two syllables. */
const HIDING = /^[*@^_#$%&0-9♡♥❤]+$/u;

/**
 * Finds words in readable texts. One of Latin letters is found where it stands alone, any other also within others. Spelled out,
 * with something between its characters (`시.발`, `시 발`, `시1발`), a word is found where it stands alone, since the ends and
 * beginnings of other words give most short ones: `다시 발송`.
 */
export function createWordFinder(words: readonly string[]): (text: string) => Span[] {
  const unwanted = words.map((word) => readable(word).text).filter((word) => word !== '');
  const spelled = unwanted.filter((word) => /^\p{L}{2,}$/u.test(word));

  function plain(text: string): Span[] {
    return unwanted.flatMap((word) =>
      placesOf(word, text).flatMap((start) => {
        const end = start + word.length;
        // A word of Latin letters is not looked for within others.
        const isWhole = !/[a-z]/.test(text[start - 1] ?? '') && !/[a-z]/.test(text[end] ?? '');
        return isWhole || !LATIN.test(word) ? [{ start, end }] : [];
      }),
    );
  }

  function apart(text: string): Span[] {
    if (spelled.length === 0) return [];
    let letters = '';
    const places: number[] = [];
    for (const { 0: run, index } of text.matchAll(/\p{L}+/gu)) {
      letters += run;
      for (let i = 0; i < run.length; i++) places.push(index + i);
    }
    return spelled.flatMap((word) =>
      placesOf(word, letters).flatMap((at) => {
        const parts = places.slice(at, at + word.length);
        return isSpelled(text, parts, LATIN.test(word)) ? [{ start: parts[0]!, end: parts.at(-1)! + 1 }] : [];
      }),
    );
  }

  return (text) => [...plain(text), ...apart(text)];
}

/** Whether characters of a text at `places`, with nothing but signs between them, are one word that is spelled out. */
function isSpelled(text: string, places: readonly number[], isLatin: boolean): boolean {
  const gaps = places.slice(1).map((place, i) => text.slice(places[i]! + 1, place));
  const filled = gaps.filter((gap) => gap !== '');
  if (filled.length === 0 || filled.some((gap) => gap.length > GAP_MOST)) return false;
  // `개 새끼`, and `we'll`: where ordinary words are parted so, all of its characters must be.
  const isParted = isLatin || filled.some((gap) => /\s/.test(gap));
  if (isParted && (filled.length < gaps.length || filled.some((gap) => /[0-9]/.test(gap)))) return false;
  if (/[\p{L}\p{Nd}]/u.test(text[places[0]! - 1] ?? '')) return false;
  return filled.every((gap) => HIDING.test(gap)) || !/\p{L}/u.test(text[places.at(-1)! + 1] ?? '');
}

function placesOf(word: string, text: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) places.push(at);
  return places;
}
