import type { Product } from '@gongu/shared';
import { HOSTILE_SETTINGS, makeHostile } from '@gongu/testkit';
import { beforeAll, expect, test } from 'vitest';
import { tally } from '../fixture/tally.ts';
import { create, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const given = await testTrade();
let server: TradeServer;
beforeAll(async () => {
  const times = { statement_timeout: '1', lock_timeout: '1', idle_in_transaction_session_timeout: '1' };
  await makeHostile(given.databaseUrl, { ...HOSTILE_SETTINGS, ...times, idle_session_timeout: '1' });
  server = await given.start({ DATABASE_POOL: '5' });
});

test('times are the moments that they are, in every answer', async () => {
  const deadline = new Date(Date.now() + 3_600_000).toISOString();
  const made = await create(server, { deadline });
  expect(made.deadline).toBe(deadline);
  expect(Math.abs(Date.parse(made.createdAt) - Date.now())).toBeLessThan(60_000);
  expect((await server.call<Product>('GET', `/api/products/${made.id}`)).body).toEqual(made);
  const { body: list } = await server.call<{ items: Product[] }>('GET', '/api/products?sort=deadline');
  expect(list.items).toEqual([made]);
  const bought = await server.call<{ joinedAt: string }>('POST', `/api/products/${made.id}/participations`, {
    ...{ as: 'ann', body: {}, headers: { 'idempotency-key': 'k' } },
  });
  expect(bought.status).toBe(201);
  const again = await server.call('POST', `/api/products/${made.id}/participations`, {
    ...{ as: 'ann', body: {}, headers: { 'idempotency-key': 'k' } },
  });
  expect([again.status, again.body]).toEqual([201, bought.body]);
  expect((await server.call('GET', `/api/products/${made.id}/participations/me`, { as: 'ann' })).body).toEqual(
    bought.body,
  );
  const buyers = await server.call<{ items: { joinedAt: string }[] }>(
    'GET',
    `/api/products/${made.id}/participations`,
    {
      as: 'seller:sel',
    },
  );
  expect(buyers.body.items).toMatchObject([bought.body]);
  const mine = await server.call<{ items: object[] }>('GET', '/api/participations/me', { as: 'ann' });
  expect(mine.body.items).toMatchObject([bought.body]);
  const audit = await server.call<{ items: { at: string }[] }>('GET', `/api/products/${made.id}/audit`, {
    as: 'seller:sel',
  });
  for (const { at } of audit.body.items) expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
});

test('pages by cursor leave nothing out', async () => {
  const made = [];
  for (let i = 0; i < 5; i++) made.push((await create(server)).id);
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await server.call<{ items: Product[]; nextCursor: string | null }>(
      'GET',
      `/api/products?limit=2${cursor}`,
    );
    seen.push(...body.items.map(({ id }) => id));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen.slice(0, 5)).toEqual(made.reverse());
});

test('of 60 who buy at once 10 do, and the rest hear why', async () => {
  const made = await create(server, { maxParticipants: 10 });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      server.call('POST', `/api/products/${made.id}/participations`, { as: `buyer-${i}`, body: {} }),
    ),
  );
  expect(tally(answers.map(({ status, body }) => (status === 201 ? 'bought' : body.code!)))).toEqual({
    bought: 10,
    CAP_REACHED: 50,
  });
});
