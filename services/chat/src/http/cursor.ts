import { AppError } from '@gongu/shared';
import type { z } from 'zod';

/** A place in a list as an opaque text. An array, because an object would begin as every token does (`eyJ`), in logs too. */
export function encodeCursor(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place that `encodeCursor` made a text of; null when there is no text. @throws AppError VALIDATION_FAILED */
export function decodeCursor<T extends z.ZodType>(schema: T, cursor: string | undefined): z.output<T> | null {
  if (cursor === undefined) return null;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new AppError('VALIDATION_FAILED', { errors: [{ path: 'cursor', message: 'is not a cursor of this list' }] });
  }
}
