import { z } from 'zod';

const FIRST_MS = Date.UTC(1970, 0, 1);
const END_MS = Date.UTC(10_000, 0, 1);

/**
 * What documents say, beside `format`: the same, but for the days that a month does not have, and for the first and last
 * hours where a zone is ahead of UTC or behind. Without look-aheads: tools make examples by it, and take minutes over them.
 */
const PATTERN =
  '^(?:19[7-9][0-9]|[2-9][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])' +
  'T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$';

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
  .meta({ pattern: PATTERN });
