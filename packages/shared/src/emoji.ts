import { z } from 'zod';

/** A code point that is shown as text unless U+FE0F follows it. */
const TEXT_FIRST = /^(?=\p{Emoji})\P{Emoji_Presentation}$/u;
const SKIN_TONE = /^\p{Emoji_Modifier}$/u;
/** Made where it is used: readers without the flag `v` can load what imports this. */
// biome-ignore lint/complexity/useRegexLiterals: a literal with this flag does not compile for what browsers get
const isRgi = (text: string) => new RegExp('^\\p{RGI_Emoji}$', 'v').test(text);

/** The one spelling of an emoji, with U+FE0F wherever one belongs, however it came; other texts as they are. */
function spelled(text: string): string {
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

/**
 * What documents say, and tools can read without a table of Unicode: a keycap, or signs and pictures, which may be joined. Which
 * of them there are only Unicode's list says.
 */
const PATTERN =
  '^(?:[#*0-9]\\ufe0f?\\u20e3|[\\u00a9\\u00ae]\\ufe0f?|' +
  '[^\\u0000-\\u203b\\u329a-\\ud7ff\\ue000-\\uffff][^\\u0000-\\u200c\\u200e-\\u218f\\u3300-\\ud7ff\\ue000-\\ufe0e\\ufe10-\\uffff]*)$';

/** Exactly one emoji of those recommended for interchange (RGI), of the version of Unicode that the server knows. */
export const Emoji = z
  .string()
  .overwrite(spelled)
  .refine((text) => text.length <= 40 && isRgi(text), { error: 'must be exactly one emoji' })
  .meta({ maxLength: 40, pattern: PATTERN });
