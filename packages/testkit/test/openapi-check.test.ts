import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createOpenApiCheck, createOpenApiChecks } from '../src/index.ts';

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const problem = (codes: string) => ({
  description: codes,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});
const object = (properties: object) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const thing = object({
  id: { type: 'string' },
  note: { type: 'string', nullable: true },
  part: { nullable: true, allOf: [{ $ref: '#/components/schemas/Part' }] },
  count: { type: 'integer', minimum: 0, exclusiveMinimum: true },
});

const check = createOpenApiCheck({
  paths: {
    '/things/{id}': { get: { responses: { 200: json(thing), 404: problem('NOT_FOUND, GONE') } } },
    '/things/first': { get: { responses: { 200: json({ type: 'string' }) } } },
    '/things': { delete: { responses: { 204: { description: 'Done' } } } },
  },
  components: { schemas: { Part: object({ a: { type: 'number' } }), Problem: object({ code: { type: 'string' } }) } },
});
const good = { id: 'a', note: null, part: null, count: 1 };

describe('the OpenAPI check', () => {
  it('takes an answer that is as described, null where the document allows it', () => {
    check.check('GET', '/things/a?x=1', 200, good);
    check.check('GET', '/things/a', 200, { ...good, note: 'b', part: { a: 1 } });
    check.check('GET', '/things/first', 200, 'text');
    check.check('DELETE', 'http://host/things', 204, '');
    check.check('GET', '/things/a', 404, { code: 'GONE' });
    check.check('GET', '/elsewhere', 404, { code: 'NOT_FOUND' });
    expect(check.seen()).toEqual([
      'DELETE /things 204',
      'GET /things/first 200',
      'GET /things/{id} 200',
      'GET /things/{id} 404',
    ]);
    expect(check.documented()).toEqual(check.seen());
  });

  it.each([
    ['a field that is missing', 'GET', '/things/a', 200, { ...good, id: undefined }, 'required'],
    ['a field that the document does not know', 'GET', '/things/a', 200, { ...good, more: 1 }, 'additional'],
    ['null where none may be', 'GET', '/things/a', 200, { ...good, id: null }, 'must be string'],
    ['a bound that is exclusive in the words of OpenAPI 3.0', 'GET', '/things/a', 200, { ...good, count: 0 }, '> 0'],
    ['a wrong part', 'GET', '/things/a', 200, { ...good, part: {} }, 'required'],
    ['another status', 'GET', '/things/a', 201, good, '201 is not in the document'],
    ['a code that is not named', 'GET', '/things/a', 404, { code: 'OTHER' }, 'not described for OTHER'],
    ['a body where there is none', 'DELETE', '/things', 204, {}, 'has no body'],
    ['a route that is not there', 'PUT', '/things', 200, {}, 'is not in the document'],
  ])('refuses %s', (_, method, url, status, body, message) => {
    const asJson = JSON.parse(JSON.stringify(body));
    expect(() => check.check(method, url, status, asJson)).toThrow(message);
  });
});

it('the document is asked for once by all that were started alike, wherever their Redis is, and anew by others', async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked++;
    response.end(JSON.stringify({ paths: { [`/of-${asked}`]: {} } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const checkOf = createOpenApiChecks();
    const first = await checkOf(url, { REDIS_URL: 'redis://a', MAX: '1' });
    expect(await checkOf(url, { MAX: '1', REDIS_URL: 'redis://b' })).toBe(first);
    expect(asked).toBe(1);
    const others: Record<string, string>[] = [{ REDIS_URL: 'redis://a', MAX: '2' }, { MAX: '1' }, {}];
    for (const other of others) {
      expect(await checkOf(url, other)).not.toBe(first);
    }
    expect(asked).toBe(4);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
