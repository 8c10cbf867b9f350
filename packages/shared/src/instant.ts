import { z } from 'zod';

const FIRST_MS = Date.UTC(1970, 0, 1);
const END_MS = Date.UTC(10_000, 0, 1);

/**
 * A time as input: ISO 8601 with `Z` or an offset, from 1970 up to 9999 in UTC, which a four-digit year and PostgreSQL
 * can both say.
 */
export const Instant = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-12-01T09:00:00.000Z' })
  .refine(
    (time) => {
      const ms = Date.parse(time);
      return ms >= FIRST_MS && ms < END_MS;
    },
    { error: 'must be a time from 1970 to 9999' },
  )
  // The same in the words of a pattern, but for the first and the last day in zones where it is the day before or after.
  .meta({
    pattern: `^(?!0|1[0-8]|19[0-6]|1970-01-01T.*[+]|9999-12-31T.*[0-9]-)${z.regexes.datetime({ offset: true }).source.slice(1)}`,
  });
