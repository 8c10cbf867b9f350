import type { Product, Webhook } from '@gongu/shared';
import { expect, it } from 'vitest';
import { draft, testTrade } from '../fixture/trade-server.ts';

const { start, rows } = await testTrade();
const limits = { MAX_OPEN_PRODUCTS: '2', MAX_WEBHOOKS: '2' };
const servers = [await start(limits), await start(limits)];

/** Five at once, by both instances. */
const five = async <T>(path: string, as: string, body: unknown) => {
  const answers = await Promise.all([0, 1, 2, 3, 4].map((n) => servers[n % 2]!.call<T>('POST', path, { as, body })));
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.map(({ status, body: { code } }) => [status, code])).toEqual(Array(3).fill([409, 'CONFLICT']));
  expect(refused[0]?.body.detail).toContain('2');
  return answers.filter(({ status }) => status === 201).map(({ body: made }) => made);
};
const offer = async (as: string) => (await servers[0]!.call('POST', '/api/products', { as, body: draft() })).status;

it('a seller has at most MAX_OPEN_PRODUCTS that recruit, however many he offers at once; what ends makes room', async () => {
  const [first, second] = await five<Product>('/api/products', 'seller:sel', draft());
  expect(await offer('seller:other')).toBe(201);
  await servers[1]!.call('POST', `/api/products/${first!.id}/cancel`, { as: 'seller:sel' });
  expect([await offer('seller:sel'), await offer('seller:sel')]).toEqual([201, 409]);
  // Over, though nobody has looked at it since.
  await rows("UPDATE products SET deadline = now() - interval '1 s' WHERE id = $1", second!.id);
  expect([await offer('seller:sel'), await offer('seller:sel')]).toEqual([201, 409]);
});

it('there are at most MAX_WEBHOOKS, however many are made at once; what is removed makes room', async () => {
  const hook = { url: 'https://shop.example/hook' };
  const [first] = await five<Webhook>('/api/trade/webhooks', 'admin:root', hook);
  const make = async () =>
    (await servers[1]!.call('POST', '/api/trade/webhooks', { as: 'admin:root', body: hook })).status;
  await servers[0]!.call('DELETE', `/api/trade/webhooks/${first!.id}`, { as: 'admin:root' });
  expect([await make(), await make()]).toEqual([201, 409]);
});
