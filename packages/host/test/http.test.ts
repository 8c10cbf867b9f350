import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { AppError } from '@gongu/shared';
import type { FastifyReply } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createHttp, type Http, type HttpOptions, noteUser, traceHeaders, traceOf } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';
import { rawConnection } from './fixture/raw-exchange.ts';

const service = { name: 'test', description: 'A service for tests', version: '1.0.0' };
let app: Http;
afterEach(() => app.close());

function open(options: Partial<HttpOptions> = {}) {
  const { log, lines, text } = logLines();
  app = createHttp({ log, service, allowedOrigins: ['https://shop.example'], ...options });
  app.post(
    '/things/:id',
    {
      schema: {
        params: z.object({ id: z.string() }),
        querystring: z.object({ limit: z.coerce.number().max(100).optional() }),
        body: z.object({
          title: z.string().min(1),
          nested: z.object({ count: z.int() }).optional(),
          any: z.unknown().optional(),
        }),
      },
    },
    async (request, reply) => {
      reply.code(201).header('location', '/things/1');
      return { title: request.body.title };
    },
  );
  app.get('/ok', async () => ({ ok: true }));
  return { lines, text };
}

function post(payload: unknown, headers: Record<string, string> = {}, url = '/things/1') {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    payload: body,
  });
}

async function expectProblem(response: Awaited<ReturnType<typeof post>>, status: number, code: string) {
  expect([response.statusCode, response.json().code]).toEqual([status, code]);
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(response.json()).toMatchObject({ type: 'about:blank', status, requestId: response.headers['x-request-id'] });
  return response.json();
}

test('a validation error names each field that is wrong', async () => {
  open();
  const problem = await expectProblem(await post({ title: '', nested: { count: 1.5 } }), 400, 'VALIDATION_FAILED');
  expect(problem.errors.map(({ path }: { path: string }) => path)).toEqual(['title', 'nested.count']);
  const query = await expectProblem(await post({ title: 'x' }, {}, '/things/1?limit=1000'), 400, 'VALIDATION_FAILED');
  expect(query.errors[0].path).toBe('limit');
});

test('bodies that are no JSON, empty, of another type or poisoned are VALIDATION_FAILED', async () => {
  open();
  await expectProblem(await post('{"title":'), 400, 'VALIDATION_FAILED');
  await expectProblem(await post(''), 400, 'VALIDATION_FAILED');
  await expectProblem(await post('title=x', { 'content-type': 'text/plain' }), 400, 'VALIDATION_FAILED');
  await expectProblem(await post('<x/>', { 'content-type': 'application/xml' }), 400, 'VALIDATION_FAILED');
  await expectProblem(await post('{"title":"x","__proto__":{"a":1}}'), 400, 'VALIDATION_FAILED');
  await expectProblem(await post('{"title":"x","constructor":{"prototype":{"a":1}}}'), 400, 'VALIDATION_FAILED');
  await expectProblem(await app.inject({ method: 'POST', url: '/things/1' }), 400, 'VALIDATION_FAILED');
});

test('an empty body is no body, whatever its Content-Type says', async () => {
  open();
  app.post('/optional', { schema: { body: z.object({ a: z.int() }).nullish() } }, async (request) => ({
    got: request.body ?? null,
  }));
  app.post('/none', async (request) => ({ got: request.body ?? null }));
  app.delete('/none', async () => ({ got: null }));
  expect((await post('', {}, '/optional')).json()).toEqual({ got: null });
  expect((await post('{"a":1}', {}, '/optional')).json()).toEqual({ got: { a: 1 } });
  await expectProblem(await post('{"a":"x"}', {}, '/optional'), 400, 'VALIDATION_FAILED');
  await expectProblem(await post(' ', {}, '/optional'), 400, 'VALIDATION_FAILED');
  expect((await post('', {}, '/none')).json()).toEqual({ got: null });
  for (const type of [
    ...['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/x-www-form-urlencoded', 'text/plain'],
    ...['application/octet-stream', 'multipart/form-data; boundary=x', 'application/xml', 'none', ''],
  ]) {
    for (const url of ['/optional', '/none']) {
      expect((await post('', { 'content-type': type }, url)).json(), type).toEqual({ got: null });
      expect((await post('', { 'content-type': type, 'content-length': '0' }, url)).json(), type).toEqual({
        got: null,
      });
    }
  }
  const headers = { 'content-type': 'application/json' };
  expect((await app.inject({ method: 'DELETE', url: '/none', headers })).json()).toEqual({ got: null });
});

test('an empty body in chunks is no body either, of whatever type, and one with a byte is judged by its type', async () => {
  open();
  app.post('/optional', { schema: { body: z.object({}).nullish() } }, async () => ({}));
  app.delete('/optional', async () => ({}));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'none', ''].map(
    (type) => `Content-Type: ${type}\r\n`,
  );
  const statusOf = async (method: string, type: string, chunks: string) => {
    const head = `${method} /optional HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${type}Transfer-Encoding: chunked\r\n\r\n`;
    const connection = rawConnection(port);
    connection.send(head + chunks);
    return (await connection.ended).slice(9, 12);
  };
  for (const type of ['', ...types]) {
    expect([type, await statusOf('POST', type, '0\r\n\r\n')]).toEqual([type, '200']);
    expect([type, await statusOf('DELETE', type, '0\r\n\r\n')]).toEqual([type, '200']);
    const isJson = type.includes('json');
    expect([type, await statusOf('POST', type, '2\r\n{}\r\n0\r\n\r\n')]).toEqual([type, isJson ? '200' : '400']);
  }
});

test('a body that is not UTF-8 is refused, whatever charset it names: its characters would be stored as others', async () => {
  open();
  // 감귤 in EUC-KR, half a character, and a surrogate as CESU-8 has it.
  for (const title of [
    [0xb0, 0xa8, 0xb1, 0xd6],
    [0xea, 0xb0],
    [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  ]) {
    const payload = Buffer.concat([Buffer.from('{"title":"'), Buffer.from(title), Buffer.from('"}')]);
    for (const type of ['application/json', 'application/json; charset=euc-kr', 'application/json;charset=utf-8']) {
      const answer = await app.inject({ method: 'POST', url: '/things/1', headers: { 'content-type': type }, payload });
      expect((await expectProblem(answer, 400, 'VALIDATION_FAILED')).detail).toBe('The body is not UTF-8');
    }
  }
  const named = { 'content-type': 'application/json; charset=iso-8859-1' };
  expect((await post({ title: '감귤 🍊' }, named)).statusCode).toBe(201);
});

test('a byte order mark in front of JSON is ignored', async () => {
  open();
  expect((await post('\ufeff{"title":"x"}')).statusCode).toBe(201);
  await expectProblem(await post('\ufeff\ufeff{"title":"x"}'), 400, 'VALIDATION_FAILED');
  // Nothing behind it is no body, of which this route says what it lacks, and not that it is no JSON.
  expect((await expectProblem(await post('\ufeff'), 400, 'VALIDATION_FAILED')).detail).not.toMatch(/JSON/);
});

test('a body above the limit is 413 TOO_LARGE', async () => {
  open({ bodyLimitBytes: 1_000 });
  const problem = await expectProblem(await post({ title: 'x'.repeat(2_000) }), 413, 'TOO_LARGE');
  expect(problem).toMatchObject({ detail: 'At most 1000 bytes are taken', maxBytes: 1_000 });
});

test('an unknown route is 404 NOT_FOUND, and a method that a path does not have 405 with those that it has', async () => {
  open();
  app.patch('/things/:id', async () => ({}));
  app.get('/things/new', async () => ({}));
  app.put('/files/*', async () => ({}));
  const refuses = {
    config: { refuses: true },
    handler: async (_: unknown, reply: FastifyReply) => reply.callNotFound(),
  };
  app.route({ method: ['POST', 'PATCH'], url: '/things/live', ...refuses });
  app.get('/things/live', async () => ({}));
  await expectProblem(await app.inject('/nothing'), 404, 'NOT_FOUND');
  await expectProblem(await app.inject({ method: 'PUT', url: '/ok/more' }), 404, 'NOT_FOUND');
  await expectProblem(await app.inject({ method: 'PUT', url: '/things/' }), 404, 'NOT_FOUND');
  for (const [method, url, allow] of [
    ['PUT', '/ok', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/ok?a=/nothing', 'GET, HEAD, OPTIONS'],
    ['GET', '/things/1', 'POST, PATCH, OPTIONS'],
    ['HEAD', '/things/%ED%95%9C', 'POST, PATCH, OPTIONS'],
    ['DELETE', '/things/new', 'GET, HEAD, POST, PATCH, OPTIONS'],
    ['POST', '/things/live', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/things/live', 'GET, HEAD, OPTIONS'],
    ['POST', '/files/a/b', 'PUT, OPTIONS'],
  ] as const) {
    const answer = await app.inject({ method, url });
    expect([url, answer.statusCode, answer.headers.allow]).toEqual([url, 405, allow]);
    if (method !== 'HEAD') await expectProblem(answer, 405, 'METHOD_NOT_ALLOWED');
  }
  // Whatever the body is.
  const xml = { method: 'PUT', headers: { 'content-type': 'application/xml' }, payload: '<x/>' } as const;
  await expectProblem(await app.inject({ ...xml, url: '/ok' }), 405, 'METHOD_NOT_ALLOWED');
  await expectProblem(await app.inject({ ...xml, url: '/nothing' }), 404, 'NOT_FOUND');
});

test('a bad percent-encoding is VALIDATION_FAILED in the path and in the query', async () => {
  open();
  await expectProblem(await app.inject('/things/%E0%A4%A'), 400, 'VALIDATION_FAILED');
  await expectProblem(await app.inject('/ok?a=%E0%A4%A'), 400, 'VALIDATION_FAILED');
});

test.each([
  ['the body', '/things/1', '{"title":"a\\u0000b"}', 'title'],
  ['a field no schema looks into', '/things/1', '{"title":"x","any":[{"deep":"\\ud800"}]}', 'any.0.deep'],
  ['a name', '/things/1', '{"title":"x","any":{"a\\u0000":1}}', 'any'],
  ['a path parameter', '/things/a%00b', '{"title":"x"}', 'id'],
  ['the query', '/things/1?limit=1&q=%00', '{"title":"x"}', 'q'],
])('NUL or a lone surrogate in %s is VALIDATION_FAILED', async (_where, url, body, path) => {
  open();
  const problem = await expectProblem(await post(body, {}, url), 400, 'VALIDATION_FAILED');
  expect(problem.errors[0].path).toBe(path);
});

test('JSON nested too deep is refused, and emoji are not', async () => {
  open();
  const deep = `{"title":"x","any":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
  await expectProblem(await post(deep), 400, 'VALIDATION_FAILED');
  expect((await post({ title: '🍊 감귤' })).statusCode).toBe(201);
});

test('a route with anyText takes NUL', async () => {
  open();
  app.post('/frames', { config: { anyText: true } }, async (request) => ({ got: (request.body as string[]).length }));
  expect((await post(['SEND\n\n\u0000'], {}, '/frames')).json()).toEqual({ got: 1 });
});

test('an AppError is answered with its code, its extras and Retry-After in whole seconds', async () => {
  open();
  app.get('/limited', async () => {
    throw new AppError('RATE_LIMITED', { retryAfterMs: 1_200 });
  });
  app.get('/illegal', async () => {
    throw new AppError('ILLEGAL_TRANSITION', { detail: 'It is closed', allowed: ['CANCELLED'] });
  });
  app.get('/expired', async () => {
    throw new AppError('TOKEN_EXPIRED');
  });
  const limited = await app.inject('/limited');
  await expectProblem(limited, 429, 'RATE_LIMITED');
  expect(limited.headers['retry-after']).toBe('2');
  expect(await expectProblem(await app.inject('/illegal'), 409, 'ILLEGAL_TRANSITION')).toMatchObject({
    title: 'Conflict',
    detail: 'It is closed',
    allowed: ['CANCELLED'],
  });
  expect((await app.inject('/expired')).headers['www-authenticate']).toBe('Bearer');
});

test('an unknown error is logged once with its cause and tells the client nothing', async () => {
  const { lines } = open();
  app.get('/broken', async () => {
    throw new Error('the inner detail', { cause: new Error('the reason') });
  });
  const response = await app.inject('/broken');
  await expectProblem(response, 500, 'INTERNAL');
  expect(response.body).not.toContain('inner');
  const errors = lines.filter(({ level }) => level === 'error');
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({
    requestId: response.headers['x-request-id'],
    err: { message: 'the inner detail', cause: { message: 'the reason' } },
  });
});

test('a database that does not answer is 503 UNAVAILABLE with Retry-After', async () => {
  open();
  app.get('/rows', async () => {
    throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  });
  const response = await app.inject('/rows');
  await expectProblem(response, 503, 'UNAVAILABLE');
  expect(response.headers['retry-after']).toBe('1');
});

test('a well-formed x-request-id is kept, any other replaced, and traceparent goes on', async () => {
  open();
  app.get('/trace', async (request) => traceHeaders(traceOf(request)));
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const kept = await app.inject({ url: '/trace', headers: { 'x-request-id': 'from-trade.1', traceparent } });
  expect(kept.json()).toEqual({ 'x-request-id': 'from-trade.1', traceparent });
  expect(kept.headers['x-request-id']).toBe('from-trade.1');
  const replaced = await app.inject({ url: '/trace', headers: { 'x-request-id': 'a b', traceparent: 'nonsense' } });
  expect(replaced.json()['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(replaced.json()).not.toHaveProperty('traceparent');
});

test('a page of another origin can neither write nor read', async () => {
  open();
  const foreign = await post({ title: 'x' }, { origin: 'https://evil.example' });
  await expectProblem(foreign, 403, 'ORIGIN_NOT_ALLOWED');
  const read = await app.inject({ url: '/ok', headers: { origin: 'https://evil.example' } });
  expect(read.headers).not.toHaveProperty('access-control-allow-origin');
});

test('an allowed origin may write, ask first, and read the headers that matter, errors included', async () => {
  open();
  const origin = 'https://shop.example';
  const written = await post({ title: 'x' }, { origin });
  expect(written.statusCode).toBe(201);
  expect(written.headers['access-control-allow-origin']).toBe(origin);
  for (const name of ['Location', 'ETag', 'x-request-id', 'Retry-After', 'Idempotent-Replayed', 'Date']) {
    expect(written.headers['access-control-expose-headers']).toContain(name);
  }
  expect((await post({}, { origin })).headers['access-control-allow-origin']).toBe(origin);
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/things/1',
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });
  expect(preflight.statusCode).toBe(204);
  expect(preflight.headers['access-control-allow-methods']).toContain('PATCH');
  expect(preflight.headers['access-control-allow-headers']).toContain('idempotency-key');
});

test('`*` allows every origin', async () => {
  open({ allowedOrigins: '*' });
  const response = await post({ title: 'x' }, { origin: 'https://anywhere.example' });
  expect(response.statusCode).toBe(201);
  expect(response.headers['access-control-allow-origin']).toBe('*');
});

test('each request has one log line, without tokens', async () => {
  const { lines, text } = open();
  app.get('/me', async (request) => {
    noteUser(request, 'ann');
    return {};
  });
  await app.inject({ url: '/me?token=abc.def.ghi&ticket=t1&room=7', headers: { authorization: 'Bearer abc.def.ghi' } });
  const requests = lines.filter(({ msg }) => msg === 'request');
  expect(requests).toMatchObject([
    { method: 'GET', url: '/me?token=[redacted]&ticket=[redacted]&room=7', status: 200, userId: 'ann', level: 'info' },
  ]);
  expect(text()).not.toContain('abc.def');
});

test('an answer is sent as it is, and checked against its schema only on demand', async () => {
  const schema = { response: { 200: z.object({ a: z.number() }) } };
  const route = async () => ({ a: 'text', extra: true }) as unknown as { a: number };
  open();
  app.get('/loose', { schema }, route);
  expect((await app.inject('/loose')).json()).toEqual({ a: 'text', extra: true });
  await app.close();
  open({ checkAnswers: true });
  app.get('/strict', { schema }, route);
  await expectProblem(await app.inject('/strict'), 500, 'INTERNAL');
});

test('JSON of a kilobyte and more is compressed for whoever takes gzip, and what has an entity tag is not', async () => {
  open();
  const long = { text: '가나다'.repeat(500) };
  app.get('/long', async () => long);
  app.get('/tagged', async (_, reply) => reply.header('etag', '"1"').send(long));
  app.get('/plain', async (_, reply) => reply.type('text/plain').send('x'.repeat(5_000)));
  const get = (url: string, coding?: string) =>
    app.inject({ url, headers: { origin: 'https://shop.example', ...(coding ? { 'accept-encoding': coding } : {}) } });
  for (const coding of ['gzip', 'br, gzip;q=0.5', 'X-GZIP', '*']) {
    const answer = await get('/long', coding);
    expect([coding, answer.headers['content-encoding']]).toEqual([coding, 'gzip']);
    expect(Number(answer.headers['content-length'])).toBe(answer.rawPayload.length);
    expect(JSON.parse(gunzipSync(answer.rawPayload).toString())).toEqual(long);
    expect(answer.headers.vary).toBe('Origin, Accept-Encoding');
  }
  for (const coding of [undefined, 'identity', 'br', 'gzip;q=0', 'gzip; q=0.0, *', 'gzipped']) {
    const answer = await get('/long', coding);
    expect([coding, answer.headers['content-encoding']]).toEqual([coding, undefined]);
    expect(answer.json()).toEqual(long);
    expect(answer.headers.vary).toBe('Origin, Accept-Encoding');
  }
  for (const url of ['/ok', '/tagged', '/plain']) {
    expect((await get(url, 'gzip')).headers['content-encoding'], url).toBeUndefined();
  }
});

test('what is not HTTP is answered with a problem body too', async () => {
  open();
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
    socket.on('data', (data) => (text += data));
    socket.on('end', () => resolve(text)).on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'VALIDATION_FAILED', status: 400 });
});

test('while the service closes, requests get a 503 problem and their connections end', async () => {
  open();
  let release = () => {};
  app.addHook('preClose', () => new Promise((resolve) => (release = () => resolve(undefined))));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  expect((await fetch(`${url}/ok`)).status).toBe(200);
  const closed = app.close();
  const response = await fetch(`${url}/ok`);
  expect([response.status, response.headers.get('connection')]).toEqual([503, 'close']);
  expect(await response.json()).toMatchObject({ code: 'UNAVAILABLE' });
  release();
  await closed;
});
