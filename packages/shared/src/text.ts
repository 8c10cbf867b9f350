import { z } from 'zod';

/** True when `text` has a NUL (PostgreSQL can't store it) or half of a surrogate pair (no valid UTF-8 exists for it). */
export function hasForbiddenCharacters(text: string): boolean {
  return text.includes('\u0000') || !isWellFormed(text);
}

// ES2024's String.prototype.isWellFormed is in Node 20 and current browsers, but not in the library this compiles against.
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** `text` without a byte order mark in front, which readers of JSON may ignore (RFC 8259 §8.1), and ours do. */
export function withoutBom(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Length in Unicode code points: what a person counts as characters, near enough, and what the limits speak of. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      count--;
      i++;
    }
  }
  return count;
}

/**
 * A storable text of `min` to `max` code points. NUL and lone surrogates are refused, here rather than by the database:
 * one bad row would fail a whole batch of messages.
 */
export function text(max: number, min = 1) {
  return z
    .string()
    .refine((value) => !hasForbiddenCharacters(value), { error: 'must not contain NUL or a lone surrogate' })
    .refine((value) => value.length <= max * 2 && codePoints(value) <= max, {
      error: `must have at most ${max} characters`,
    })
    .refine((value) => value.length >= min, {
      error: min === 1 ? 'must not be empty' : `must have at least ${min} characters`,
    })
    .meta({ maxLength: max, pattern: '^[^\\u0000]*$', ...(min > 0 ? { minLength: min } : {}) });
}

/**
 * `reason` cut to the 123 bytes of UTF-8 that a WebSocket close frame can carry (RFC 6455 §5.5), never inside a
 * character. Korean takes three bytes a character, so 41 of them fit.
 */
export function closeReason(reason: string): string {
  const encoder = new TextEncoder();
  if (encoder.encode(reason).length <= 123) return reason;
  let bytes = 0;
  let out = '';
  for (const character of reason) {
    bytes += encoder.encode(character).length;
    if (bytes > 123) break;
    out += character;
  }
  return out;
}
