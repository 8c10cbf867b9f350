import type { UserBar } from '@gongu/shared';
import { expect, it } from 'vitest';
import { tokenOf } from '../fixture/tokens.ts';
import { draft, testTrade } from '../fixture/trade-server.ts';

const { start } = await testTrade();

it('a block and a revocation are each service’s own, and count on each of its instances', async () => {
  const [here, there] = await Promise.all([start(), start()]);
  const create = (server: typeof here, as: string) => server.call('POST', '/api/products', { as, body: draft() });
  const blocked = await here.call<UserBar>('PUT', '/api/trade/users/s1/block', { as: 'admin:root', body: {} });
  expect([blocked.status, blocked.body]).toEqual([
    200,
    { userId: 's1', block: { until: null, reason: null }, revokedAt: null },
  ]);
  for (const server of [here, there]) {
    await expect
      .poll(async () => (await create(server, 'seller:s1')).body)
      .toMatchObject({ status: 403, code: 'BLOCKED' });
    expect((await create(server, 'seller:s2')).status).toBe(201);
  }
  // What anybody may read he may still read.
  expect((await here.call('GET', '/api/products')).status).toBe(200);
  expect((await here.call('DELETE', '/api/trade/users/s1/block', { as: 'admin:root' })).status).toBe(204);
  expect((await create(here, 'seller:s1')).status).toBe(201);
  const old = `Bearer ${tokenOf('seller:s1')}`;
  expect((await create(here, old)).status).toBe(201);
  await here.call('POST', '/api/trade/users/s1/revoke', { as: 'admin:root' });
  expect((await create(here, old)).body).toMatchObject({ status: 401, code: 'TOKEN_REVOKED' });
  expect((await here.call('DELETE', '/api/trade/users/s1/revoke', { as: 'admin:root' })).status).toBe(204);
  expect((await create(here, old)).status).toBe(201);
  const other = await here.call<{ code: string }>('PUT', '/api/trade/users/s1/block', { as: 'seller:s2', body: {} });
  expect([other.status, other.body.code]).toEqual([403, 'FORBIDDEN']);
  await Promise.all([here.stop(), there.stop()]);
});
