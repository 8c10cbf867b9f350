import type { Readable } from './readable.ts';

/** A digit as somebody reads it, and where it stands in the readable text. */
export interface Digit {
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** It is a figure; else a word or a letter that stands for one. */
  readonly isFigure: boolean;
  /** What stands between the one before and this; empty for nothing. */
  readonly before: string;
}

/** Words for each digit. */
const WORDS: readonly (readonly [digit: string, words: string])[] = [
  ['0', '공 영 빵 〇 零 제로 zero'],
  ['1', '하나 일 一 one'],
  ['2', '이 둘 二 two'],
  ['3', '삼 셋 三 three'],
  ['4', '사 넷 四 four'],
  ['5', '다섯 오 五 five'],
  ['6', '여섯 육 륙 六 six'],
  ['7', '일곱 칠 七 seven'],
  ['8', '여덟 팔 八 eight'],
  ['9', '아홉 구 九 nine'],
];

/** By the first character of the word: words and their digits, longer words first. */
const BY_FIRST = new Map<string, [word: string, digit: string][]>();
for (const [digit, words] of WORDS) {
  for (const word of words.split(' ')) {
    const alike = [...(BY_FIRST.get(word[0]!) ?? []), [word, digit] as [string, string]];
    BY_FIRST.set(
      word[0]!,
      alike.sort(([a], [b]) => b.length - a.length),
    );
  }
}

/** Letters that stand for a digit beside others. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map([
  ['o', '0'],
  ['ᄋ', '0'],
  ['l', '1'],
  ['i', '1'],
  ['|', '1'],
  ['ᅵ', '1'],
]);
/** Those of them that are drawn between numbers, too. */
const BAR = /[|ᅵ]/;
/** What may stand between two digits of one number; `에` is how a hyphen is read out. */
const SIGNS = String.raw`\s.,\-_~/()[\]{}·•:;*+'"^=@#ㆍᅳ‐-―−에`;
/** Up to four of them. */
const BETWEEN = new RegExp(`^[${SIGNS}]{1,4}`, 'u');
const BETWEEN_OR_BAR = new RegExp(`^[${SIGNS}|ᅵ]{1,4}`, 'u');

/** The runs of digits in a text: what is read as one number, if it is one. Where there are bars, they are digits first, and then between digits. */
export function digitRuns({ text }: Readable): Digit[][] {
  return BAR.test(text) ? [...runsOf(text, false), ...runsOf(text, true)] : runsOf(text, false);
}

function runsOf(text: string, areBarsBetween: boolean): Digit[][] {
  const between = areBarsBetween ? BETWEEN_OR_BAR : BETWEEN;
  const digit = (at: number, isWithin: boolean) =>
    areBarsBetween && BAR.test(text[at] ?? '') ? null : digitAt(text, at, isWithin);
  const runs: Digit[][] = [];
  let run: Digit[] = [];
  const close = () => {
    if (run.length > 0) runs.push(run);
    run = [];
  };
  for (let i = 0; i < text.length; ) {
    const found = digit(i, run.length > 0);
    if (!found) {
      const gap = run.length > 0 ? between.exec(text.slice(i, i + 4))?.[0] : undefined;
      const next = gap === undefined ? null : digit(i + gap.length, true);
      if (gap === undefined || !next) {
        close();
        i++;
        continue;
      }
      run.push({ ...next, before: gap });
      i = next.end;
      continue;
    }
    run.push({ ...found, before: '' });
    i = found.end;
  }
  close();
  return runs;
}

function digitAt(text: string, at: number, isWithin: boolean): Omit<Digit, 'before'> | null {
  const char = text[at];
  if (char === undefined) return null;
  if (char >= '0' && char <= '9') return { value: char, start: at, end: at + 1, isFigure: true };
  for (const [word, value] of BY_FIRST.get(char) ?? []) {
    if (text.startsWith(word, at)) return { value, start: at, end: at + word.length, isFigure: false };
  }
  const alike = LOOKALIKES.get(char);
  // `o1o`: also at the beginning, where a digit follows.
  if (alike !== undefined && (isWithin || /^[0-9]/.test(text.slice(at + 1)))) {
    return { value: alike, start: at, end: at + 1, isFigure: false };
  }
  return null;
}
