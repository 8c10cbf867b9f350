import type { AuditEntry, Buyer, Participation, Product, Purchase } from '@gongu/shared';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { tally } from '../fixture/tally.ts';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start, rows, databaseUrl } = await testTrade();
const server = await start();
const { call } = server;

const path = (product: Product, rest = '') => `/api/products/${product.id}${rest}`;

describe('a purchase', () => {
  it('takes one place, whatever the quantity', async () => {
    const product = await create(server);
    const { status, body, headers } = await call<Participation>('POST', path(product, '/participations'), {
      as: 'ann',
      body: { quantity: 3 },
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      productId: product.id,
      userId: 'ann',
      quantity: 3,
      payable: { amount: 69_000, currency: 'KRW' },
      payment: null,
      joinedAt: expect.any(String),
    });
    expect(headers.get('location')).toBe(path(product, '/participations/me'));
    const { body: after } = await call<Product>('GET', path(product));
    expect(after).toMatchObject({ participantCount: 1, unitCount: 3, seatsLeft: 4, version: 2 });
    expect(after.status).toBe('RECRUITING');
  });

  it('needs no body: one unit is the default', async () => {
    const product = await create(server);
    const { status, body } = await call<Participation>('POST', path(product, '/participations'), { as: 'ann' });
    expect([status, body.quantity]).toEqual([201, 1]);
  });

  it('can be made once by a person: of 20 clicks at once, one', async () => {
    const product = await create(server);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('POST', path(product, '/participations'), { as: 'ann', body: {} })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(
      new Set(['ALREADY_PARTICIPATING']),
    );
  });

  it('closes the product at once when it takes the last place, and later ones hear CAP_REACHED', async () => {
    const product = await create(server, { maxParticipants: 2 });
    await call('POST', path(product, '/participations'), { as: 'ann' });
    await call('POST', path(product, '/participations'), { as: 'ben' });
    expect((await call<Product>('GET', path(product))).body).toMatchObject({
      status: 'CLOSED',
      reason: 'FULL',
      seatsLeft: 0,
      closedAt: expect.any(String),
    });
    const late = await call('POST', path(product, '/participations'), { as: 'cho' });
    expect([late.status, late.body.code]).toEqual([409, 'CAP_REACHED']);
    const again = await call('POST', path(product, '/participations'), { as: 'ann' });
    expect([again.status, again.body.code]).toEqual([409, 'ALREADY_PARTICIPATING']);
  });

  it('is not for the seller', async () => {
    const product = await create(server);
    const bought = await call('POST', path(product, '/participations'), { as: 'seller:sel' });
    expect([bought.status, bought.body.code]).toEqual([403, 'SELLER_CANNOT_BUY']);
    expect((await call('DELETE', path(product, '/participations/me'), { as: 'seller:sel' })).status).toBe(403);
  });

  it('of 1 000 at once for 50 places succeeds exactly 50 times', { timeout: 120_000 }, async () => {
    const product = await create(server, { maxParticipants: 50, minParticipants: 10 });
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        call('POST', path(product, '/participations'), { as: `buyer-${index}`, body: { quantity: 1 + (index % 99) } }),
      ),
    );
    expect(tally(answers.map(({ status, body }) => (status === 201 ? 'bought' : body.code)))).toEqual({
      bought: 50,
      CAP_REACHED: 950,
    });
    expect(await rows('SELECT count(*)::int FROM participations WHERE product_id = $1', product.id)).toEqual([
      { count: 50 },
    ]);
    expect((await call<Product>('GET', path(product))).body).toMatchObject({ participantCount: 50, reason: 'FULL' });
  });

  it('waits behind others for its product and for a connection: all 30 behind six seconds are made', async () => {
    const product = await create(server, { maxParticipants: 50 });
    const other = new pg.Client({ connectionString: databaseUrl });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM trade.products WHERE id = $1 FOR UPDATE', [product.id]);
    const answers = Promise.all(
      Array.from({ length: 30 }, (_, i) => call('POST', path(product, '/participations'), { as: `late-${i}` })),
    );
    // Longer than a lock is waited for, which is tried twice.
    await other.query('SELECT pg_sleep(6)');
    await other.query('COMMIT');
    await other.end();
    expect(tally((await answers).map(({ status, body }) => (status === 201 ? 'bought' : body.code)))).toEqual({
      bought: 30,
    });
  });
});

describe('another quantity', () => {
  type Audit = { items: AuditEntry[] };
  const change = (product: Product, as: string, body: unknown) =>
    call<Participation>('PATCH', path(product, '/participations/me'), { as, body });

  it('is taken while the product recruits; the place, its time and the counts stay as they are', async () => {
    const product = await create(server);
    const bought = await call<Participation>('POST', path(product, '/participations'), { as: 'ann' });
    const changed = await change(product, 'ann', { quantity: 4 });
    expect([changed.status, changed.body]).toEqual([
      200,
      { ...bought.body, quantity: 4, payable: { amount: 92_000, currency: 'KRW' } },
    ]);
    expect((await call('GET', path(product, '/participations/me'), { as: 'ann' })).body).toEqual(changed.body);
    const { body: after } = await call<Product>('GET', path(product));
    expect(after).toMatchObject({ participantCount: 1, seatsLeft: 4, status: 'RECRUITING', version: 3 });
    const audit = await call<Audit>('GET', path(product, '/audit'), { as: 'seller:sel' });
    expect(audit.body.items.at(-1)).toMatchObject({
      event: 'buyer.changed',
      actor: 'ann',
      data: { quantity: 4, before: 1 },
    });
    // Chat has nothing to hear of it.
    expect(await rows('SELECT kind FROM outbox WHERE room_id = $1', product.id)).not.toContainEqual({
      kind: 'buyer.changed',
    });
  });

  it('that it is already changes nothing', async () => {
    const product = await create(server);
    await call('POST', path(product, '/participations'), { as: 'ann', body: { quantity: 2 } });
    expect((await change(product, 'ann', { quantity: 2 })).status).toBe(200);
    expect((await call<Product>('GET', path(product))).body.version).toBe(2);
  });

  it.each([0, 100, 1.5, -1, '3', null, undefined])(
    'of %s is refused, and so is a body without one',
    async (quantity) => {
      const product = await create(server);
      await call('POST', path(product, '/participations'), { as: 'ann' });
      const refused = await change(product, 'ann', { quantity });
      expect([refused.status, refused.body]).toEqual([400, expect.objectContaining({ code: 'VALIDATION_FAILED' })]);
    },
  );

  it('is for who takes part, not for the seller, and not after the end', async () => {
    const product = await create(server, { maxParticipants: 1 });
    const outcome = async (as: string) => {
      const { status, body } = await change(product, as, { quantity: 3 });
      return [status, (body as { code?: string }).code];
    };
    expect(await outcome('ann')).toEqual([404, 'NOT_FOUND']);
    expect(await outcome('seller:sel')).toEqual([403, 'FORBIDDEN']);
    await call('POST', path(product, '/participations'), { as: 'ann' });
    expect(await outcome('ann')).toEqual([409, 'NOT_RECRUITING']);
    expect((await change({ ...product, id: 'none' } as Product, 'ann', { quantity: 3 })).status).toBe(404);
  });

  it('of 40 at once the last one is what is bought, and every one is in the audit with what was before', async () => {
    const product = await create(server);
    await call('POST', path(product, '/participations'), { as: 'ann' });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => change(product, 'ann', { quantity: 2 + (i % 98) })),
    );
    expect(tally(answers.map(({ status }) => String(status)))).toEqual({ 200: 40 });
    const audit = await call<Audit>('GET', path(product, '/audit?limit=100'), { as: 'seller:sel' });
    let quantity = 1;
    for (const { event, data } of audit.body.items) {
      if (event !== 'buyer.changed') continue;
      expect(data?.before).toBe(quantity);
      quantity = data?.quantity as number;
    }
    const { body } = await call<Participation>('GET', path(product, '/participations/me'), { as: 'ann' });
    expect(body.quantity).toBe(quantity);
  });
});

describe('a withdrawal', () => {
  it('gives the place back while the product recruits, and the person may buy again', async () => {
    const product = await create(server, { maxParticipants: 2 });
    await call('POST', path(product, '/participations'), { as: 'ann' });
    expect((await call('DELETE', path(product, '/participations/me'), { as: 'ann' })).status).toBe(204);
    expect((await call<Product>('GET', path(product))).body.seatsLeft).toBe(2);
    expect((await call('GET', path(product, '/participations/me'), { as: 'ann' })).status).toBe(404);
    expect((await call('POST', path(product, '/participations'), { as: 'ann' })).status).toBe(201);
  });

  it('is NOT_FOUND without a purchase, and NOT_RECRUITING after the end', async () => {
    const product = await create(server, { maxParticipants: 1 });
    const none = await call('DELETE', path(product, '/participations/me'), { as: 'ann' });
    expect([none.status, none.body.code]).toEqual([404, 'NOT_FOUND']);
    await call('POST', path(product, '/participations'), { as: 'ann' });
    const late = await call('DELETE', path(product, '/participations/me'), { as: 'ann' });
    expect([late.status, late.body.code]).toEqual([409, 'NOT_RECRUITING']);
  });
});

describe('lists of purchases', () => {
  it('show the seller who buys what, in order, page by page', async () => {
    const product = await create(server, { maxParticipants: 20 });
    const buyers = Array.from({ length: 7 }, (_, index) => `b${index}`);
    for (const as of buyers) await call('POST', path(product, '/participations'), { as, body: { quantity: 2 } });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `?limit=3${cursor && `&cursor=${cursor}`}`;
      const answer: { body: { items: Buyer[]; nextCursor: string | null } } = await call(
        'GET',
        path(product, `/participations${query}`),
        { as: 'seller:sel' },
      );
      for (const { userId, nickname, quantity } of answer.body.items) {
        expect([nickname, quantity]).toEqual([userId, 2]);
        seen.push(userId);
      }
      cursor = answer.body.nextCursor;
    }
    expect(seen).toEqual(buyers);
    expect((await call('GET', path(product, '/participations'), { as: 'b1' })).status).toBe(403);
    expect((await call('GET', path(product, '/participations'), { as: 'admin:root' })).status).toBe(200);
  });

  it('show a buyer what he has bought, newest first', async () => {
    const first = await create(server, { title: 'first' });
    const second = await create(server, { title: 'second' });
    for (const product of [first, second]) await call('POST', path(product, '/participations'), { as: 'dan' });
    const { body } = await call<{ items: Purchase[] }>('GET', '/api/participations/me', { as: 'dan' });
    expect(body.items.map(({ product }) => product.title)).toEqual(['second', 'first']);
    const mine = await call<{ items: Product[] }>('GET', '/api/products?mine=buyer', { as: 'dan' });
    expect(mine.body.items.map(({ title }) => title)).toEqual(['second', 'first']);
    expect((await call('GET', '/api/participations/me')).status).toBe(401);
  });
});
