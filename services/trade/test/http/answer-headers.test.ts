import { badRawAnswers, serviceToken, unsafeAnswers } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { SERVICE_SECRET, tokenOf } from '../fixture/tokens.ts';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

const { start } = await testTrade();

it('every answer says what it is and that it is not to be kept, but for what has a version', async () => {
  const server = await start({ DEV_LOGIN: '1' });
  const { id } = await create(server);
  const seller = { 'content-type': 'application/json', authorization: `Bearer ${tokenOf('seller:sel')}` };
  const body = JSON.stringify(draft());
  const tag = (await fetch(`${server.url}/api/products/${id}`)).headers.get('etag')!;
  const { wrong, statuses } = await unsafeAnswers({
    url: server.url,
    also: [
      ...['/healthz', '/readyz', '/metrics', '/docs', '/openapi.json', '/nowhere', '/%E0%A4%A'].map(
        (path) => `GET ${path}`,
      ),
      ...[
        `GET /api/products/${id}`,
        `HEAD /api/products/${id}`,
        'PUT /healthz',
        'PROPFIND /healthz',
        'OPTIONS /healthz',
      ],
      'GET /api/products/events',
      // 201, 204, 304, and what is refused before anybody reads it.
      { line: 'POST /api/products', headers: seller, body },
      { line: `GET /api/products/${id}`, headers: { 'if-none-match': tag } },
      { line: `HEAD /api/products/${id}`, headers: { 'if-none-match': tag } },
      { line: `PATCH /api/products/${id}`, headers: { ...seller, 'if-match': '"77"' }, body: '{"title":"x"}' },
      { line: 'POST /api/products', headers: { ...seller, 'content-type': 'application/xml' }, body: '<x/>' },
      { line: 'POST /api/products', headers: { ...seller, 'idempotency-key': 'k' }, body },
      {
        line: 'POST /api/products',
        headers: { ...seller, 'idempotency-key': 'k' },
        body: JSON.stringify(draft({ title: 'y' })),
      },
      { line: 'POST /api/products', headers: seller, body: '{"title":' },
      { line: 'POST /api/products', headers: seller, body: `"${'x'.repeat(400_000)}"` },
      { line: 'POST /healthz', headers: { 'content-type': 'application/xml' }, body: '<x/>' },
      {
        line: 'OPTIONS /api/products',
        headers: { origin: 'https://shop.test', 'access-control-request-method': 'POST' },
      },
      { line: 'POST /api/products', headers: { origin: 'https://evil.example' } },
    ],
    as: [
      '',
      `Bearer ${tokenOf('ann')}`,
      `Bearer ${tokenOf('admin:root')}`,
      `Bearer ${serviceToken({ secret: SERVICE_SECRET })}`,
    ],
  });
  expect(wrong).toEqual([]);
  expect(statuses).toEqual(expect.arrayContaining([200, 201, 204, 304, 400, 401, 403, 404, 405, 412, 413, 422]));
  const again = await fetch(`${server.url}/api/products/${id}`, { headers: { 'if-none-match': tag } });
  expect([again.status, again.headers.get('cache-control'), again.headers.get('etag')]).toEqual([304, 'no-cache', tag]);
});

it('what is no good HTTP is answered by a problem too, and ends its connection', async () => {
  const server = await start();
  expect(await badRawAnswers(server.url)).toEqual([]);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
