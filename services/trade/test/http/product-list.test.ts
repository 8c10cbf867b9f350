import type { Product } from '@gongu/shared';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { numberCursor, positionCursor } from '../../src/http/cursor.ts';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

type List = { items: Product[]; nextCursor: string | null };

const { start } = await testTrade();
const server = await start();
const { call } = server;

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const titles = (list: List) => list.items.map(({ title }) => title);

async function list(query: string, as?: string): Promise<List> {
  const { status, body } = await call<List>('GET', `/api/products?${query}`, { as });
  expect(status).toBe(200);
  return body;
}

// Deadlines run against the order of creation, and two of them are equal.
const SHARED = inHours(700);
for (const [title, hours, max] of [
  ['a', 9, 5],
  ['b', 7, 1],
  ['c', 7, 2],
  ['d', 3, 9],
  ['e', 1, 3],
] as const) {
  await create(server, {
    title,
    deadline: hours === 7 ? SHARED : inHours(hours),
    maxParticipants: max,
  });
}
const all = await list('');
const idOf = (title: string) => all.items.find((product) => product.title === title)!.id;
await call('POST', `/api/products/${idOf('b')}/participations`, { as: 'ann' });
await call('POST', `/api/products/${idOf('d')}/participations`, { as: 'ann' });
await call('POST', `/api/products/${idOf('e')}/cancel`, { as: 'seller:sel' });
await call('POST', '/api/products', {
  as: 'seller:other',
  body: { ...all.items[0], title: 'of another', deadline: inHours(2), maxParticipants: 4 },
});

describe('the list of products', () => {
  it('is sorted by creation, newest first, or by deadline', async () => {
    expect(titles(await list(''))).toEqual(['of another', 'e', 'd', 'c', 'b', 'a']);
    const byDeadline = titles(await list('sort=deadline'));
    expect(byDeadline.slice(0, 4)).toEqual(['e', 'of another', 'd', 'a']);
    expect(byDeadline.slice(4).sort()).toEqual(['b', 'c']);
  });

  it.each(['-createdAt', 'deadline'])('by %s has every product once, however small the pages', async (sort) => {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: List = await list(`sort=${sort}&limit=1${cursor && `&cursor=${cursor}`}`);
      seen.push(...titles(page));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(titles(await list(`sort=${sort}`)));
  });

  it('can be narrowed by status, seller, seats, deadline and what is mine', async () => {
    expect(titles(await list('status=CLOSED'))).toEqual(['b']);
    expect(titles(await list('status=CANCELLED'))).toEqual(['e']);
    expect(titles(await list('sellerId=other'))).toEqual(['of another']);
    expect(titles(await list('minSeatsLeft=5&sort=deadline'))).toEqual(['d', 'a']);
    expect(titles(await list(`deadlineBefore=${inHours(4)}&sort=deadline`))).toEqual(['e', 'of another', 'd']);
    expect(titles(await list('mine=seller', 'seller:other'))).toEqual(['of another']);
    expect(titles(await list('mine=buyer', 'ann'))).toEqual(['d', 'b']);
    expect(titles(await list('mine=buyer&status=RECRUITING', 'ann'))).toEqual(['d']);
    expect(titles(await list('sellerId=nobody'))).toEqual([]);
  });

  it('asks for a token only where `mine` does', async () => {
    expect((await call('GET', '/api/products?mine=buyer')).status).toBe(401);
    expect((await call('GET', '/api/products', { as: 'Bearer broken' })).status).toBe(200);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'status=OPEN',
    'mine=me',
    'sort=price',
    'minSeatsLeft=-1',
    'deadlineBefore=soon',
    'deadlineBefore=9999-12-31T23:59:59-14:00',
    'cursor=abc',
    'q=x',
    'q=%E1%84%80',
    `q=${'x'.repeat(65)}`,
    'category=%20',
    'sellerId=',
    'cursor=%00',
  ])('refuses ?%s', async (query) => {
    const { status, body } = await call('GET', `/api/products?${query}`);
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(body.errors[0]?.path).toBe(query.split('=')[0]);
  });

  it('refuses the cursor of another order, and of another question', async () => {
    const { nextCursor } = await list('limit=1');
    for (const other of ['sort=deadline', 'status=RECRUITING', 'q=%EA%B0%90%EA%B7%A4', 'tag=sweet', 'sellerId=sel']) {
      const { status, body } = await call('GET', `/api/products?limit=1&${other}&cursor=${nextCursor}`);
      expect([other, status, body.code, body.errors[0]?.path]).toEqual([other, 400, 'VALIDATION_FAILED', 'cursor']);
    }
    expect((await call('GET', `/api/products?limit=2&cursor=${nextCursor}`)).status).toBe(200);
  });
});

describe('categories, tags and searches', () => {
  const given = { category: ' 과일 ', tags: ['제주', 'Citrus'] };
  let id: string;
  beforeAll(async () => {
    id = (await create(server, { title: '감귤 10kg', description: 'Fresh ＦＲＯＭ the island', ...given })).id;
    await create(server, { title: '한라봉', category: '과일'.normalize('NFD'), tags: ['제주'] });
  });
  const found = async (query: Record<string, string> | [string, string][]) =>
    titles(await list(`${new URLSearchParams(query)}`));

  it('are kept in one spelling, and change', async () => {
    const { body } = await call<Product>('GET', `/api/products/${id}`);
    expect(body).toMatchObject({ category: '과일', tags: ['제주', 'Citrus'] });
    const edit = (fields: object) => call<Product>('PATCH', `/api/products/${id}`, { as: 'seller:sel', body: fields });
    expect((await edit({ category: null, tags: [] })).body).toMatchObject({ category: null, tags: [] });
    expect(await found({ q: 'citrus' })).toEqual([]);
    expect((await edit(given)).body).toMatchObject({ category: '과일', tags: ['제주', 'Citrus'] });
    const { items } = (await call<{ items: object[] }>('GET', `/api/products/${id}/audit`, { as: 'seller:sel' })).body;
    expect(items.slice(1)).toMatchObject([
      { event: 'product.edited', data: { category: null, tags: [] } },
      { event: 'product.edited', data: { category: '과일', tags: ['제주', 'Citrus'] } },
    ]);
  });

  it('narrow the list, alone and together', async () => {
    expect(await found({ category: '과일' })).toEqual(['한라봉', '감귤 10kg']);
    expect(await found({ category: '과' })).toEqual([]);
    expect(await found({ tag: '제주' })).toEqual(['한라봉', '감귤 10kg']);
    const both: [string, string][] = [
      ['tag', '제주'],
      ['tag', 'Citrus'],
    ];
    expect(await found(both)).toEqual(['감귤 10kg']);
    expect(await found({ tag: 'citrus' })).toEqual([]);
    expect(await found({ q: '감귤'.normalize('NFD') })).toEqual(['감귤 10kg']);
    expect(await found({ q: 'from THE' })).toEqual(['감귤 10kg']);
    expect(await found({ q: '제주', category: '과일', status: 'RECRUITING', sort: 'deadline' })).toHaveLength(2);
    expect(await found({ q: '제주', tag: 'Citrus' })).toEqual(['감귤 10kg']);
    expect(await found({ q: '%%' })).toEqual([]);
  });

  it('are counted, of products that recruit', async () => {
    const ended = await create(server, { category: '과일', tags: ['once'] });
    await call('POST', `/api/products/${ended.id}/cancel`, { as: 'seller:sel' });
    expect((await call('GET', '/api/products/facets')).body).toEqual({
      categories: [{ name: '과일', count: 2 }],
      tags: [
        { name: '제주', count: 2 },
        { name: 'Citrus', count: 1 },
      ],
    });
  });

  it.each([
    [{ tags: ['a', 'a'] }, 'tags'],
    [{ tags: ['a', ' a'] }, 'tags'],
    [{ tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }, 'tags'],
    [{ tags: [''] }, 'tags.0'],
    [{ tags: ['a\nb'] }, 'tags.0'],
    [{ category: ' ' }, 'category'],
    [{ category: 'x'.repeat(41) }, 'category'],
  ])('refuses %j', async (fields, path) => {
    for (const [method, url, body] of [
      ['POST', '/api/products', draft(fields)],
      ['PATCH', `/api/products/${id}`, fields],
    ] as const) {
      const answer = await call(method, url, { as: 'seller:sel', body });
      expect([answer.status, answer.body.errors[0]?.path]).toEqual([400, path]);
    }
  });
});

describe('a cursor', () => {
  const times = fc
    .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((at) => at.toISOString());
  const ids = fc
    .string({ minLength: 1, maxLength: 64, unit: 'grapheme' })
    .filter((id) => id.length <= 64 && !id.includes('\0'));

  it('comes back as it went', () => {
    const cursor = positionCursor('things');
    fc.assert(
      fc.property(times, ids, (at, id) => {
        const text = cursor.encode({ at, id });
        expect(text).toMatch(/^[A-Za-z0-9_-]{1,512}$/);
        expect(cursor.decode(text ?? '')).toEqual({ at, id });
      }),
    );
    expect(numberCursor('things').decode(numberCursor('things').encode('9223372036854775807') ?? '')).toBe(
      '9223372036854775807',
    );
  });

  it.each([
    ...['2026-02-30T00:00:00.000Z', '2026-13-01T00:00:00.000Z', '2027-02-29T00:00:00.000Z', '0000-01-01T00:00:00.000Z'],
    ...['2026-01-01T24:00:00.000Z', '2016-12-31T23:59:60.000Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000Z'],
    ...['2026-01-01T00:00:00.000+00:00', '1969-12-31T23:59:59.999Z', '+010000-01-01T00:00:00.000Z', 'now', ''],
  ])('of a moment that is none, or that no list writes so (%s), is refused', (at) => {
    const text = positionCursor('things').encode({ at, id: 'x' }) ?? '';
    expect(() => positionCursor('things').decode(text)).toThrow('cursor must be');
  });

  it('that is none is refused, whatever it is', () => {
    const refusals = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.array(fc.anything()).map((parts) => Buffer.from(JSON.stringify(parts) ?? '').toString('base64url')),
      fc.constantFrom('9223372036854775808', '0', '-1', '1e3').map((n) => numberCursor('things').encode(n) ?? ''),
    );
    fc.assert(
      fc.property(refusals, (text) => {
        expect(() => positionCursor('things').decode(text)).toThrow('cursor must be');
        expect(() => numberCursor('things').decode(text)).toThrow('cursor must be');
      }),
    );
  });
});
