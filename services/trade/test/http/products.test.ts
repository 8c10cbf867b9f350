import type { AuditEntry, Product } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

const { start } = await testTrade();
const { call } = await start();

const DAY_MS = 86_400_000;
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('creating a product', () => {
  it('answers with the product, its address and its version', async () => {
    const { status, headers, body } = await call<Product>('POST', '/api/products', {
      as: 'seller:sel',
      body: draft({ description: '당도 12', imageUrl: 'https://shop.example/a.jpg', ignored: true }),
    });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/products/${body.id}`);
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toMatchObject({
      sellerId: 'sel',
      description: '당도 12',
      price: { amount: 23_000, currency: 'KRW' },
      status: 'RECRUITING',
      reason: null,
      roomId: body.id,
      participantCount: 0,
      unitCount: 0,
      seatsLeft: 5,
      version: 1,
      closedAt: null,
    });
    expect(body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect((await call('GET', `/api/products/${body.id}`)).body).toEqual(body);
  });

  it('is for sellers and admins', async () => {
    const by = async (as?: string) => (await call('POST', '/api/products', { as, body: draft() })).status;
    expect([await by(), await by('ann'), await by('seller:sel'), await by('admin:root')]).toEqual([401, 403, 201, 201]);
  });

  it('refuses a deadline that is not ahead by the clock of the database', async () => {
    const { status, body } = await call('POST', '/api/products', {
      as: 'seller:sel',
      body: draft({ deadline: soon(-1) }),
    });
    expect([status, body.code, body.errors]).toEqual([
      400,
      'VALIDATION_FAILED',
      [{ path: 'deadline', message: 'must be in the future' }],
    ]);
  });

  it('refuses a deadline further away than DEADLINE_MAX_DAYS, a year unless it is set, and says how far it may be', async () => {
    const far = (days: number) => ({
      status: 400,
      body: {
        code: 'VALIDATION_FAILED',
        detail: `deadline must be at most ${days} days from now`,
        errors: [{ path: 'deadline', message: `must be at most ${days} days from now` }],
      },
    });
    const month = await start({ DEADLINE_MAX_DAYS: '30' });
    const any = await start({ DEADLINE_MAX_DAYS: '0' });
    for (const [server, days] of [
      [{ call }, 366],
      [month, 30],
    ] as const) {
      const offer = (ms: number) =>
        server.call<Product>('POST', '/api/products', { as: 'seller:sel', body: draft({ deadline: soon(ms) }) });
      expect(await offer(days * DAY_MS + 60_000)).toMatchObject(far(days));
      const { status, body } = await offer(days * DAY_MS - 60_000);
      expect(status).toBe(201);
      const edit = (fields: object) =>
        server.call('PATCH', `/api/products/${body.id}`, { as: 'seller:sel', body: fields });
      expect(await edit({ deadline: soon(days * DAY_MS + 60_000) })).toMatchObject(far(days));
      expect((await edit({ deadline: soon(days * DAY_MS - 30_000) })).status).toBe(200);
    }
    const { body } = await any.call<Product>('POST', '/api/products', {
      as: 'seller:sel',
      body: draft({ deadline: '2999-12-31T00:00:00Z' }),
    });
    expect(body.deadline).toBe('2999-12-31T00:00:00.000Z');
    // What was offered under another setting can be changed in all else.
    const edit = (fields: object) =>
      month.call('PATCH', `/api/products/${body.id}`, { as: 'seller:sel', body: fields });
    expect((await edit({ title: '감귤', deadline: body.deadline })).status).toBe(200);
    expect(await edit({ deadline: '2999-12-30T00:00:00Z' })).toMatchObject(far(30));
  });

  it('takes the largest price without rounding it', async () => {
    const { price } = await create({ call } as never, { price: { amount: 1_000_000_000_000, currency: 'KRW' } });
    expect(price.amount).toBe(1_000_000_000_000);
  });
});

describe('changing a product', () => {
  it('changes what is named, moves the version and leaves the rest', async () => {
    const product = await create({ call } as never, { imageUrl: 'https://shop.example/a.jpg' });
    const { status, headers, body } = await call<Product>('PATCH', `/api/products/${product.id}`, {
      as: 'seller:sel',
      body: { title: '감귤 5kg', maxParticipants: 9, imageUrl: null },
    });
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"2"');
    expect(body).toEqual({
      ...product,
      title: '감귤 5kg',
      maxParticipants: 9,
      seatsLeft: 9,
      imageUrl: null,
      version: 2,
    });
  });

  it('makes no new version of equal values', async () => {
    const product = await create({ call } as never);
    const { body } = await call<Product>('PATCH', `/api/products/${product.id}`, {
      as: 'seller:sel',
      body: { title: product.title, deadline: product.deadline.replace('Z', '+00:00') },
    });
    expect(body).toEqual(product);
  });

  it('is refused with PRECONDITION_FAILED when If-Match names another version', async () => {
    const product = await create({ call } as never);
    const edit = async (ifMatch: string, title: string) => {
      const headers = { 'if-match': ifMatch };
      return (await call('PATCH', `/api/products/${product.id}`, { as: 'seller:sel', body: { title }, headers }))
        .status;
    };
    expect(await edit('"1"', 'a')).toBe(200);
    expect(await edit('"1"', 'b')).toBe(412);
    expect(await edit('W/"2"', 'b')).toBe(412);
    expect(await edit('"x", "2"', 'b')).toBe(200);
    expect(await edit('*', 'c')).toBe(200);
    expect(await edit('', 'd')).toBe(412);
    expect(await edit('"99999999999999999999"', 'd')).toBe(412);
  });

  it('closes the product when the cap is lowered to the buyers there are, and refuses a lower one', async () => {
    const product = await create({ call } as never);
    for (const as of ['ann', 'ben']) await call('POST', `/api/products/${product.id}/participations`, { as });
    const edit = (body: object) => call<Product>('PATCH', `/api/products/${product.id}`, { as: 'seller:sel', body });
    const below = await edit({ maxParticipants: 1 });
    expect([below.status, below.body.code, below.body.errors[0]?.path]).toEqual([409, 'CONFLICT', 'maxParticipants']);
    const { body } = await edit({ maxParticipants: 2 });
    expect(body).toMatchObject({ status: 'CLOSED', reason: 'FULL', seatsLeft: 0 });
    const after = await edit({ title: 'too late' });
    expect([after.status, after.body.code]).toEqual([409, 'NOT_RECRUITING']);
  });

  it.each([
    [{ deadline: soon(-5_000) }, 'deadline'],
    [{ minParticipants: 6 }, 'minParticipants'],
    [{ maxParticipants: 0 }, 'maxParticipants'],
    [{ title: '' }, 'title'],
    [{ imageUrl: 'javascript:alert(1)' }, 'imageUrl'],
    [{ price: { amount: 1, currency: 'KRW' } }, ''],
    [{}, ''],
  ])('refuses %j', async (body, path) => {
    const product = await create({ call } as never);
    const refused = await call('PATCH', `/api/products/${product.id}`, { as: 'seller:sel', body });
    expect([refused.status, refused.body.code, refused.body.errors[0]?.path]).toEqual([400, 'VALIDATION_FAILED', path]);
  });

  it('is for its seller', async () => {
    const product = await create({ call } as never);
    const by = async (as?: string) =>
      (await call('PATCH', `/api/products/${product.id}`, { as, body: { title: `by ${as}` } })).status;
    expect([await by(), await by('ann'), await by('seller:other'), await by('admin:root')]).toEqual([
      401, 403, 403, 200,
    ]);
  });
});

describe('reading a product', () => {
  it('needs no token, and costs nothing when the version is known', async () => {
    const product = await create({ call } as never);
    const read = (tag: string) => call('GET', `/api/products/${product.id}`, { headers: { 'if-none-match': tag } });
    expect((await read('"1"')).status).toBe(304);
    expect((await read('W/"1"')).status).toBe(304);
    expect((await read('"2"')).status).toBe(200);
  });

  it('is NOT_FOUND for any id that is none', async () => {
    for (const id of ['nothing', '0192', 'A_b-9']) expect((await call('GET', `/api/products/${id}`)).status).toBe(404);
  });
});

describe('ending a product', () => {
  it('early is refused below the minimum, and then done with reason SELLER; again changes nothing', async () => {
    const product = await create({ call } as never, { minParticipants: 2 });
    const close = () => call<Product>('POST', `/api/products/${product.id}/close`, { as: 'seller:sel' });
    await call('POST', `/api/products/${product.id}/participations`, { as: 'ann' });
    const early = await close();
    expect([early.status, early.body.code, early.body.detail]).toEqual([
      409,
      'MINIMUM_NOT_MET',
      '1 of at least 2 have bought',
    ]);
    await call('POST', `/api/products/${product.id}/participations`, { as: 'ben' });
    const closed = await close();
    expect(closed.body).toMatchObject({ status: 'CLOSED', reason: 'SELLER', version: 4 });
    expect((await close()).body).toEqual(closed.body);
    const cancel = await call('POST', `/api/products/${product.id}/cancel`, { as: 'seller:sel' });
    expect([cancel.status, cancel.body.code, cancel.body.allowed]).toEqual([409, 'ILLEGAL_TRANSITION', []]);
  });

  it('by cancellation keeps what the seller said', async () => {
    const product = await create({ call } as never);
    const { body } = await call<Product>('POST', `/api/products/${product.id}/cancel`, {
      as: 'seller:sel',
      body: { reason: '재고 부족' },
    });
    expect(body).toMatchObject({ status: 'CANCELLED', reason: 'SELLER' });
    const buy = await call('POST', `/api/products/${product.id}/participations`, { as: 'ann' });
    expect([buy.status, buy.body.code]).toEqual([409, 'NOT_RECRUITING']);
    const audit = await call<{ items: AuditEntry[] }>('GET', `/api/products/${product.id}/audit`, { as: 'seller:sel' });
    expect(audit.body.items.map(({ event, note }) => [event, note])).toEqual([
      ['product.created', null],
      ['product.cancelled', '재고 부족'],
    ]);
  });

  it('is for its seller', async () => {
    const product = await create({ call } as never);
    for (const end of ['close', 'cancel']) {
      const by = async (as?: string) => (await call('POST', `/api/products/${product.id}/${end}`, { as })).status;
      expect([await by(), await by('ann'), await by('seller:other')]).toEqual([401, 403, 403]);
    }
    expect((await call('POST', '/api/products/nothing/close', { as: 'seller:sel' })).status).toBe(404);
  });
});

describe('the audit', () => {
  it('tells every transition with who, from, to, version and request, page by page, to the seller only', async () => {
    const product = await create({ call } as never, { maxParticipants: 1 });
    const headers = { 'x-request-id': 'the-purchase' };
    await call('PATCH', `/api/products/${product.id}`, { as: 'seller:sel', body: { title: 'b', description: 'c' } });
    await call('POST', `/api/products/${product.id}/participations`, { as: 'ann', headers, body: { quantity: 2 } });
    const page = (query: string, as = 'seller:sel') =>
      call<{ items: AuditEntry[]; nextCursor: string | null }>('GET', `/api/products/${product.id}/audit${query}`, {
        as,
      });
    const first = await page('?limit=3');
    const second = await page(`?limit=3&cursor=${first.body.nextCursor}`);
    const all = [...first.body.items, ...second.body.items];
    expect(second.body.nextCursor).toBeNull();
    expect(
      all.map(({ event, actor, fromStatus, toStatus, version }) => [event, actor, fromStatus, toStatus, version]),
    ).toEqual([
      ['product.created', 'sel', null, 'RECRUITING', 1],
      ['product.edited', 'sel', 'RECRUITING', 'RECRUITING', 2],
      ['buyer.committed', 'ann', 'RECRUITING', 'CLOSED', 3],
      ['product.closed', 'ann', 'RECRUITING', 'CLOSED', 3],
    ]);
    expect(all[1]?.data).toEqual({ title: 'b', description: true });
    expect(all[2]).toMatchObject({ requestId: 'the-purchase', data: { quantity: 2 } });
    expect((await page('', 'ann')).status).toBe(403);
    expect((await page('', 'admin:root')).status).toBe(200);
  });
});
