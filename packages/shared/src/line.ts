import { text } from './text.ts';

/** No character that would begin another line, or that is none to see. */
const INLINE = '[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*';
/** Something to be seen: neither a blank nor what has no width, such as the filler of Hangul that passes for a name. */
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}\u2800]/u;
const NO_LINE = 'must be one line, without control characters';

/** One line of up to `max` characters, stored without the blanks around it. */
export function line(max: number) {
  return text(max, 0)
    .regex(new RegExp(`^${INLINE}$`), { error: NO_LINE })
    .trim()
    .meta({ pattern: `^${INLINE}$` });
}

/** The same, and not empty. */
export function filledLine(max: number) {
  return text(max, 0)
    .regex(new RegExp(`^${INLINE}$`), { error: NO_LINE })
    .refine((value) => VISIBLE.test(value), { error: 'must not be empty' })
    .trim()
    .meta({ minLength: 1, pattern: `^${INLINE}[^\\s\\u0000-\\u001f\\u007f-\\u009f]${INLINE}$` });
}
