import type { AuditEntry, Buyer, Participation, Product } from '@gongu/shared';
import { signToken } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { describe, expect, it } from 'vitest';
import { SHOP_SECRET, shopToken } from '../fixture/tokens.ts';
import { create, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const { start, rows, chat } = await testTrade();
const server = await start({ SHOP_JWT_SECRET: SHOP_SECRET });
const { call } = server;

const PAID = { payment: 'REQUIRED' };
const read = async (id: string) => (await call<Product>('GET', `/api/products/${id}`)).body;
const buy = (id: string, as: string, quantity = 1, at: TradeServer = server) =>
  at.call<Participation>('POST', `/api/products/${id}/participations`, { as, body: { quantity } });
const report = (id: string, user: string, said: object, as = shopToken('payments')) => {
  const body = { reference: `r-${user}`, amount: 23_000, ...said };
  return call<Participation>('PUT', `/api/products/${id}/participations/${user}/payment`, { as, body });
};
const authorize = (id: string, user: string, amount = 23_000, reference = `r-${user}`) =>
  report(id, user, { status: 'AUTHORIZED', reference, amount });
const mine = (id: string, as: string) => call<Participation>('GET', `/api/products/${id}/participations/me`, { as });
const end = (id: string, how: 'close' | 'cancel') => call('POST', `/api/products/${id}/${how}`, { as: 'seller:sel' });
const events = async (id: string) =>
  (await call<{ items: AuditEntry[] }>('GET', `/api/products/${id}/audit?limit=100`, { as: 'seller:sel' })).body.items;
const named = async (id: string, ...names: string[]) =>
  (await events(id)).flatMap(({ event, actor, data }) => (names.includes(event) ? [[event, actor, data]] : []));
const passDue = (id: string) =>
  rows(
    `UPDATE participations SET payment_due_at = now() - interval '1 second' WHERE product_id = $1 AND NOT committed`,
    id,
  );

describe('a purchase that has to be paid', () => {
  it('holds a place while it is PENDING, and counts, for chat too, once it is AUTHORIZED', async () => {
    const { id } = await create(server, { ...PAID, priceTiers: [{ minParticipants: 2, amount: 20_000 }] });
    const { body: bought } = await buy(id, 'ann', 2);
    expect(bought).toMatchObject({
      payable: { amount: 46_000, currency: 'KRW' },
      payment: { status: 'PENDING', reference: null, amount: null },
    });
    const waitMs = Date.parse(bought.payment!.dueAt) - Date.parse(bought.joinedAt);
    expect(Math.abs(waitMs - 900_000)).toBeLessThan(2_000);
    await buy(id, 'ben');
    expect(await read(id)).toMatchObject({
      ...{ participantCount: 2, committedCount: 0, seatsLeft: 3, currentPrice: { amount: 23_000 } },
      nextTier: { missing: 2 },
    });
    const { status, body } = await authorize(id, 'ann', 46_000);
    expect([status, body.payment]).toEqual([
      200,
      { status: 'AUTHORIZED', dueAt: bought.payment!.dueAt, reference: 'r-ann', amount: 46_000 },
    ]);
    await authorize(id, 'ben');
    expect(await read(id)).toMatchObject({ committedCount: 2, currentPrice: { amount: 20_000 }, nextTier: null });
    await eventually(() => expect(chat.told(id)).toEqual(['open', 'committed ann', 'committed ben']));
    await report(id, 'ben', { status: 'FAILED' });
    await eventually(() => expect(chat.told(id).at(-1)).toBe('uncommitted ben'));
    expect(await read(id)).toMatchObject({ participantCount: 2, committedCount: 1, nextTier: { missing: 1 } });
    const failed = await call<{ items: Buyer[] }>('GET', `/api/products/${id}/participations?payment=FAILED`, {
      as: 'seller:sel',
    });
    expect(failed.body).toMatchObject({ items: [{ userId: 'ben', payment: { status: 'FAILED', amount: null } }] });
  });

  it('is reported on twice without harm, and with less than is payable not at all', async () => {
    const { id } = await create(server, PAID);
    await buy(id, 'ann', 2);
    expect(await authorize(id, 'ann', 45_999)).toMatchObject({
      status: 422,
      body: { code: 'AMOUNT_REFUSED', errors: [{ path: 'amount', message: expect.stringContaining('46000') }] },
    });
    const [first, second] = [await authorize(id, 'ann', 46_000), await authorize(id, 'ann', 46_000)];
    expect(second.body).toEqual(first.body);
    expect(await named(id, 'payment.authorized')).toHaveLength(1);
    expect((await read(id)).version).toBe(3);
  });

  it('is FULL when the cap is AUTHORIZED; until then nobody else gets a place', async () => {
    const { id } = await create(server, { ...PAID, maxParticipants: 2 });
    await Promise.all([buy(id, 'ann'), buy(id, 'ben')]);
    expect(await read(id)).toMatchObject({ status: 'RECRUITING', seatsLeft: 0 });
    expect(await buy(id, 'cho')).toMatchObject({ status: 409, body: { code: 'CAP_REACHED' } });
    await authorize(id, 'ann');
    await authorize(id, 'ben');
    expect(await read(id)).toMatchObject({ status: 'CLOSED', reason: 'FULL', finalPrice: { amount: 23_000 } });
    expect(await named(id, 'payment.capture')).toEqual([
      ['payment.capture', 'ann', { reference: 'r-ann', amount: 23_000 }],
      ['payment.capture', 'ben', { reference: 'r-ben', amount: 23_000 }],
    ]);
  });

  it('has until its payment is due: then the place is free, and what comes later is to be released, once', async () => {
    const { id } = await create(server, { ...PAID, maxParticipants: 1 });
    await buy(id, 'ann');
    await passDue(id);
    await eventually(async () => expect(await read(id)).toMatchObject({ participantCount: 0, unitCount: 0 }));
    expect((await mine(id, 'ann')).status).toBe(404);
    for (const _ of [1, 2]) {
      expect(await authorize(id, 'ann')).toMatchObject({ status: 409, body: { code: 'PAYMENT_NOT_DUE' } });
    }
    expect(await named(id, 'buyer.expired', 'payment.release')).toEqual([
      ['buyer.expired', 'ann', { quantity: 1 }],
      ['payment.release', 'ann', { reference: 'r-ann', amount: 23_000 }],
    ]);
    expect((await report(id, 'ann', { status: 'RELEASED', reference: 'r-ann' })).body.payment?.status).toBe('RELEASED');
    expect((await buy(id, 'ann')).status).toBe(201);
    expect((await authorize(id, 'ann', 23_000, 'again')).body.payment?.status).toBe('AUTHORIZED');
    expect(await read(id)).toMatchObject({ reason: 'FULL' });
  });

  it('that failed once, and is authorised too late by the same reference, is to be released', async () => {
    const { id } = await create(server, PAID);
    await buy(id, 'ann');
    await report(id, 'ann', { status: 'FAILED' });
    await passDue(id);
    for (const _ of [1, 2]) expect((await authorize(id, 'ann')).body.code).toBe('PAYMENT_NOT_DUE');
    expect(await named(id, 'payment.release')).toEqual([
      ['payment.release', 'ann', { reference: 'r-ann', amount: 23_000 }],
    ]);
  });

  it('is not in time after it was due, whether a scheduler has noticed or not', async () => {
    const { id } = await create(server, PAID);
    await buy(id, 'ann');
    await passDue(id);
    expect((await authorize(id, 'ann')).body.code).toBe('PAYMENT_NOT_DUE');
  });

  it('is released when it is withdrawn, and keeps its row', async () => {
    const { id } = await create(server, PAID);
    await buy(id, 'ann');
    await authorize(id, 'ann');
    expect((await call('DELETE', `/api/products/${id}/participations/me`, { as: 'ann' })).status).toBe(204);
    expect(await read(id)).toMatchObject({ participantCount: 0, committedCount: 0 });
    expect(await named(id, 'payment.release')).toHaveLength(1);
    expect(await report(id, 'ann', { status: 'CAPTURED', reference: 'r-ann' })).toMatchObject({
      status: 409,
      body: { code: 'ILLEGAL_TRANSITION' },
    });
    expect((await report(id, 'ann', { status: 'RELEASED', reference: 'r-ann' })).status).toBe(200);
    expect(await rows('SELECT cause, payment_status FROM ended_payments WHERE product_id = $1', id)).toEqual([
      { cause: 'withdrawn', payment_status: 'RELEASED' },
    ]);
    await eventually(() => expect(chat.told(id)).toEqual(['open', 'committed ann', 'uncommitted ann']));
  });

  it('is PENDING again where more is due than was authorised, and AUTHORIZED again where it is not', async () => {
    const { id } = await create(server, PAID);
    await buy(id, 'ann', 2);
    await authorize(id, 'ann', 46_000);
    const change = async (quantity: number) =>
      (await call<Participation>('PATCH', `/api/products/${id}/participations/me`, { as: 'ann', body: { quantity } }))
        .body.payment?.status;
    expect([await change(1), await change(3), await change(2), await change(4)]).toEqual([
      ...['AUTHORIZED', 'PENDING', 'AUTHORIZED', 'PENDING'],
    ]);
    expect((await read(id)).committedCount).toBe(0);
    expect((await authorize(id, 'ann', 92_000, 'more')).body.payment).toMatchObject({
      ...{ status: 'AUTHORIZED', reference: 'more', amount: 92_000 },
    });
    // What was held before is not needed any more.
    expect(await named(id, 'payment.release')).toEqual([
      ['payment.release', 'ann', { reference: 'r-ann', amount: 46_000 }],
    ]);
  });
});

describe('the end of a product that has to be paid', () => {
  it('takes first who has not paid, and then judges the minimum and the tier by those who have', async () => {
    const { id } = await create(server, {
      ...{ ...PAID, minParticipants: 2, priceTiers: [{ minParticipants: 3, amount: 1_000 }] },
    });
    for (const one of ['ann', 'ben', 'cho', 'dan']) await buy(id, one, 2);
    await authorize(id, 'ann', 46_000);
    expect((await end(id, 'close')).body).toMatchObject({ code: 'MINIMUM_NOT_MET' });
    expect((await read(id)).participantCount).toBe(4);
    await authorize(id, 'ben', 50_000);
    await report(id, 'cho', { status: 'FAILED' });
    expect((await end(id, 'close')).body).toMatchObject({
      ...{ status: 'CLOSED', participantCount: 2, committedCount: 2, unitCount: 4, finalPrice: { amount: 23_000 } },
    });
    expect(await named(id, 'buyer.expired', 'payment.capture')).toEqual([
      ['buyer.expired', 'cho', { quantity: 2 }],
      ['buyer.expired', 'dan', { quantity: 2 }],
      ['payment.capture', 'ann', { reference: 'r-ann', amount: 46_000 }],
      ['payment.capture', 'ben', { reference: 'r-ben', amount: 46_000 }],
    ]);
    expect((await report(id, 'ben', { status: 'CAPTURED', reference: 'r-ben', amount: 50_001 })).status).toBe(422);
    const captured = await report(id, 'ann', { status: 'CAPTURED', amount: 46_000 });
    expect(captured.body.payment).toMatchObject({ status: 'CAPTURED', amount: 46_000 });
    expect((await report(id, 'ann', { status: 'REFUNDED', reference: 'r-ann' })).body.payment?.status).toBe('REFUNDED');
    // Paid once more after the end: that, too, is held by nobody's will.
    for (const _ of [1, 2]) expect((await authorize(id, 'ben', 50_000, 'twice')).body.code).toBe('PAYMENT_NOT_DUE');
    expect(await named(id, 'payment.release')).toEqual([
      ['payment.release', 'ben', { reference: 'twice', amount: 50_000 }],
    ]);
    // A capture that fails changes no count.
    expect((await report(id, 'ben', { status: 'FAILED', reference: 'r-ben' })).body.payment?.status).toBe('FAILED');
    expect(await read(id)).toMatchObject({ participantCount: 2, committedCount: 2, status: 'CLOSED' });
    expect(await authorize(id, 'ben')).toMatchObject({ body: { code: 'ILLEGAL_TRANSITION', allowed: [] } });
    expect((await authorize(id, 'dan')).body.code).toBe('PAYMENT_NOT_DUE');
  });

  it('is a cancellation at the deadline where too few have paid, and releases what is held', async () => {
    const { id } = await create(server, { ...PAID, minParticipants: 2 });
    await Promise.all(['ann', 'ben', 'cho'].map((one) => buy(id, one)));
    await authorize(id, 'ann');
    await rows('UPDATE products SET deadline = now() WHERE id = $1', id);
    await eventually(async () =>
      expect(await read(id)).toMatchObject({ status: 'CANCELLED', reason: 'UNDERFILLED', participantCount: 1 }),
    );
    expect(await named(id, 'payment.release')).toEqual([
      ['payment.release', 'ann', { reference: 'r-ann', amount: 23_000 }],
    ]);
    expect(await report(id, 'ann', { status: 'CAPTURED', reference: 'r-ann' })).toMatchObject({
      body: { code: 'ILLEGAL_TRANSITION', allowed: ['RELEASED', 'FAILED'] },
    });
  });
});

describe('the key of a back end', () => {
  it('must be a good one for trade, with the scope; users and services have none', async () => {
    const { id } = await create(server, PAID);
    await buy(id, 'ann');
    const with_ = async (as: string) => {
      const { status, body } = await report(id, 'ann', { status: 'FAILED' }, as);
      return [status, body.code];
    };
    const sign = (claims: object, secret = SHOP_SECRET) =>
      `Bearer ${signToken({ aud: 'trade', scope: 'payments', exp: Date.now() / 1000 + 60, ...claims }, secret)}`;
    expect(await with_(sign({ aud: 'chat' }))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await with_(sign({ exp: 1 }))).toEqual([401, 'TOKEN_EXPIRED']);
    expect(await with_(sign({}, 'another secret of at least 32 bytes!'))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await with_(sign({ scope: 'webhooks' }))).toEqual([403, 'FORBIDDEN']);
    expect(await with_(sign({ scope: undefined }))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await with_('admin:root')).toEqual([401, 'UNAUTHENTICATED']);
    expect(await with_(sign({ scope: 'webhooks payments' }))).toEqual([200, undefined]);
    expect(await with_(sign({ scope: ['admin'] }))).toEqual([200, undefined]);
    // It is no user's.
    expect((await call('GET', '/api/participations/me', { as: sign({ sub: 'ann' }) })).status).toBe(401);
    const none = await start();
    expect(
      (
        await none.call('PUT', `/api/products/${id}/participations/ann/payment`, {
          as: sign({}),
          body: { status: 'FAILED', reference: 'r', amount: 0 },
        })
      ).status,
    ).toBe(401);
  });
});

it('a product that nobody pays here knows no payment', async () => {
  const { id } = await create(server);
  expect((await buy(id, 'ann')).body.payment).toBeNull();
  expect((await authorize(id, 'ann')).status).toBe(404);
  expect(await read(id)).toMatchObject({ payment: 'NONE', committedCount: 1 });
});
