import { randomUUID } from 'node:crypto';
import type { Picture, Product, Webhook } from '@gongu/shared';
import { createOpenApiCheck, namelessParts, serviceToken, tcpProxy, testDatabase } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { openApiErrors } from '@gongu/testkit/openapi-lint';
import { afterAll, describe, expect, it } from 'vitest';
import { SERVICE_SECRET, SHOP_SECRET, shopToken } from '../fixture/tokens.ts';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

/** Of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const fixture = await testTrade();
const ADDRESS_KEYS = `k1:${'A'.repeat(43)}=`;
const server = await fixture.start({ DEV_LOGIN: '1', ADDRESS_KEYS, SHOP_JWT_SECRET: SHOP_SECRET });
const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
  paths: Record<string, Record<string, { security?: object[] }>>;
  components: { schemas: object; securitySchemes: object };
};

describe('/openapi.json', () => {
  it('describes every answer of success that there is, and the service gives each of them', async () => {
    const check = createOpenApiCheck(document);
    const call: typeof server.call = async (method, path, options) => {
      const answer = await server.call(method, path, options);
      check.check(method, path, answer.status, answer.body);
      return answer as never;
    };
    const made = async (fields = {}) =>
      (await call<Product>('POST', '/api/products', { as: 'seller:sel', body: draft(fields) })).body.id;
    const seller = { as: 'seller:sel' };

    const id = await made();
    await call('GET', '/api/products');
    await call('GET', '/api/products/facets');
    const picture = `/api/pictures/${randomUUID()}`;
    const { body: shown } = await call<Picture>('PUT', picture, { ...seller, body: PNG });
    await call('GET', shown.url);
    await call('GET', `/api/products/${id}`);
    await call('GET', `/api/products/${id}/card`);
    await call('GET', `/api/products/${id}`, { headers: { 'if-none-match': '*' } });
    await call('PATCH', `/api/products/${id}`, { ...seller, body: { title: 'x' } });
    await call('POST', `/api/products/${id}/participations`, { as: 'ann' });
    await call('GET', `/api/products/${id}/participations/me`, { as: 'ann' });
    await call('PATCH', `/api/products/${id}/participations/me`, { as: 'ann', body: { quantity: 2 } });
    await call('GET', `/api/products/${id}/participations`, seller);
    await call('GET', `/api/products/${id}/summary`, seller);
    await call('GET', '/api/participations/me', { as: 'ann' });
    await call('DELETE', `/api/products/${id}/participations/me`, { as: 'ann' });
    await call('GET', `/api/products/${id}/audit`, seller);
    const full = await made({ payment: 'REQUIRED', waitingList: true, maxParticipants: 1 });
    await call('POST', `/api/products/${full}/participations`, { as: 'ann' });
    await call('POST', `/api/products/${full}/waiting`, { as: 'ben' });
    await call('GET', `/api/products/${full}/waiting/me`, { as: 'ben' });
    await call('DELETE', `/api/products/${full}/waiting/me`, { as: 'ben' });
    const paid = { status: 'AUTHORIZED', reference: 'r', amount: 23_000 };
    await call('PUT', `/api/products/${full}/participations/ann/payment`, { as: shopToken('payments'), body: paid });
    const hook = { as: 'admin:root', body: { url: 'https://127.0.0.1/hook' } };
    const webhook = `/api/trade/webhooks/${(await call<Webhook>('POST', '/api/trade/webhooks', hook)).body.id}`;
    await call('GET', '/api/trade/webhooks', { as: 'admin:root' });
    await call('GET', webhook, { as: 'admin:root' });
    await call('PATCH', webhook, { as: 'admin:root', body: { disabled: true } });
    for (const act of ['rotate', 'test', 'redeliver']) await call('POST', `${webhook}/${act}`, { as: 'admin:root' });
    await call('GET', `${webhook}/deliveries`, { as: 'admin:root' });
    await call('DELETE', webhook, { as: 'admin:root' });
    await call('POST', `/api/products/${id}/cancel`, { ...seller, body: {} });
    const closing = await made();
    await call('POST', `/api/products/${closing}/participations`, { as: 'ann' });
    const address = { recipient: '김하나', phone: '010-1234-5678', postalCode: '06236', line1: '테헤란로 1' };
    await call('PUT', `/api/products/${closing}/participations/me/address`, { as: 'ann', body: address });
    await call('GET', `/api/products/${closing}/participations/me/address`, { as: 'ann' });
    await call('POST', `/api/products/${closing}/close`, seller);
    await call('GET', `/api/products/${closing}/participations/addresses`, seller);
    for (const decision of ['retry', 'discard']) {
      fixture.chat.disturb(() => ({ refuse: 'CONFLICT' }));
      await made();
      const parked = await eventually(async () => {
        const [row] = await fixture.rows<{ id: string }>('SELECT id FROM outbox WHERE parked_at IS NOT NULL');
        expect(row).toBeDefined();
        return row!.id;
      });
      fixture.chat.behave();
      await call('POST', `/api/trade/outbox/${parked}/${decision}`, { as: 'admin:root' });
    }
    await call('GET', '/api/trade/consistency', { as: 'admin:root' });
    await call('PUT', '/api/trade/users/eve/block', { as: 'admin:root', body: { reason: 'spam' } });
    await call('DELETE', '/api/trade/users/eve/block', { as: 'admin:root' });
    await call('GET', '/api/trade/users/eve/export', { as: 'admin:root' });
    const erasing = await call<{ id: string }>('DELETE', '/api/trade/users/eve', { as: 'admin:root' });
    await call('GET', `/api/trade/erasures/${erasing.body.id}`, { as: 'admin:root' });
    await call('POST', '/api/trade/users/eve/revoke', { as: 'admin:root' });
    await call('DELETE', '/api/trade/users/eve/revoke', { as: 'admin:root' });
    await call('GET', '/api/trade/outbox', { as: `Bearer ${serviceToken({ secret: SERVICE_SECRET })}` });
    await call('POST', '/api/dev/session', { body: { nickname: '감귤', seller: true } });

    const success = check.documented().filter((name) => /[23]\d\d$/.test(name) && !name.includes('/events'));
    expect(check.seen()).toEqual(success);
  });

  it('has no route that needs a token and does not say so', () => {
    const needsToken = (security?: object[]) =>
      security?.length && !security.some((one) => Object.keys(one).length === 0);
    const open = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { security }]) =>
        needsToken(security) ? [] : [`${method} ${path}`],
      ),
    );
    expect(open.sort()).toEqual([
      'get /api/pictures/files/{file}',
      'get /api/products',
      'get /api/products/events',
      'get /api/products/facets',
      'get /api/products/{id}',
      'get /api/products/{id}/card',
      'post /api/dev/session',
    ]);
  });

  it('has no fault that linters or generators of clients stumble over', async () => {
    expect(namelessParts(document)).toEqual([]);
    expect(await openApiErrors(document)).toEqual([]);
  });

  it('says which bodies need not be there', () => {
    const optional = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, { requestBody?: { required?: boolean } }>).flatMap(
        ([method, { requestBody }]) => (requestBody?.required === false ? [`${method} ${path}`] : []),
      ),
    );
    expect(optional.sort()).toEqual([
      'post /api/products/{id}/cancel',
      'post /api/products/{id}/participations',
      'post /api/products/{id}/waiting',
      'post /api/trade/webhooks/{id}/redeliver',
      // Without one it is refused as an empty file.
      'put /api/pictures/{pictureId}',
      'put /api/trade/users/{userId}/block',
    ]);
  });

  it('is readable by people at /docs', async () => {
    const page = await fetch(`${server.url}/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('/api/products/{id}/participations');
  });
});

describe('POST /api/dev/session', () => {
  it('gives a token that works, for a seller where asked', async () => {
    const session = async (body: object) =>
      (await server.call<{ token: string; user: object }>('POST', '/api/dev/session', { body })).body;
    const { token, user } = await session({ nickname: '감귤' });
    expect(user).toEqual({ userId: '감귤', nickname: '감귤', tag: null });
    const product = await create(server);
    const bought = await server.call('POST', `/api/products/${product.id}/participations`, { as: `Bearer ${token}` });
    expect([bought.status, bought.body]).toEqual([201, expect.objectContaining({ userId: '감귤' })]);
    expect((await server.call('POST', '/api/products', { as: `Bearer ${token}`, body: draft() })).status).toBe(403);
    const seller = await session({ nickname: 'lee', seller: true });
    expect((await server.call('POST', '/api/products', { as: `Bearer ${seller.token}`, body: draft() })).status).toBe(
      201,
    );
  });

  it('is not there unless DEV_LOGIN says so', async () => {
    const usual = await fixture.start();
    expect((await usual.call('POST', '/api/dev/session', { body: { nickname: 'ann' } })).status).toBe(404);
    await usual.stop();
  });
});

describe('a request', () => {
  it('keeps its id, or gets one', async () => {
    const id = async (given?: string) =>
      (await fetch(`${server.url}/api/products`, { headers: given ? { 'x-request-id': given } : {} })).headers.get(
        'x-request-id',
      );
    expect(await id('shop-1')).toBe('shop-1');
    expect(await id('not an id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await id()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is one line in the log, with the user and without the token', async () => {
    await server.call('GET', '/api/participations/me?token=eyJhbGciOiJIUzI1NiJ9.e30.x', { as: 'ann' });
    const line = await eventually(() =>
      fixture.lines.map((text) => JSON.parse(text)).findLast(({ url }) => url?.startsWith('/api/participations')),
    );
    expect(line).toMatchObject({
      method: 'GET',
      url: '/api/participations/me?token=[redacted]',
      status: 200,
      userId: 'ann',
    });
  });
});

describe('while the database is away', async () => {
  const database = await testDatabase({ schema: 'trade', migrationsDir: 'prisma/trade' });
  const proxy = await tcpProxy({ target: database.url });
  const shaky = await fixture.start({ DATABASE_URL: proxy.through(database.url) });
  afterAll(async () => {
    await shaky.stop();
    await proxy.close();
    await database.drop();
  });
  const ready = async () => {
    const response = await fetch(`${shaky.url}/readyz`);
    return [response.status, await response.json()];
  };

  it('everything is 503 UNAVAILABLE with Retry-After, the process lives, and all goes on when it is back', async () => {
    const product = await create(shaky);
    expect(await ready()).toEqual([200, { status: 'ready', checks: { postgres: 'ok' } }]);
    await proxy.refuse();
    proxy.cut();
    for (const [method, path, as] of [
      ['GET', '/api/products', undefined],
      ['GET', `/api/products/${product.id}`, undefined],
      ['POST', `/api/products/${product.id}/participations`, 'ann'],
      ['GET', '/api/trade/outbox', 'admin:root'],
      ['GET', '/api/products/events', undefined],
    ] as const) {
      const { status, headers, body } = await shaky.call(method, path, { as });
      expect([path, status, body.code, headers.get('retry-after')]).toEqual([path, 503, 'UNAVAILABLE', '1']);
    }
    expect((await fetch(`${shaky.url}/healthz`)).status).toBe(200);
    expect(await ready()).toEqual([503, { status: 'unavailable', checks: { postgres: 'down' } }]);
    expect((await fetch(`${shaky.url}/metrics`)).status).toBe(200);
    await proxy.pass();
    await eventually(async () => expect((await ready())[0]).toBe(200));
    const path = `/api/products/${product.id}/participations`;
    expect((await shaky.call('POST', path, { as: 'ann', headers: { 'idempotency-key': 'k' } })).status).toBe(201);
    // The opening may have been on its way when the database went, and then comes a second time.
    await eventually(() => expect([...new Set(fixture.chat.told(product.id))]).toEqual(['open', 'committed ann']));
  });
});
