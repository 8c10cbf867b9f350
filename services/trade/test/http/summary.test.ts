import type { Buyer, ProductSummary } from '@gongu/shared';
import { expect, it } from 'vitest';
import { SHOP_SECRET, shopToken, tokenOf } from '../fixture/tokens.ts';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start, rows } = await testTrade();
const server = await start({ SHOP_JWT_SECRET: SHOP_SECRET });
const { call } = server;
const SELLER = { as: 'seller:sel' };

/** Five people, of whom two have paid and one could not. */
async function sold() {
  const { id } = await create(server, { payment: 'REQUIRED', maxParticipants: 6 });
  const path = `/api/products/${id}/participations`;
  for (const [i, as] of ['ann', 'ben', 'cho', 'dan', '=SUM(A1)'].entries()) {
    expect((await call('POST', path, { as, body: { quantity: i + 1 } })).status).toBe(201);
  }
  const report = (user: string, status: string, reference: string, amount: number) =>
    call('PUT', `${path}/${user}/payment`, { as: shopToken('payments'), body: { status, reference, amount } });
  await report('ann', 'AUTHORIZED', '+82-1', 23_000);
  await report('ben', 'AUTHORIZED', 'r-ben', 50_000);
  await report('cho', 'FAILED', 'r-cho', 0);
  return { id, path };
}

it('the summary has places, units and sums by payment and by day, which are those of the rows', async () => {
  const { id, path } = await sold();
  // A day long past: on the others' own day there would be more than one.
  await rows(
    `UPDATE participations SET joined_at = '2026-01-05T15:30:00Z' WHERE product_id = $1 AND user_id = 'ann'`,
    id,
  );
  const { body } = await call<ProductSummary>('GET', `/api/products/${id}/summary?timeZone=Asia/Seoul`, SELLER);
  expect(body).toMatchObject({
    ...{ productId: id, seats: { all: 6, taken: 5, committed: 2, left: 1 }, waitingCount: 0, unitCount: 15 },
    currency: 'KRW',
    payments: [
      { status: 'AUTHORIZED', people: 2, units: 3, payable: 69_000, amount: 73_000 },
      { status: 'FAILED', people: 1, units: 3, payable: 69_000, amount: 0 },
      { status: 'PENDING', people: 2, units: 9, payable: 207_000, amount: 0 },
    ],
  });
  // Half past three in the afternoon of UTC is the next day in Seoul.
  expect(body.days).toContainEqual({ day: '2026-01-06', people: 1, units: 1, payable: 23_000 });
  expect(body.days.reduce((sum, { people }) => sum + people, 0)).toBe(5);
  const utc = await call<ProductSummary>('GET', `/api/products/${id}/summary`, SELLER);
  expect(utc.body.days).toContainEqual({ day: '2026-01-05', people: 1, units: 1, payable: 23_000 });

  const free = await create(server);
  await call('POST', `/api/products/${free.id}/participations`, { as: 'ann' });
  const { body: none } = await call<ProductSummary>('GET', `/api/products/${free.id}/summary`, SELLER);
  expect(none.payments).toEqual([{ status: null, people: 1, units: 1, payable: 23_000, amount: 0 }]);

  for (const [query, as, expected] of [
    ['', 'ann', 403],
    ['', 'admin:root', 200],
    ['?timeZone=Mars/Olympus', SELLER.as, 400],
    ['?timeZone=%2B03:00', SELLER.as, 400],
  ] as const) {
    expect((await call('GET', `/api/products/${id}/summary${query}`, { as })).status).toBe(expected);
  }
  expect((await call('GET', '/api/products/none/summary', SELLER)).status).toBe(404);
  const { body: list } = await call<{ items: Buyer[] }>('GET', `${path}?payment=FAILED`, SELLER);
  expect(list.items.map(({ userId }) => userId)).toEqual(['cho']);
});

it('participations are a file of CSV, by payment too, in which no cell is a formula', async () => {
  const { path } = await sold();
  const csv = async (query = '') => await call<string>('GET', `${path}?format=csv${query}`, SELLER);
  const { headers, body } = await csv();
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(headers.get('content-disposition')).toMatch(/^attachment; filename="participations-.*\.csv"$/);
  const lines = (body as unknown as string).split('\r\n').map((line) => line.replaceAll(/20\d\d-[^,]*Z/g, 'AT'));
  expect(lines).toEqual([
    'userId,nickname,tag,quantity,joinedAt,payable,currency,paymentStatus,paymentDueAt,paymentReference,paymentAmount',
    'ann,ann,,1,AT,23000,KRW,AUTHORIZED,AT,"\'+82-1",23000',
    'ben,ben,,2,AT,46000,KRW,AUTHORIZED,AT,r-ben,50000',
    'cho,cho,,3,AT,69000,KRW,FAILED,AT,r-cho,',
    'dan,dan,,4,AT,92000,KRW,PENDING,AT,,',
    '"\'=SUM(A1)","\'=SUM(A1)",,5,AT,115000,KRW,PENDING,AT,,',
    '',
  ]);
  const authorized = (await csv('&payment=AUTHORIZED')).body as unknown as string;
  expect(
    authorized
      .trim()
      .split('\r\n')
      .map((line) => line.split(',')[0]),
  ).toEqual(['userId', 'ann', 'ben']);
  expect((await call('GET', `${path}?format=csv`, { as: 'ann' })).status).toBe(403);
  const raw = await fetch(`${server.url}${path}?format=csv`, {
    headers: { authorization: `Bearer ${tokenOf(SELLER.as)}` },
  });
  expect([...new Uint8Array(await raw.arrayBuffer()).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
});
