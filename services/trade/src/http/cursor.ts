import { AppError, hasForbiddenCharacters } from '@gongu/shared';
import type { Position } from '../product/ports/product-store.ts';

/** One kind of `?cursor=`: text that only the list which gave it can read. */
export interface Cursor<P> {
  encode(position: P | null): string | null;
  /** @throws AppError VALIDATION_FAILED for a text that this list did not give */
  decode(text: string | undefined): P | null;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const NUMBER = /^[1-9]\d{0,18}$/;
const LARGEST_BIGINT = 9_223_372_036_854_775_807n;

/** Cursor of a list that is sorted by a time and then by an id. `list` names list and order, so that no other takes it. */
export function positionCursor(list: string): Cursor<Position> {
  return cursorOf(
    list,
    ({ at, id }) => [at, id],
    ([at = '', id = ''], rest) => {
      const good = rest === 2 && INSTANT.test(at) && !Number.isNaN(Date.parse(at)) && id.length > 0 && id.length <= 64;
      return good && !hasForbiddenCharacters(id) ? { at, id } : null;
    },
  );
}

/** Cursor of a list that is sorted by a number of the database, as text. */
export function numberCursor(list: string): Cursor<string> {
  return cursorOf(
    list,
    (number) => [number],
    ([number = ''], rest) => (rest === 1 && NUMBER.test(number) && BigInt(number) <= LARGEST_BIGINT ? number : null),
  );
}

function cursorOf<P>(
  list: string,
  partsOf: (position: P) => string[],
  read: (parts: string[], count: number) => P | null,
): Cursor<P> {
  return {
    encode: (position) =>
      position === null ? null : Buffer.from(JSON.stringify([list, ...partsOf(position)])).toString('base64url'),
    decode(text) {
      if (text === undefined) return null;
      const parts = partsIn(text);
      const position = parts?.[0] === list ? read(parts.slice(1), parts.length - 1) : null;
      if (position !== null) return position;
      const message = 'must be the nextCursor of the same list';
      throw new AppError('VALIDATION_FAILED', { detail: `cursor ${message}`, errors: [{ path: 'cursor', message }] });
    },
  };
}

function partsIn(text: string): string[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : null;
  } catch {
    return null;
  }
}
