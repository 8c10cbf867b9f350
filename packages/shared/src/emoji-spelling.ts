/** A code point that is shown as text unless U+FE0F follows it. */
const TEXT_FIRST = /^(?=\p{Emoji})\P{Emoji_Presentation}$/u;
const SKIN_TONE = /^\p{Emoji_Modifier}$/u;
/** Exactly one emoji recommended for interchange. Made where it is used: readers without the flag `v` can load what imports this. */
// biome-ignore lint/complexity/useRegexLiterals: a literal with this flag does not compile for what browsers get
export const isRgi = (text: string) => new RegExp('^\\p{RGI_Emoji}$', 'v').test(text);

/**
 * The one spelling of an emoji, with U+FE0F wherever one belongs, however it came; other texts as they are.
 * @throws SyntaxError where regular expressions know no flag `v`
 */
export function spelledEmoji(text: string): string {
  // The longest there is has ten code points.
  if (text.length > 40) return text;
  const points = [...text.normalize('NFC')].filter((point) => point !== '\ufe0f');
  const full = points.map((point, i) => {
    const plain = SKIN_TONE.test(points[i + 1] ?? '') || !TEXT_FIRST.test(point);
    return plain ? point : `${point}\ufe0f`;
  });
  const emoji = full.join('');
  return isRgi(emoji) ? emoji : text;
}
