import { z } from 'zod';
import { spelledEmoji } from './emoji-spelling.ts';

/**
 * What documents say, and tools can read without a table of Unicode: a keycap, or signs and pictures, which may be joined. Which
 * of them there are only Unicode's list says.
 */
const PATTERN =
  '^(?:[#*0-9]\\ufe0f?\\u20e3|[\\u00a9\\u00ae]\\ufe0f?|' +
  '[^\\u0000-\\u203b\\u329a-\\ud7ff\\ue000-\\uffff][^\\u0000-\\u200c\\u200e-\\u218f\\u3300-\\ud7ff\\ue000-\\ufe0e\\ufe10-\\uffff]*)$';

/** What `isRgi` asks, made at its first use: made anew for each text it took 33 µs, twice a reaction, and now 5. */
const rgi: RegExp[] = [];

function isOne(text: string): boolean {
  // biome-ignore lint/complexity/useRegexLiterals: a literal with this flag does not compile for what browsers get
  rgi[0] ??= new RegExp('^\\p{RGI_Emoji}$', 'v');
  return text.length <= 40 && rgi[0].test(text);
}

/** Exactly one emoji of those recommended for interchange (RGI), of the version of Unicode that the server knows. */
export const Emoji = z
  .string()
  // One that is exactly that is spelled so.
  .overwrite((text) => (isOne(text) ? text : spelledEmoji(text)))
  .refine(isOne, { error: 'must be exactly one emoji' })
  .meta({ maxLength: 40, pattern: PATTERN });
