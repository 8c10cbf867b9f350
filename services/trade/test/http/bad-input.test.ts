import { serviceToken, signToken, userToken } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { SERVICE_SECRET, USER_SECRET } from '../fixture/tokens.ts';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

const { start, rows, lines } = await testTrade();
const server = await start({ DEV_LOGIN: '1' });
const { call } = server;
const product = await create(server);

const bearer = (token: string) => `Bearer ${token}`;
const user = { sub: 'ann', secret: USER_SECRET };

/** Every route that takes a body, with a good one. */
const writes = [
  ['POST', '/api/products', draft()],
  ['PATCH', `/api/products/${product.id}`, { title: 'x' }],
  ['POST', `/api/products/${product.id}/cancel`, { reason: 'x' }],
  ['POST', `/api/products/${product.id}/participations`, { quantity: 1 }],
  ['PATCH', `/api/products/${product.id}/participations/me`, { quantity: 1 }],
  ['POST', '/api/dev/session', { nickname: 'ann' }],
] as const;

/** Every route that wants a person. */
const personal = [
  ['POST', '/api/products', draft()],
  ['PATCH', `/api/products/${product.id}`, { title: 'x' }],
  ['POST', `/api/products/${product.id}/close`, undefined],
  ['POST', `/api/products/${product.id}/cancel`, undefined],
  ['GET', `/api/products/${product.id}/audit`, undefined],
  ['POST', `/api/products/${product.id}/participations`, undefined],
  ['GET', `/api/products/${product.id}/participations`, undefined],
  ['GET', `/api/products/${product.id}/participations/me`, undefined],
  ['PATCH', `/api/products/${product.id}/participations/me`, { quantity: 1 }],
  ['DELETE', `/api/products/${product.id}/participations/me`, undefined],
  ['GET', '/api/participations/me', undefined],
  ['GET', '/api/products?mine=seller', undefined],
] as const;

describe.each(writes)('%s %s', (method, path, good) => {
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    call(method, path, { as: 'seller:sel', body, headers });
  const firstField = Object.keys(good)[0] as string;

  it.each([
    ['NUL', '{"FIELD":"a\\u0000b"}'],
    ['a lone surrogate', '{"FIELD":"a\\ud800b"}'],
    ['NUL in a name', '{"FIELD":"x","a\\u0000":1}'],
    ['a number for a text or a text for a number', '{"FIELD":{"a":1}}'],
    ['an array', '[1,2]'],
    ['a text', '"hello"'],
    ['broken JSON', '{"FIELD":'],
    ['__proto__', '{"__proto__":{"admin":true},"FIELD":"x"}'],
    ['100 levels', `{"FIELD":"x","deep":${'['.repeat(100)}${']'.repeat(100)}}`],
  ])('refuses %s with VALIDATION_FAILED', async (_, body) => {
    const { status, body: problem } = await send(body.replace('FIELD', firstField), {
      'content-type': 'application/json',
    });
    expect([status, problem.code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('takes nothing that is called JSON for no body, which is refused where there must be one', async () => {
    // By who may not do it: nothing comes of it.
    const as = path.endsWith('/cancel') ? 'seller:other' : 'seller:sel';
    const headers = { 'content-type': 'application/json' };
    const { status, body: problem } = await call(method, path, { as, body: '', headers });
    const optional = /\/(cancel|participations)$/.test(path);
    expect([path, status]).toEqual([path, optional ? 403 : 400]);
    if (!optional) expect(problem.code).toBe('VALIDATION_FAILED');
  });

  it('refuses bytes that are no UTF-8, or takes them for what they can only mean', async () => {
    const bytes = new Uint8Array([...Buffer.from(`{"${firstField}":{"`), 0xff, 0xfe, ...Buffer.from('":1}}')]);
    expect((await send(bytes)).status).toBe(400);
  });

  it('refuses 10 MB with TOO_LARGE', async () => {
    const { status, body } = await send({ ...good, [firstField]: 'x'.repeat(10_000_000) });
    expect([status, body.code]).toEqual([413, 'TOO_LARGE']);
  });

  it('refuses another media type with VALIDATION_FAILED', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const { status, body } = await send('a=b', { 'content-type': type });
      expect([type, status, body.code]).toEqual([type, 400, 'VALIDATION_FAILED']);
    }
  });

  it('refuses a page of another origin with ORIGIN_NOT_ALLOWED, and tells an allowed one what it may read', async () => {
    const wrong = await send(good, { origin: 'https://evil.example' });
    expect([wrong.status, wrong.body.code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    const right = await send('[]', { origin: 'https://shop.test', 'content-type': 'application/json' });
    expect(right.headers.get('access-control-allow-origin')).toBe('https://shop.test');
    expect(right.headers.get('access-control-expose-headers')).toContain('Idempotent-Replayed');
  });
});

describe.each(personal)('%s %s', (method, path, body) => {
  it.each([
    ['no token', undefined, 401, 'UNAUTHENTICATED'],
    ['a text that is none', bearer('hello'), 401, 'UNAUTHENTICATED'],
    ['an expired one', bearer(userToken({ ...user, expiresInSeconds: -60 })), 401, 'TOKEN_EXPIRED'],
    ['one of a foreign secret', bearer(userToken({ ...user, secret: 'x'.repeat(40) })), 401, 'UNAUTHENTICATED'],
    ['one of the service secret', bearer(userToken({ ...user, secret: SERVICE_SECRET })), 401, 'UNAUTHENTICATED'],
    ['alg none', bearer(signToken({ sub: 'ann', exp: 9_999_999_999 }, '', 'none')), 401, 'UNAUTHENTICATED'],
    ['one without an end', bearer(signToken({ sub: 'ann' }, USER_SECRET)), 401, 'UNAUTHENTICATED'],
    ['one whose subject has a NUL', bearer(userToken({ ...user, sub: 'a\u0000b' })), 401, 'UNAUTHENTICATED'],
    ['one whose subject means another path', bearer(userToken({ ...user, sub: '..' })), 401, 'UNAUTHENTICATED'],
    ["a service's", bearer(serviceToken({ secret: SERVICE_SECRET })), 403, 'FORBIDDEN'],
  ])('refuses %s', async (_, as, status, code) => {
    const answer = await call(method, path, { as, body });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });
});

describe.each(writes.slice(0, -1))('%s %s with a bad body', (method, path) => {
  it.each([
    ['a stranger', undefined, 401, 'UNAUTHENTICATED'],
    ["a service's token", bearer(serviceToken({ secret: SERVICE_SECRET })), 403, 'FORBIDDEN'],
    ['an anonymous shopper', bearer(userToken({ ...user, anon: true })), 403, 'ANONYMOUS_NOT_ALLOWED'],
  ])('tells %s who may, and not what is wrong with it', async (_, as, status, code) => {
    for (const body of ['{}', '[1]', '{"a":']) {
      const headers = { 'content-type': 'application/json', origin: 'https://shop.test' };
      const answer = await call(method, path, { as, body, headers });
      expect([body, answer.status, answer.body.code]).toEqual([body, status, code]);
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.test');
    }
  });
});

describe('an anonymous shopper', () => {
  const anonymous = bearer(userToken({ ...user, sub: 'guest', anon: true, roles: ['seller', 'admin'] }));

  it.each(personal.filter(([method]) => method !== 'GET'))(
    'gets ANONYMOUS_NOT_ALLOWED from %s %s',
    async (method, path, body) => {
      const answer = await call(method, path, { as: anonymous, body });
      expect([answer.status, answer.body.code]).toEqual([403, 'ANONYMOUS_NOT_ALLOWED']);
    },
  );

  it('may look, and is no operator', async () => {
    expect((await call('GET', '/api/products', { as: anonymous })).status).toBe(200);
    expect((await call('GET', '/api/participations/me', { as: anonymous })).status).toBe(200);
    expect((await call('GET', '/api/trade/outbox', { as: anonymous })).status).toBe(403);
  });
});

describe('fields of a product', () => {
  it.each([
    ['title', '', 'title'],
    ['title', 'x'.repeat(201), 'title'],
    ['title', 5, 'title'],
    ['title', undefined, 'title'],
    ['description', 'x'.repeat(20_001), 'description'],
    ['imageUrl', 'ftp://shop.example/a.jpg', 'imageUrl'],
    ['imageUrl', 'not a url', 'imageUrl'],
    ['price', 23_000, 'price'],
    ['price', { amount: 0.5, currency: 'KRW' }, 'price.amount'],
    ['price', { amount: -1, currency: 'KRW' }, 'price.amount'],
    ['price', { amount: 1e15, currency: 'KRW' }, 'price.amount'],
    ['price', { amount: '23000', currency: 'KRW' }, 'price.amount'],
    ['price', { amount: 1, currency: 'won' }, 'price.currency'],
    ['minParticipants', 0, 'minParticipants'],
    ['minParticipants', 6, 'minParticipants'],
    ['maxParticipants', 100_001, 'maxParticipants'],
    ['maxParticipants', 2.5, 'maxParticipants'],
    ['maxParticipants', null, 'maxParticipants'],
    ['deadline', '2020-01-01T00:00:00Z', 'deadline'],
    ['deadline', '2027-02-30T00:00:00Z', 'deadline'],
    ['deadline', '9999-12-31T23:59:59-14:00', 'deadline'],
    ['deadline', 1_900_000_000, 'deadline'],
    ['deadline', 'tomorrow', 'deadline'],
  ])('%s %j is refused, with its path', async (field, value, path) => {
    const { status, body } = await call('POST', '/api/products', { as: 'seller:sel', body: draft({ [field]: value }) });
    expect([status, body.code, body.errors[0]?.path]).toEqual([400, 'VALIDATION_FAILED', path]);
  });

  it.each([0, 100, 1.5, '2', null])('a quantity of %j is refused', async (quantity) => {
    const { status } = await call('POST', `/api/products/${product.id}/participations`, {
      as: 'ann',
      body: { quantity },
    });
    expect(status).toBe(400);
  });
});

describe('paths and queries', () => {
  it.each([
    ['GET', '/api/products/%00', 400],
    ['GET', '/api/products/%ED%A0%80', 400],
    ['GET', '/api/products/%zz', 400],
    ['GET', `/api/products/${'x'.repeat(65)}`, 400],
    ['GET', '/api/products/a b', 400],
    ['GET', '/api/products?sellerId=%00', 400],
    ['GET', '/api/products?sellerId=%ED%A0%80', 400],
    ['GET', '/api/products?cursor=%', 400],
    ['GET', `/api/products?cursor=${'x'.repeat(600)}`, 400],
    ['GET', '/api/nothing', 404],
    ['PUT', '/api/products', 405],
    ['GET', '/api/products/events?productId=a%20b', 400],
    ['GET', '/api/products/x/participations/ann', 404],
  ])('%s %s is answered with %i', async (method, path, status) => {
    expect((await call(method, path)).status).toBe(status);
  });

  it('of the stream of all products name no product: it is read, and nothing else', async () => {
    for (const method of ['HEAD', 'PATCH', 'DELETE', 'POST']) {
      const { status, headers } = await fetch(`${server.url}/api/products/events`, { method });
      expect([method, status, headers.get('allow')]).toEqual([method, 405, 'GET, OPTIONS']);
    }
  });

  it('of the outbox want the id of an entry', async () => {
    for (const id of ['0', 'abc', '-1', '9'.repeat(30)]) {
      expect((await call('POST', `/api/trade/outbox/${id}/retry`, { as: 'admin:root' })).status).toBe(400);
    }
    expect((await call('POST', `/api/trade/outbox/${'9'.repeat(18)}/retry`, { as: 'admin:root' })).status).toBe(404);
  });
});

describe('after all of it', () => {
  it('nothing was lost or changed, and nothing failed inside', async () => {
    expect((await call('GET', `/api/products/${product.id}`)).body).toEqual(product);
    expect(await rows('SELECT count(*)::int FROM products')).toEqual([{ count: 1 }]);
    expect(lines.filter((line) => JSON.parse(line).level === 'error')).toEqual([]);
  });
});
