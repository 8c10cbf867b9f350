import { createHash } from 'node:crypto';
import { AppError } from '@gongu/shared';
import type { z } from 'zod';

/**
 * One kind of `?cursor=`: text that only the list which gave it can read. `asked` is what was asked for beside the place, as JSON
 * has it (the room, a filter): another question does not take the text. Default: there is nothing to ask for.
 */
export interface Cursor<Place> {
  /** Null where there is no more. */
  encode(place: Place | null, asked?: unknown): string | null;
  /** Null when there is no text. @throws AppError VALIDATION_FAILED for a text that this list did not give, or to another question */
  decode(text: string | undefined, asked?: unknown): Place | null;
}

/**
 * A place in a list as an opaque text. It is an array, because an object would begin as every token does (`eyJ`), in
 * logs too.
 *
 * @param schema of a place
 * @param list names list and order, so that no other list takes it
 */
export function createCursor<Place extends readonly unknown[]>(schema: z.ZodType<Place>, list: string): Cursor<Place> {
  return {
    encode: (place, asked) =>
      place === null ? null : Buffer.from(JSON.stringify([markOf(list, asked), ...place])).toString('base64url'),
    decode(text, asked) {
      if (text === undefined) return null;
      const [mark, ...parts] = partsIn(text);
      if (mark === markOf(list, asked)) {
        const place = schema.safeParse(parts);
        if (place.success) return place.data;
      }
      const message = 'must be the nextCursor of the same list, asked in the same way';
      throw new AppError('VALIDATION_FAILED', { detail: `cursor ${message}`, errors: [{ path: 'cursor', message }] });
    },
  };
}

/** Tells one question from others; short, since it is there against mistakes: whoever makes a cursor up gets a page that he may see. */
function markOf(list: string, asked: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([list, asked]))
    .digest('base64url')
    .slice(0, 8);
}

function partsIn(text: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
