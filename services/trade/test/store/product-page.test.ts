import { expect, it } from 'vitest';
import type { Position } from '../../src/product/ports/page.ts';
import type { ProductFilter } from '../../src/product/ports/product-store.ts';
import { LOOKED_AT, productPage } from '../../src/store/product-page.ts';
import { testStore } from '../fixture/store.ts';

const { store, rows } = await testStore();

const PRODUCTS = 120_000;
const OWN = 300;
const NOON = '2030-01-01T12:00:00.000Z';

/** In portions: no statement takes longer than a connection lets it, on a busy machine either. */
const PORTION = 10_000;

// Sellers large and small, deadlines in no order of creation and a tenth of them equal, few that recruit.
for (let from = 1; from <= PRODUCTS; from += PORTION) {
  await rows(
    `INSERT INTO trade.products (id, seller_id, seller_nickname, title, price_amount, price_currency, min_participants,
     max_participants, participant_count, deadline, status, reason, closed_at, created_at)
   SELECT 'p' || n, CASE WHEN n % 2 = 0 THEN 'large' ELSE 'seller-' || n % 5000 END, 's', 't', 1, 'KRW', 1, 11, 1 + n % 10,
     CASE WHEN n % 10 = 3 THEN $2::timestamptz
       ELSE timestamptz '2029-01-01' + (n::bigint * 7919 % 1000003) * interval '1 minute' END,
     CASE WHEN n % 100 = 0 THEN 'RECRUITING' WHEN n % 3 = 0 THEN 'CANCELLED' ELSE 'CLOSED' END,
     CASE WHEN n % 100 <> 0 THEN 'SELLER' END, CASE WHEN n % 100 <> 0 THEN timestamptz '2030-01-01' END,
     timestamptz '2025-01-01' + n * interval '1 second'
   FROM generate_series($1::int, $1::int + $3::int - 1) n`,
    from,
    NOON,
    PORTION,
  );
}
await rows(
  `INSERT INTO trade.participations (product_id, user_id, nickname, quantity)
   SELECT 'p' || n * 400, 'ann', 'ann', 1 FROM generate_series(1, $1::int) n`,
  OWN,
);
await rows('ANALYZE trade.products');
await rows('ANALYZE trade.participations');

interface Node {
  'Actual Rows': number;
  'Actual Loops': number;
  'Node Type': string;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

/** Rows that were taken from tables and indexes, those that a filter threw away included. */
function read(node: Node): number {
  const own = node['Node Type'].includes('Scan') && !/CTE|Subquery|Bitmap Heap/.test(node['Node Type']);
  const each =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return (own ? each * node['Actual Loops'] : 0) + (node.Plans ?? []).reduce((sum, below) => sum + read(below), 0);
}

const cases = (['deadline', '-createdAt'] as const).flatMap((sort) =>
  [undefined, 'RECRUITING', 'CLOSED'].flatMap((status) =>
    [undefined, 'large', 'seller-7', 'nobody'].flatMap((sellerId) =>
      [undefined, 'ann', 'nobody'].flatMap((buyerId) =>
        [undefined, 1, 99].flatMap((minSeatsLeft) =>
          [undefined, '2020-01-01T00:00:00Z', '2029-06-01T00:00:00Z', '2099-01-01T00:00:00Z'].flatMap((before) =>
            [false, true].map((further) => {
              const asked = {
                sort,
                status,
                sellerId,
                buyerId,
                minSeatsLeft,
                deadlineBefore: before && new Date(before),
              };
              const after: Position | null = further
                ? { id: 'p5', at: sort === 'deadline' ? NOON : '2025-01-02T00:00:00.000Z' }
                : null;
              return { filter: asked as ProductFilter, after };
            }),
          ),
        ),
      ),
    ),
  ),
);

it(`no filter with any order walks ${PRODUCTS} products: each of ${cases.length} pages reads at most two times ${LOOKED_AT} rows, and a page of which an index knows all no other ones`, async () => {
  const walks: string[] = [];
  for (const { filter, after } of cases) {
    const { text, values } = productPage(filter, { limit: 100, after });
    const [explained] = await rows<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`,
      ...values,
    );
    const count = read(explained!['QUERY PLAN'][0].Plan);
    // Where an index knows all that match, no more than the page is read.
    const { buyerId, sellerId, status, minSeatsLeft, deadlineBefore } = filter;
    const known =
      minSeatsLeft === undefined &&
      (sellerId === undefined || status === undefined) &&
      (deadlineBefore === undefined || filter.sort === 'deadline');
    const bound = buyerId === undefined ? (known ? 101 : 2 * LOOKED_AT) : 2 * OWN;
    if (count > bound) walks.push(`${JSON.stringify({ ...filter, after })} reads ${count} rows`);
  }
  expect(walks).toEqual([]);
});

it.each([
  { sort: '-createdAt', minSeatsLeft: 10 },
  { sort: 'deadline', status: 'RECRUITING', minSeatsLeft: 10 },
  { sort: 'deadline', minSeatsLeft: 10 },
  { sort: '-createdAt', deadlineBefore: new Date('2029-01-20T00:00:00Z') },
  { sort: 'deadline', sellerId: 'large', status: 'RECRUITING', minSeatsLeft: 10 },
  { sort: '-createdAt', buyerId: 'ann', status: 'RECRUITING' },
] satisfies ProductFilter[])('short pages lead to every product that matches %j, once and in order', async (filter) => {
  const { status, sellerId, buyerId, minSeatsLeft, deadlineBefore, sort } = filter as ProductFilter;
  const expected = await rows<{ id: string }>(
    `SELECT id FROM trade.products p WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR seller_id = $2)
       AND ($3::text IS NULL OR EXISTS (SELECT 1 FROM trade.participations WHERE product_id = p.id AND user_id = $3))
       AND seats_left >= $4 AND deadline < $5
     ORDER BY ${sort === 'deadline' ? 'deadline, id' : 'created_at DESC, id DESC'}`,
    ...[status ?? null, sellerId ?? null, buyerId ?? null, minSeatsLeft ?? 0, deadlineBefore ?? new Date('9999-01-01')],
  );
  const seen: string[] = [];
  for (let after: Position | null = null; ; ) {
    const page: Awaited<ReturnType<typeof store.products.list>> = await store.products.list(filter, {
      limit: 100,
      after,
    });
    const items = page.rows.slice(0, 100);
    seen.push(...items.map(({ id }) => id));
    if (page.rows.length <= 100 && page.stop === null) break;
    const last = items.at(-1)!;
    after = page.stop ?? { id: last.id, at: sort === 'deadline' ? last.deadline : last.createdAt };
  }
  expect(seen).toEqual(expected.map(({ id }) => id));
  expect(seen.length).toBeGreaterThan(0);
});
