import { type Cursor, createCursor } from '@gongu/host';
import { hasForbiddenCharacters, Instant } from '@gongu/shared';
import { z } from 'zod';
import type { Position } from '../product/ports/page.ts';

const LARGEST_BIGINT = 9_223_372_036_854_775_807n;

/** As this service writes it. `Date.parse` takes a 30th of February; the year 0 is none to PostgreSQL. */
const At = Instant.refine((at) => !Number.isNaN(Date.parse(at)) && new Date(at).toISOString() === at);
const Id = z
  .string()
  .min(1)
  .max(2 * 255)
  .refine((id) => !hasForbiddenCharacters(id));
const BigintText = z.string().refine((number) => /^[1-9]\d{0,18}$/.test(number) && BigInt(number) <= LARGEST_BIGINT);

/** Cursor of a list that is sorted by a time and then by an id. `list` names list and order, so that no other takes it. */
export function positionCursor(list: string): Cursor<Position> {
  const places = createCursor(z.tuple([At, Id]), list);
  return {
    encode: (position, asked) => places.encode(position && [position.at, position.id], asked),
    decode(text, asked) {
      const place = places.decode(text, asked);
      return place && { at: place[0], id: place[1] };
    },
  };
}

/** Cursor of a list that is sorted by a number of the database, as text. */
export function numberCursor(list: string): Cursor<string> {
  const places = createCursor(z.tuple([BigintText]), list);
  return {
    encode: (number, asked) => places.encode(number === null ? null : [number], asked),
    decode: (text, asked) => places.decode(text, asked)?.[0] ?? null,
  };
}
