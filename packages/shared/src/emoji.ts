import { z } from 'zod';
import { isRgi, spelledEmoji } from './emoji-spelling.ts';

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
  .overwrite(spelledEmoji)
  .refine((text) => text.length <= 40 && isRgi(text), { error: 'must be exactly one emoji' })
  .meta({ maxLength: 40, pattern: PATTERN });
