import type { Participation, Product, WaitingPlace } from '@gongu/shared';
import { eventually } from '@gongu/testkit/eventually';
import { expect, it } from 'vitest';
import { SHOP_SECRET, shopToken } from '../fixture/tokens.ts';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start, rows, chat } = await testTrade();
const server = await start({ SHOP_JWT_SECRET: SHOP_SECRET, PAYMENT_WINDOW_S: '60' });
const { call } = server;

const LIST = { waitingList: true };
const read = async (id: string) => (await call<Product>('GET', `/api/products/${id}`)).body;
const buy = (id: string, as: string) => call('POST', `/api/products/${id}/participations`, { as });
const wait = (id: string, as: string, quantity = 1) =>
  call<WaitingPlace>('POST', `/api/products/${id}/waiting`, { as, body: { quantity } });
const place = async (id: string, as: string) =>
  (await call<WaitingPlace>('GET', `/api/products/${id}/waiting/me`, { as })).body.position;
const mine = async (id: string, as: string) =>
  (await call<Participation>('GET', `/api/products/${id}/participations/me`, { as })).body;
const withdraw = (id: string, as: string) => call('DELETE', `/api/products/${id}/participations/me`, { as });

it('who comes too late waits, and the first who waits gets the place that is free, with his own quantity', async () => {
  const { id } = await create(server, { ...LIST, maxParticipants: 2 });
  expect((await wait(id, 'ann')).body).toMatchObject({ code: 'CONFLICT' });
  await buy(id, 'ann');
  await buy(id, 'ben');
  expect(await read(id)).toMatchObject({ status: 'RECRUITING', seatsLeft: 0 });
  expect((await buy(id, 'cho')).body).toMatchObject({ code: 'CAP_REACHED' });
  const first = await wait(id, 'cho', 3);
  expect([first.status, first.body]).toEqual([201, { productId: id, userId: 'cho', quantity: 3, position: 1 }]);
  expect((await wait(id, 'dan')).body.position).toBe(2);
  expect((await wait(id, 'eun')).body.position).toBe(3);
  expect([
    (await wait(id, 'dan')).body.code,
    (await wait(id, 'ann')).body.code,
    (await wait(id, 'sel')).body.code,
  ]).toEqual(['ALREADY_WAITING', 'ALREADY_PARTICIPATING', 'SELLER_CANNOT_BUY']);
  expect((await read(id)).waitingCount).toBe(3);
  await withdraw(id, 'ann');
  expect(await read(id)).toMatchObject({ seatsLeft: 0, participantCount: 2, unitCount: 4, waitingCount: 2 });
  expect(await mine(id, 'cho')).toMatchObject({ quantity: 3, payment: null });
  expect([await place(id, 'dan'), await place(id, 'eun')]).toEqual([1, 2]);
  expect((await call('DELETE', `/api/products/${id}/waiting/me`, { as: 'dan' })).status).toBe(204);
  expect((await call('DELETE', `/api/products/${id}/waiting/me`, { as: 'dan' })).status).toBe(404);
  expect(await place(id, 'eun')).toBe(1);
  await eventually(() =>
    expect(chat.told(id)).toEqual(['open', 'committed ann', 'committed ben', 'uncommitted ann', 'committed cho']),
  );
});

it('a cap that is raised brings in as many, and at the end all who wait are dropped', async () => {
  const { id } = await create(server, { ...LIST, maxParticipants: 1 });
  await buy(id, 'ann');
  for (const one of ['ben', 'cho', 'dan', 'eun']) await wait(id, one);
  const { body } = await call<Product>('PATCH', `/api/products/${id}`, {
    as: 'seller:sel',
    body: { maxParticipants: 3 },
  });
  expect(body).toMatchObject({ participantCount: 3, waitingCount: 2, status: 'RECRUITING' });
  await rows('UPDATE products SET deadline = now() WHERE id = $1', id);
  await eventually(async () =>
    expect(await read(id)).toMatchObject({ status: 'CLOSED', reason: 'FULL', waitingCount: 0, participantCount: 3 }),
  );
  expect((await call('GET', `/api/products/${id}/waiting/me`, { as: 'dan' })).status).toBe(404);
  const audit = await rows<{ event: string; actor: string }>(
    `SELECT event, user_id AS actor FROM audit JOIN people ON number = person
     WHERE product_id = $1 AND event LIKE 'waiting.%' ORDER BY id`,
    id,
  );
  expect(audit.map(({ event, actor }) => `${event} ${actor}`).slice(4)).toEqual([
    ...['waiting.promoted ben', 'waiting.promoted cho', 'waiting.ended dan', 'waiting.ended eun'],
  ]);
  expect((await wait(id, 'fay')).body).toMatchObject({ code: 'CAP_REACHED' });
});

it('a place whose payment was not made in time goes to the next, who has the whole time to pay', async () => {
  const { id } = await create(server, { ...LIST, payment: 'REQUIRED', maxParticipants: 1 });
  await buy(id, 'ann');
  await wait(id, 'ben');
  await wait(id, 'cho');
  await rows(`UPDATE participations SET payment_due_at = now() WHERE product_id = $1`, id);
  await eventually(async () => expect((await mine(id, 'ben')).payment?.status).toBe('PENDING'));
  const { payment, joinedAt } = await mine(id, 'ben');
  expect(Math.abs(Date.parse(payment!.dueAt) - Date.parse(joinedAt) - 60_000)).toBeLessThan(2_000);
  const paid = await call<Participation>('PUT', `/api/products/${id}/participations/ben/payment`, {
    ...{ as: shopToken('payments'), body: { status: 'AUTHORIZED', reference: 'b', amount: 23_000 } },
  });
  expect(paid.status).toBe(200);
  // It goes on: he may still withdraw, and somebody waits.
  expect(await read(id)).toMatchObject({ status: 'RECRUITING', seatsLeft: 0, waitingCount: 1, committedCount: 1 });
  await withdraw(id, 'ben');
  expect((await mine(id, 'cho')).payment?.status).toBe('PENDING');
});

it('a product without a list has none to wait on', async () => {
  const { id } = await create(server, { maxParticipants: 1, payment: 'REQUIRED' });
  await buy(id, 'ann');
  expect((await wait(id, 'ben')).body).toMatchObject({ code: 'CONFLICT' });
});
