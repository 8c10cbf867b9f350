/** A text as somebody reads it, character by character, each with the part of the original that it stands for. */
export interface Readable {
  readonly text: string;
  /** Of each UTF-16 unit of `text`: where its original begins and ends. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** What nobody sees: zero-width, formatting, variation selectors, Hangul fillers. Also marks put on other characters. */
const UNSEEN = /^[\p{Cf}\p{Mn}\p{Me}\u115f\u1160\u3164\uffa0]$/u;
const FIGURE = /^\p{Nd}$/u;
const RINGED: ReadonlyMap<string, string> = new Map(
  ['⓿❶❷❸❹❺❻❼❽❾', '🄋➀➁➂➃➄➅➆➇➈', '🄌➊➋➌➍➎➏➐➑➒', '⓪⓵⓶⓷⓸⓹⓺⓻⓼⓽'].flatMap((ten) =>
    [...ten].map((ring, i) => [ring, `${i}`] as const),
  ),
);
/** A syllable of conjoining letters, or one letter: leading, vowel, trailing. */
const LEAD = /^[\u1100-\u1112]$/;
const VOWEL = /^[\u1161-\u1175]$/;
const TRAIL = /^[\u11a8-\u11c2]$/;
/** The trailing letter that looks as a leading one does. */
const TRAILS: ReadonlyMap<string, string> = new Map(
  [...'ᄀᄁᄂᄃᄅᄆᄇᄉᄊᄋᄌᄎᄏᄐᄑᄒ'].map((lead, i) => [lead, [...'ᆨᆩᆫᆮᆯᆷᆸᆺᆻᆼᆽᆾᆿᇀᇁᇂ'][i]!]),
);

interface Unit {
  readonly char: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Undoes what hides a text from a search and not from a reader: full width, circled and other forms (NFKC), digits of other scripts, letters of
 * Hangul written one by one, characters without a width, capitals.
 */
export function readable(original: string): Readable {
  const units: Unit[] = [];
  let at = 0;
  for (const source of original) {
    const start = at;
    at += source.length;
    // Accents are part of a letter only where there is one composed: a text that is decomposed is put together below.
    if (UNSEEN.test(source)) continue;
    for (const char of source.normalize('NFKC').toLowerCase()) units.push({ char: figureOf(char), start, end: at });
  }
  const composed = syllables(units);
  let text = '';
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { char, start, end } of composed) {
    text += char;
    for (let i = 0; i < char.length; i++) {
      starts.push(start);
      ends.push(end);
    }
  }
  return { text, starts, ends };
}

/** A decimal digit of any script, or in a ring of those that NFKC leaves, as ours; anything else as it is. */
function figureOf(char: string): string {
  if (char < '\u0660') return char;
  const ringed = RINGED.get(char);
  if (ringed !== undefined) return ringed;
  if (!FIGURE.test(char)) return char;
  const code = char.codePointAt(0)!;
  // Ten of them follow one another, beginning with the zero.
  let zero = code;
  while (zero > code - 9 && FIGURE.test(String.fromCodePoint(zero - 1))) zero--;
  return String(code - zero);
}

/** Letters of Hangul that stand side by side as the syllables that they spell. */
function syllables(units: readonly Unit[]): Unit[] {
  const out: Unit[] = [];
  for (let i = 0; i < units.length; ) {
    const [lead, vowel, third, fourth] = [units[i]!, units[i + 1], units[i + 2], units[i + 3]];
    if (!LEAD.test(lead.char) || !vowel || !VOWEL.test(vowel.char)) {
      out.push(lead);
      i++;
      continue;
    }
    let trail: string | undefined;
    if (third && TRAIL.test(third.char)) trail = third.char;
    // A consonant closes the syllable where no vowel follows it.
    else if (third && LEAD.test(third.char) && !(fourth && VOWEL.test(fourth.char))) trail = TRAILS.get(third.char);
    const last = trail === undefined ? vowel : third!;
    const char = (lead.char + vowel.char + (trail ?? '')).normalize('NFC');
    out.push({ char, start: lead.start, end: last.end });
    i += trail === undefined ? 2 : 3;
  }
  return out;
}
