import { expect, it } from 'vitest';
import { Instant } from '../src/instant.ts';

it('an instant is ISO 8601 with a zone, from 1970 to 9999 in UTC', () => {
  for (const time of [
    ...['1970-01-01T00:00:00Z', '2026-12-01T09:00:00.000Z', '2026-12-01T18:00:00+09:00', '9999-12-31T23:59:59.999Z'],
    ...['2028-02-29T00:00:00Z', '1970-01-01T09:00:00+09:00'],
  ]) {
    expect(Instant.safeParse(time).success, time).toBe(true);
  }
  for (const time of [
    ...['', 'now', '2026-12-01', '2026-12-01T09:00:00', '2026-02-29T00:00:00Z', '2026-12-01T25:00:00Z', 0, null],
    ...['0000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '1970-01-01T00:00:00+09:00', '9999-12-31T23:59:59-01:00'],
    ...['+010000-01-01T00:00:00Z', '2026-12-01T09:00:00+99:00', '2026-12-01T09:00:00.000Z\u0000'],
  ]) {
    expect(Instant.safeParse(time).success, String(time)).toBe(false);
  }
});
