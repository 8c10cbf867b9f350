import type { Page, Position } from '../product/ports/page.ts';
import type { ProductFilter } from '../product/ports/product-store.ts';

/**
 * Products that are looked at for one page, at most, where no index finds those that match. A page for which they did
 * not suffice is short, and the next one begins after the last of them.
 */
export const LOOKED_AT = 2_000;

/**
 * The statement of one page of products: `{products, stop}`, the rows as JSON and, where the page is short and there may
 * be more, after which row it ends. An index gives the order, and the status, seller or buyer; all else is asked of the
 * rows it brings.
 */
export function productPage(
  filter: ProductFilter,
  { limit, after }: Page<Position>,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const $ = (value: unknown) => `$${values.push(value)}`;
  const { status, sellerId, buyerId, minSeatsLeft, deadlineBefore } = filter;
  const [column, way, beyond] = filter.sort === 'deadline' ? ['deadline', '', '>'] : ['created_at', 'DESC', '<'];
  const order = (row: string) => `${row}.${column} ${way}, ${row}.id ${way}`;

  const sought: string[] = [];
  const asked: string[] = [];
  // A seller or a status leads the order of the walk, as it leads an index. After `=` PostgreSQL would leave it out of the
  // order, and might walk those of everybody for the few of one.
  let lead = '';
  for (const [name, value] of [
    ['seller_id', sellerId],
    ['status', status],
  ] as const) {
    if (value === undefined) continue;
    if (lead === '' && buyerId === undefined) {
      lead = `p.${name}, `;
      sought.push(`p.${name} = ANY (${$([value])}::text[])`);
    } else asked.push(`p.${name} = ${$(value)}`);
  }
  if (minSeatsLeft !== undefined) asked.push(`p.seats_left >= ${$(minSeatsLeft)}`);
  // The end of what is walked, or one more question.
  if (deadlineBefore !== undefined) {
    (filter.sort === 'deadline' ? sought : asked).push(`p.deadline < ${$(deadlineBefore)}::timestamptz`);
  }
  if (after !== null) sought.push(`(p.${column}, p.id) ${beyond} (${$(after.at)}::timestamptz, ${$(after.id)})`);

  // A buyer's own are read all, each by its key; behind OFFSET 0 there is no other plan.
  const from =
    buyerId === undefined
      ? 'trade.products p'
      : `(SELECT b.product_id FROM trade.participations b WHERE b.user_id = ${$(buyerId)} OFFSET 0) b
         CROSS JOIN LATERAL (SELECT * FROM trade.products WHERE id = b.product_id OFFSET 0) p`;
  const walked = `FROM ${from} WHERE ${['true', ...sought].join(' AND ')} ORDER BY ${lead}${order('p')}`;
  const lookedAt = buyerId === undefined ? `LIMIT ${LOOKED_AT}` : '';
  const rows = $(limit + 1);
  return {
    text: `WITH found AS MATERIALIZED (
        SELECT p.* FROM (SELECT p.* ${walked} ${lookedAt}) p
        WHERE ${['true', ...asked].join(' AND ')} ORDER BY ${lead}${order('p')} LIMIT ${rows}::int)
      SELECT (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY ${order('f')}), '[]') FROM found f) AS products,
        ${
          asked.length === 0 || lookedAt === ''
            ? 'NULL'
            : `(SELECT jsonb_build_object('at', s.${column}, 'id', s.id)
                FROM (SELECT p.${column}, p.id ${walked} OFFSET ${LOOKED_AT - 1} LIMIT 1) s
                WHERE (SELECT count(*) FROM found) < ${rows}::int)`
        } AS stop`,
    values,
  };
}
