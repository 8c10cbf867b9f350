import { type Product, searchForm } from '@gongu/shared';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Position } from '../../src/product/ports/page.ts';
import type { Edit, ProductFilter } from '../../src/product/ports/product-store.ts';
import { productPage, SEARCHED } from '../../src/store/product-page.ts';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';

const { store, product, rows } = await testStore();

/** What has more than one spelling: case, width, jamo, composition, ligatures, emoji; and what LIKE would take for more. */
const PIECES = [
  ...[
    '감',
    '귤',
    '감귤',
    '제주',
    '가',
    '각',
    'ㄱ',
    'ㅏ',
    '\u1100',
    '\u1161',
    '감귤'.normalize('NFD'),
    '각'.normalize('NFD'),
  ],
  ...[
    'A',
    'a',
    'Ａ',
    'ａ',
    'Kg',
    '㎏',
    'ß',
    'ẞ',
    'SS',
    'ﬁ',
    'FI',
    'İ',
    'i',
    'Σ',
    'ς',
    'σ',
    'é',
    'e\u0301',
    '①',
    '1',
    'ﷺ',
  ],
  ...['😀', '👨‍👩‍👧', '\u200d', '❤️', '\ufe0f', ' ', '\u00a0', '%', '_', '\\', "'", '-'],
];
const piece = fc.constantFrom(...PIECES);
const words = (most: number) => fc.array(piece, { minLength: 1, maxLength: most }).map((some) => some.join(''));
const label = fc.constantFrom('과일', '과', '일', 'Food', 'food', 'é', 'ß', '감귤', 'a');
const texts = fc.record({
  title: words(6),
  description: fc.oneof(fc.constant(''), words(30)),
  category: fc.option(label),
  tags: fc.uniqueArray(label, { maxLength: 3 }),
});

const FILLERS = SEARCHED + 150;
let all: Product[];

beforeAll(async () => {
  for (const [n, given] of fc.sample(texts, { numRuns: 60, seed: 16 }).entries()) {
    await product({ ...given, id: `p${n}`, deadline: new Date(Date.now() + 7_200_000 + (n % 7) * 1_000) });
  }
  // In front of them in both orders, so that a page that begins with these does not get behind them by walking.
  await rows(
    `INSERT INTO trade.products (id, seller_id, seller_nickname, title, price_amount, price_currency, min_participants,
       max_participants, deadline, created_at, category, tags)
     SELECT 'f' || n, 's', 's', 'common ' || n, 1, 'KRW', 1, 5, now() + interval '1 hour', now() + n * interval '1 ms',
       CASE WHEN n % 5 = 0 THEN 'Food' END, CASE WHEN n % 7 = 0 THEN '{many}'::text[] ELSE '{}' END
     FROM generate_series(1, $1::int) n`,
    FILLERS,
  );
  await rows(
    `SELECT trade.save_texts(id, jsonb_build_object('title', title, 'category', lower(coalesce(category, '')),
       'tags', array_to_string(tags, E'\\n'))) FROM trade.products WHERE id LIKE 'f%'`,
  );
  await rows('ANALYZE trade.products');
  await rows('ANALYZE trade.product_texts');
  all = await everything({ sort: '-createdAt' }, 100);
});

/** All pages of a list. */
async function everything(filter: ProductFilter, limit: number): Promise<Product[]> {
  const seen: Product[] = [];
  for (let after: Position | null = null; ; ) {
    const page: Awaited<ReturnType<typeof store.products.list>> = await store.products.list(filter, { limit, after });
    const items = page.rows.slice(0, limit);
    seen.push(...items);
    if (page.rows.length <= limit && page.stop === null) return seen;
    const last = items.at(-1)!;
    after = page.stop ?? { id: last.id, at: filter.sort === 'deadline' ? last.deadline : last.createdAt };
  }
}

/** What each of all products is asked, one after the other. */
function scan({ q, category, tags = [], status, sort }: ProductFilter): string[] {
  const key = (one: Product) => (sort === 'deadline' ? one.deadline : one.createdAt);
  const found = all.filter(
    (one) =>
      (status === undefined || one.status === status) &&
      (category === undefined || one.category === category) &&
      tags.every((tag) => one.tags.includes(tag)) &&
      (q === undefined || linesOf(one).includes(searchForm(q))),
  );
  const way = sort === 'deadline' ? 1 : -1;
  const compare = (a: string, b: string) => (a < b ? -way : a > b ? way : 0);
  return found.sort((a, b) => compare(key(a), key(b)) || compare(a.id, b.id)).map(({ id }) => id);
}

const linesOf = ({ title, category, tags, description }: Product) =>
  [title, category ?? '', ...tags, description].map(searchForm).join('\n');

describe('a search of products', () => {
  it('finds what a scan of all of them finds, whatever is asked with it, in either order, page by page', async () => {
    const titles = all.filter(({ id }) => id.startsWith('p')).map(({ title }) => title);
    const q = fc
      .oneof(words(3), fc.constant('common 12'), fc.constantFrom(...titles))
      .filter((text) => [...searchForm(text)].length >= 2);
    const asked = fc.record(
      {
        q,
        category: label,
        tags: fc.uniqueArray(fc.oneof(label, fc.constant('many')), { maxLength: 2 }),
        status: fc.constantFrom('RECRUITING' as const),
      },
      { requiredKeys: [] },
    );
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(asked, fc.constantFrom('deadline' as const, '-createdAt' as const), async (some, sort) => {
        const filter: ProductFilter = { ...some, sort };
        const expected = scan(filter);
        const limit = expected.length > 50 ? 100 : 3;
        expect((await everything(filter, limit)).map(({ id }) => id)).toEqual(expected);
        hits += expected.length > 0 && some.q !== undefined ? 1 : 0;
      }),
      { numRuns: 150 },
    );
    expect(hits).toBeGreaterThan(10);
  });

  it.each([
    ['감귤', '제주 감귤 10kg', true],
    ['감귤'.normalize('NFD'), '제주 감귤 10kg', true],
    ['감귤', '제주 감귤'.normalize('NFD'), true],
    ['귤 1', '제주 감귤 10kg', true],
    ['JEJU', 'Ｊｅｊｕ mandarins', true],
    ['strasse', 'STRAẞE', true],
    ['οδός', 'ΟΔΌΣ 1', true],
    ['😀👍', 'good 😀👍', true],
    ['0%', '100% juice', true],
    ['0%', '100 juice', false],
    ['감굴', '제주 감귤', false],
    ['가ㄱ', '각', false],
  ])('%j is in %j: %j', async (q, title, isFound) => {
    const { id } = await product({ title, category: '따로' });
    const found = await store.products.list({ q, category: '따로', sort: '-createdAt' }, { limit: 100, after: null });
    expect(found.rows.some((one) => one.id === id)).toBe(isFound);
  });

  it('knows what was changed, and keeps the rest', async () => {
    const { id } = await product({ title: 'before xyzzy', description: 'plugh', category: '옛날', tags: ['plover'] });
    const finds = async (q: string) =>
      (await store.products.list({ q, sort: 'deadline' }, { limit: 9, after: null })).rows.some((one) => one.id === id);
    const edit = (fields: Edit) => store.products.edit(id, fields, null, caller('seller'), false);
    const asked = ['xyzzy', 'plugh', '옛날', 'plover', 'after'];
    const answers = async () => Object.fromEntries(await Promise.all(asked.map(async (q) => [q, await finds(q)])));
    expect(await answers()).toEqual({ xyzzy: true, plugh: true, 옛날: true, plover: true, after: false });
    await edit({ title: 'AFTER' });
    expect(await answers()).toEqual({ xyzzy: false, plugh: true, 옛날: true, plover: true, after: true });
    await edit({ category: null, tags: ['xyzzy'] });
    expect(await answers()).toEqual({ xyzzy: true, plugh: true, 옛날: false, plover: false, after: true });
    expect((await store.products.edit(id, { title: 'x' }, null, caller('other'), false)).outcome).toBe('forbidden');
    expect(await answers()).toMatchObject({ after: true });
  });

  it.each([{ q: '감귤' }, { category: '과일' }, { tags: ['과일'] }])('asks the index of pairs for %j', async (some) => {
    const { text, values } = productPage({ sort: 'deadline', ...some }, { limit: 20, after: null });
    const plan = await rows<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, ...values);
    const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(lines).toContain('product_texts_pairs');
    expect(lines).not.toContain('Seq Scan on product_texts');
  });
});
