import { serviceToken, unsafeAnswers } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { SERVICE_SECRET, tokenOf } from '../fixture/tokens.ts';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start } = await testTrade();

it('every answer says what it is and that it is not to be kept, but for what has a version', async () => {
  const server = await start({ DEV_LOGIN: '1' });
  const { id } = await create(server);
  const wrong = await unsafeAnswers({
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
    ],
    as: [
      '',
      `Bearer ${tokenOf('ann')}`,
      `Bearer ${tokenOf('admin:root')}`,
      `Bearer ${serviceToken({ secret: SERVICE_SECRET })}`,
    ],
  });
  expect(wrong).toEqual([]);
  const tag = (await fetch(`${server.url}/api/products/${id}`)).headers.get('etag')!;
  const again = await fetch(`${server.url}/api/products/${id}`, { headers: { 'if-none-match': tag } });
  expect([again.status, again.headers.get('cache-control'), again.headers.get('etag')]).toEqual([304, 'no-cache', tag]);
});
