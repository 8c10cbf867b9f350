import { AppError } from '@gongu/shared';
import type { z } from 'zod';

/** One kind of `?cursor=`: text that only the list which gave it can read. */
export interface Cursor<Place> {
  /** Null where there is no more. */
  encode(place: Place | null): string | null;
  /** Null when there is no text. @throws AppError VALIDATION_FAILED for a text that this list did not give */
  decode(text: string | undefined): Place | null;
}

/**
 * A place in a list as an opaque text. It is an array, because an object would begin as every token does (`eyJ`), in
 * logs too.
 *
 * @param schema of a place
 * @param list names list and order, so that no other list takes it. Default: nothing but the schema tells them apart.
 */
export function createCursor<Place extends readonly unknown[]>(schema: z.ZodType<Place>, list?: string): Cursor<Place> {
  const head = list === undefined ? [] : [list];
  return {
    encode: (place) => (place === null ? null : Buffer.from(JSON.stringify([...head, ...place])).toString('base64url')),
    decode(text) {
      if (text === undefined) return null;
      const parts = partsIn(text);
      if (parts !== null && head.every((name, i) => parts[i] === name)) {
        const place = schema.safeParse(parts.slice(head.length));
        if (place.success) return place.data;
      }
      const message = 'must be the nextCursor of the same list';
      throw new AppError('VALIDATION_FAILED', { detail: `cursor ${message}`, errors: [{ path: 'cursor', message }] });
    },
  };
}

function partsIn(text: string): unknown[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) ? parts : null;
  } catch {
    return null;
  }
}
