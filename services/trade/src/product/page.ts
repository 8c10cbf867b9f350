import type { PageOf } from './ports/page.ts';

/** Cuts what a store read (`limit + 1` rows at most) to a page, and says after which item the next one begins. */
export function pageOf<T, P>(rows: T[], limit: number, positionOf: (last: T) => P): PageOf<T, P> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? positionOf(last) : null };
}
