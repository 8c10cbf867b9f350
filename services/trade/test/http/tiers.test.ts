import type { AuditEntry, Participation, Product } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { openEvents } from '../fixture/event-source.ts';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

const { start, rows } = await testTrade();
const server = await start();
const other = await start();
const { call } = server;

const TIERS = [
  { minParticipants: 2, amount: 21_000 },
  { minParticipants: 4, amount: 19_000 },
];
const won = (amount: number) => ({ amount, currency: 'KRW' });
const read = async (id: string) => (await call<Product>('GET', `/api/products/${id}`)).body;
const buy = (id: string, as: string, at = server) => at.call('POST', `/api/products/${id}/participations`, { as });

describe('tiers of a price', () => {
  it('lower the price for all as people come, raise it as they go, and are fixed with the end', async () => {
    const { id } = await create(server, { priceTiers: TIERS });
    expect(await read(id)).toMatchObject({
      priceTiers: TIERS,
      currentPrice: won(23_000),
      nextTier: { ...TIERS[0], missing: 2 },
      finalPrice: null,
    });
    const stream = await openEvents(`${server.url}/api/products/events?productId=${id}`);
    for (const one of ['ann', 'ben', 'cho', 'dan']) expect((await buy(id, one, other)).status).toBe(201);
    expect(await read(id)).toMatchObject({ currentPrice: won(19_000), nextTier: null, finalPrice: null });
    await call('DELETE', `/api/products/${id}/participations/me`, { as: 'dan' });
    expect(await read(id)).toMatchObject({ currentPrice: won(21_000), nextTier: { ...TIERS[1], missing: 1 } });
    const { body: closed } = await call<Product>('POST', `/api/products/${id}/close`, { as: 'seller:sel' });
    expect(closed).toMatchObject({
      status: 'CLOSED',
      currentPrice: won(21_000),
      nextTier: null,
      finalPrice: won(21_000),
      price: won(23_000),
    });

    await stream.versions(id, 6);
    const told = stream.events
      .filter(({ data }) => data.id === id)
      .map(({ data }) => (data as Product).currentPrice.amount);
    expect(told).toEqual([23_000, 21_000, 21_000, 19_000, 21_000, 21_000]);
    expect(stream.events.at(-1)?.data).toMatchObject({ finalPrice: won(21_000) });
    const mine = await call<Participation>('GET', `/api/products/${id}/participations/me`, { as: 'ann' });
    expect(mine.body.payable).toEqual(won(23_000));
  });

  it('end with the one that a full product has, and with none where it is cancelled', async () => {
    const full = await create(server, { priceTiers: TIERS, maxParticipants: 4 });
    await Promise.all(['ann', 'ben', 'cho', 'dan', 'eun'].map((one) => buy(full.id, one)));
    expect(await read(full.id)).toMatchObject({ reason: 'FULL', finalPrice: won(19_000) });
    const cancelled = await create(server, { priceTiers: TIERS });
    await call('POST', `/api/products/${cancelled.id}/cancel`, { as: 'seller:sel' });
    expect(await read(cancelled.id)).toMatchObject({ finalPrice: null, nextTier: null });
    const plain = await create(server, { maxParticipants: 1 });
    expect(plain).toMatchObject({ priceTiers: [], currentPrice: won(23_000), nextTier: null });
    await buy(plain.id, 'ann');
    expect(await read(plain.id)).toMatchObject({ finalPrice: won(23_000) });
  });

  it('can change as long as nobody takes part', async () => {
    const { id } = await create(server, { priceTiers: TIERS });
    const edit = (priceTiers: unknown) =>
      call<Product>('PATCH', `/api/products/${id}`, { as: 'seller:sel', body: { priceTiers } });
    expect((await edit([TIERS[1]])).body).toMatchObject({ priceTiers: [TIERS[1]], version: 2 });
    expect((await edit([TIERS[1]])).body).toMatchObject({ version: 2 });
    expect(await edit([{ minParticipants: 2, amount: 23_000 }])).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', errors: [{ path: 'priceTiers' }] },
    });
    await buy(id, 'ann');
    expect(await edit([])).toMatchObject({ status: 409, body: { code: 'CONFLICT', errors: [{ path: 'priceTiers' }] } });
    const audit = await call<{ items: AuditEntry[] }>('GET', `/api/products/${id}/audit`, { as: 'seller:sel' });
    expect(audit.body.items[1]).toMatchObject({ event: 'product.edited', data: { priceTiers: [TIERS[1]] } });
  });

  it.each<[string, unknown, string]>([
    ['counts that do not rise', [TIERS[0], { minParticipants: 2, amount: 1 }], 'priceTiers.1.minParticipants'],
    ['amounts that do not fall', [TIERS[0], { minParticipants: 3, amount: 21_000 }], 'priceTiers.1.amount'],
    ['an amount that is not below the price', [{ minParticipants: 2, amount: 23_000 }], 'priceTiers.0.amount'],
    ['a tier for one', [{ minParticipants: 1, amount: 1 }], 'priceTiers.0.minParticipants'],
    ['a tier above the cap', [{ minParticipants: 6, amount: 1 }], 'priceTiers'],
    ['eleven', Array.from({ length: 11 }, (_, i) => ({ minParticipants: 2 + i, amount: 100 - i })), 'priceTiers'],
  ])('are refused with the field: %s', async (_, priceTiers, path) => {
    const body = draft({ priceTiers });
    expect(await call('POST', '/api/products', { as: 'seller:sel', body })).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', errors: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
  });

  it('are held by the table too, whatever is written past the functions', async () => {
    const { id } = await create(server, { priceTiers: TIERS });
    const set = (what: string) => rows(`UPDATE products SET ${what} WHERE id = $1`, id);
    await expect(set(`price_tiers = '[{"minParticipants": 2, "amount": 23000}]'`)).rejects.toThrow('products_tiers');
    await expect(set('final_amount = 1')).rejects.toThrow('products_final');
    await expect(set(`status = 'CLOSED', reason = 'SELLER', closed_at = now(), final_amount = 19000`)).rejects.toThrow(
      'products_final',
    );
  });
});
