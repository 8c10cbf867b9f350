import { searchForm } from '@gongu/shared';
import type { Page, Position } from '../product/ports/page.ts';
import type { ProductFilter } from '../product/ports/product-store.ts';

/**
 * Products that are looked at for one page, at most, where no index finds those that match. A page for which they did
 * not suffice is short, and the next one begins after the last of them.
 */
export const LOOKED_AT = 2_000;

/** The same of a search, whose texts are read for it. */
export const SEARCHED = 500;

/** What a product is found by, a line each; an index of the migrations is over just this. */
const LINES = "(x.title || E'\\n' || x.category || E'\\n' || x.tags || E'\\n' || x.description)";

/**
 * The statement of one page of products: `{products, stop}`, the rows as JSON and, where the page is short and there may
 * be more, after which row it ends. An index gives the order, and the status, seller or buyer; all else is asked of the
 * rows it brings. Where these do not suffice, what has a name (category, tags, `q`) is found behind them by the pairs of its
 * characters, and no page is short.
 */
export function productPage(
  filter: ProductFilter,
  { limit, after }: Page<Position>,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const $ = (value: unknown) => `$${values.push(value)}`;
  const { status, sellerId, buyerId, minSeatsLeft, deadlineBefore, category, tags = [], q } = filter;
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
  if (category !== undefined) asked.push(`p.category = ${$(category)}`);
  if (tags.length > 0) asked.push(`p.tags @> ${$(tags)}::text[]`);
  // No join: the texts of all products would be read for it.
  if (q !== undefined) {
    asked.push(
      `(SELECT strpos(${LINES}, ${$(searchForm(q))}) > 0 FROM trade.product_texts x WHERE x.product_id = p.id)`,
    );
  }
  // The end of what is walked, or one more question.
  if (deadlineBefore !== undefined) {
    (filter.sort === 'deadline' ? sought : asked).push(`p.deadline < ${$(deadlineBefore)}::timestamptz`);
  }
  if (after !== null) sought.push(`(p.${column}, p.id) ${beyond} (${$(after.at)}::timestamptz, ${$(after.id)})`);

  // A buyer's own are read all, each by its key; behind OFFSET 0 there is no other plan.
  const own = buyerId !== undefined;
  const from = own
    ? `(SELECT b.product_id FROM trade.participations b WHERE b.user_id = ${$(buyerId)} OFFSET 0) b
         CROSS JOIN LATERAL (SELECT * FROM trade.products WHERE id = b.product_id OFFSET 0) p`
    : 'trade.products p';
  const walked = `FROM ${from} WHERE ${['true', ...sought].join(' AND ')} ORDER BY ${lead}${order('p')}`;
  const lookedAt = q === undefined ? LOOKED_AT : SEARCHED;
  const rows = $(limit + 1);
  const near = `SELECT p.* FROM (SELECT p.* ${walked} ${own ? '' : `LIMIT ${lookedAt}`}) p
        WHERE ${['true', ...asked].join(' AND ')} ORDER BY ${lead}${order('p')} LIMIT ${rows}::int`;
  const last = `SELECT s.at, s.id FROM (SELECT p.${column} AS at, p.id ${walked} OFFSET ${lookedAt - 1} LIMIT 1) s
        WHERE (SELECT count(*) FROM near) < ${rows}::int`;
  const page = (found: string, stop: string) => `SELECT
        (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY ${order('f')}), '[]') FROM ${found} f) AS products, ${stop} AS stop`;

  const pairs = pairsOf(q, [...(category === undefined ? [] : [category]), ...tags]);
  if (own || asked.length === 0) {
    return { text: `WITH near AS MATERIALIZED (${near}) ${page('near', 'NULL')}`, values };
  }
  if (pairs.length === 0) {
    const stop = `(SELECT jsonb_build_object('at', l.at, 'id', l.id) FROM (${last}) l)`;
    return { text: `WITH near AS MATERIALIZED (${near}) ${page('near', stop)}`, values };
  }
  return {
    text: `WITH near AS MATERIALIZED (${near}), last AS MATERIALIZED (${last}),
      far AS MATERIALIZED (
        SELECT p.* FROM (SELECT x.product_id FROM trade.product_texts x
            WHERE (SELECT true FROM last) AND trade.pairs_of(${LINES}) @> ${$(pairs)}::text[] OFFSET 0) x
          CROSS JOIN LATERAL (SELECT * FROM trade.products WHERE id = x.product_id OFFSET 0) p
        WHERE ${[`(p.${column}, p.id) ${beyond} (SELECT l.at, l.id FROM last l)`, ...sought, ...asked].join(' AND ')}
        ORDER BY ${order('p')} LIMIT (SELECT ${rows}::int - count(*) FROM near))
      ${page('(TABLE near UNION ALL TABLE far)', 'NULL')}`,
    values,
  };
}

/** The pairs of neighbouring characters that a product's texts have where these are in them; a label is a line of its own. */
function pairsOf(q: string | undefined, labels: readonly string[]): string[] {
  const parts = [...(q === undefined ? [] : [searchForm(q)]), ...labels.map((label) => `\n${searchForm(label)}\n`)];
  const pairs = parts.flatMap((part) => {
    const characters = [...part];
    return characters.slice(1).map((character, index) => characters[index] + character);
  });
  return [...new Set(pairs)];
}
