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
  );
