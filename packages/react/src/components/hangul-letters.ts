const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const FINALS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';
/** Letters that a keyboard makes of two. */
const PAIRS: Readonly<Record<string, string>> = {
  ...{
    ㄳ: 'ㄱㅅ',
    ㄵ: 'ㄴㅈ',
    ㄶ: 'ㄴㅎ',
    ㄺ: 'ㄹㄱ',
    ㄻ: 'ㄹㅁ',
    ㄼ: 'ㄹㅂ',
    ㄽ: 'ㄹㅅ',
    ㄾ: 'ㄹㅌ',
    ㄿ: 'ㄹㅍ',
    ㅀ: 'ㄹㅎ',
    ㅄ: 'ㅂㅅ',
  },
  ...{ ㅘ: 'ㅗㅏ', ㅙ: 'ㅗㅐ', ㅚ: 'ㅗㅣ', ㅝ: 'ㅜㅓ', ㅞ: 'ㅜㅔ', ㅟ: 'ㅜㅣ', ㅢ: 'ㅡㅣ' },
};
const FIRST = 0xac00;
const LAST = 0xd7a3;

/**
 * A text as the keys that make it, in lower case: so that a syllable that is still being made begins the word that it is going
 * to be, also where its last letter will belong to the next one.
 */
export function hangulLetters(text: string): string {
  // A letter by itself stays the one of the keyboard, of which NFKC makes a part of a syllable.
  const whole = [...text.normalize('NFC')].map((sign) =>
    /[\u3131-\u318e]/.test(sign) ? sign : sign.normalize('NFKC'),
  );
  const signs = [...whole.join('').toLowerCase()].flatMap((sign) => {
    const code = sign.codePointAt(0)!;
    if (code < FIRST || code > LAST) return [sign];
    const at = code - FIRST;
    return [INITIALS[Math.floor(at / 588)]!, VOWELS[Math.floor((at % 588) / 28)]!, (FINALS[at % 28] ?? '').trim()];
  });
  return signs.map((sign) => PAIRS[sign] ?? sign).join('');
}
