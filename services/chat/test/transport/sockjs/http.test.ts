import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, overTcp } from '../../fixture/http-exchange.ts';
import { close, echo, type SockJsApp, sockJsApp } from '../../fixture/sockjs-app.ts';

let server: SockJsApp;
beforeAll(async () => {
  server = await sockJsApp({
    '/echo': { accept: echo },
    '/a/b/c/echo': { accept: echo },
    '/close': { accept: close },
    '/disabled_websocket_echo': { accept: echo, websocket: false },
    '/cookie_needed_echo': { accept: echo, jsessionid: true, baseUrl: 'http://elsewhere.example/echo' },
    '/list': { accept: echo, originAllowed: (origin) => origin === undefined || origin === 'https://shop.example' },
  });
});
afterAll(() => server.close());

const get = (path: string, headers = {}) => exchange('GET', server.url(path), { headers });
const post = (path: string, headers = {}, body?: string) => exchange('POST', server.url(path), { headers, body });
const NEVER = 'no-store, no-cache, no-transform, must-revalidate, max-age=0';

describe('greeting (SockJS 0.3.3, BaseUrlGreeting)', () => {
  test.each(['/echo', '/echo/', '/a/b/c/echo', '/a/b/c/echo/'])('%s', async (path) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status: 200, body: 'Welcome to SockJS!\n' });
    expect(answer.headers['content-type']).toBe('text/plain; charset=UTF-8');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test.each(['/a', '/a.html', '//', '///', '/a/a', '/a/a/', '/a/', '/iframe.html', '/iframe-0.1.2.html'])(
    '%s below it is 404',
    async (suffix) => {
      expect((await get(`/echo${suffix}`)).status).toBe(404);
    },
  );
});

describe('info (InfoTest)', () => {
  test('tells what the server can', async () => {
    const answer = await get('/echo/info', { origin: 'test' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=UTF-8',
      'cache-control': NEVER,
      'access-control-allow-origin': 'test',
      'access-control-allow-credentials': 'true',
    });
    expect(answer.headers.expires ?? answer.headers['last-modified'] ?? answer.headers['set-cookie']).toBeUndefined();
    const info = JSON.parse(answer.body);
    expect(info).toEqual({ websocket: true, cookie_needed: false, origins: ['*:*'], entropy: expect.any(Number) });
    expect(info.entropy).toBeLessThan(2 ** 32);
  });

  test('has fresh entropy each time', async () => {
    const [a, b] = await Promise.all([get('/echo/info'), get('/echo/info')]);
    expect(JSON.parse(a.body).entropy).not.toBe(JSON.parse(b.body).entropy);
  });

  test('says when there is no WebSocket, and when cookies are needed', async () => {
    expect(JSON.parse((await get('/disabled_websocket_echo/info')).body).websocket).toBe(false);
    const cookies = await get('/cookie_needed_echo/info');
    expect(JSON.parse(cookies.body)).toMatchObject({ cookie_needed: true, base_url: 'http://elsewhere.example/echo' });
    expect(cookies.headers['set-cookie']).toBeUndefined();
  });

  test('without an origin allows all, without credentials', async () => {
    const { headers } = await get('/echo/info');
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });
});

describe('OPTIONS', () => {
  test.each([
    ['/echo/info', 'GET'],
    ['/echo/abc/abc/xhr', 'POST'],
    ['/echo/abc/abc/xhr_send', 'POST'],
    ['/echo/abc/abc/xhr_streaming', 'POST'],
  ])('of %s are cacheable and allow %s', async (path, method) => {
    for (const origin of ['test', 'null']) {
      const headers = { origin, 'access-control-request-method': method };
      const answer = await exchange('OPTIONS', server.url(path), { headers });
      expect([200, 204]).toContain(answer.status);
      expect(answer.body).toBe('');
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': `OPTIONS, ${method}`,
        'access-control-max-age': '31536000',
        'cache-control': 'public, max-age=31536000',
      });
      expect(Date.parse(answer.headers.expires!)).toBeGreaterThan(Date.now() + 300 * 86_400_000);
    }
  });

  test.each([
    ['a, b, c', 'a, b, c'],
    ['', undefined],
    [undefined, undefined],
  ])('echo the request headers %j as %j', async (wanted, expected) => {
    const headers = { origin: 'test', ...(wanted === undefined ? {} : { 'access-control-request-headers': wanted }) };
    const answer = await exchange('OPTIONS', server.url('/echo/a/b/xhr'), { headers });
    expect(answer.headers['access-control-allow-headers']).toBe(expected);
  });
});

describe('session URLs (SessionURLs)', () => {
  test.each(['/a/a', '/_/_', '/1/', '/abcdefgh_i-j%20/abcdefg_i-j%20', '/서버/세션'])(
    '%s are a server and a session',
    async (part) => {
      const answer = await post(`/echo${encodeURI(decodeURI(part))}${Math.random().toString(36).slice(2)}/xhr`);
      expect(answer).toMatchObject({ status: 200, body: 'o\n' });
    },
  );

  test.each(['//', '/a./a', '/a/a.', '/.a/.a', '/', '///', '/a//', '//a'])('%s are not', async (part) => {
    expect((await get(`/echo${part}/xhr`)).status).toBe(404);
    expect((await post(`/echo${part}/xhr`)).status).toBe(404);
    expect((await get(`/echo${part}/websocket`)).status).toBe(404);
  });

  test.each(['htmlfile', 'jsonp', 'jsonp_send', 'other', 'xhr/', 'xhr.html'])(
    'the transport %s is not there',
    async (name) => {
      expect((await get(`/echo/a/b/${name}?c=x`)).status).toBe(404);
      expect((await post(`/echo/a/b/${name}`)).status).toBe(404);
    },
  );

  test('the server in the URL does not matter', async () => {
    const id = crypto.randomUUID();
    expect((await post(`/echo/000/${id}/xhr`)).body).toBe('o\n');
    expect((await post(`/echo/000/${id}/xhr_send`, {}, '["a"]')).status).toBe(204);
    expect((await post(`/echo/999/${id}/xhr`)).body).toBe('a["a"]\n');
  });
});

describe('other methods', () => {
  test.each([
    ['POST', '/echo/0/0/websocket', 'GET'],
    ['DELETE', '/echo/websocket', 'GET'],
    ['PUT', '/echo/info', 'GET'],
    ['GET', '/echo/0/0/xhr', 'POST'],
    ['GET', '/echo/0/0/xhr_send', 'POST'],
    ['POST', '/echo/0/0/eventsource', 'GET'],
  ])('%s %s is 405 and allows %s', async (method, path, allowed) => {
    const answer = await exchange(method, server.url(path));
    expect(answer).toMatchObject({ status: 405, body: '' });
    expect(answer.headers.allow).toBe(`${allowed}, OPTIONS`);
    expect(answer.headers['content-type']).toBeUndefined();
  });

  test('an upgrade by POST is 405 as well (WebsocketHttpErrors)', async () => {
    const text = await overTcp(
      server.port,
      'POST /echo/0/0/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n',
      '\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 405 /);
    expect(text.toLowerCase()).toContain('allow: get');
    expect(text.toLowerCase()).not.toContain('content-type');
  });

  test('a WebSocket URL without upgrade is 400', async () => {
    expect((await get('/echo/0/0/websocket')).status).toBe(400);
    expect((await get('/echo/websocket')).status).toBe(400);
    expect((await get('/echo/0/0/websocket', { upgrade: 'WebSocket', connection: 'close' })).status).toBe(400);
    expect((await get('/disabled_websocket_echo/0/0/websocket')).status).toBe(404);
  });
});

describe('origins', () => {
  test('one that is not allowed is refused everywhere, without a CORS header', async () => {
    for (const [method, path] of [
      ['GET', '/list/info'],
      ['POST', '/list/0/x/xhr'],
      ['OPTIONS', '/list/0/x/xhr'],
    ] as const) {
      const answer = await exchange(method, server.url(path), { headers: { origin: 'https://evil.example' } });
      expect(answer.status).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect((await get('/list/info', { origin: 'https://shop.example' })).status).toBe(200);
  });
});

describe('JSESSIONID (JsessionidCookie)', () => {
  test('is set on transports where it is asked for, and given back as it came', async () => {
    const first = await post(`/cookie_needed_echo/000/${crypto.randomUUID()}/xhr`);
    expect(first.headers['set-cookie']).toEqual(['JSESSIONID=dummy; path=/']);
    const second = await post(`/cookie_needed_echo/000/${crypto.randomUUID()}/xhr`, {
      cookie: 'a=b; JSESSIONID=abcdef',
    });
    expect(second.headers['set-cookie']).toEqual(['JSESSIONID=abcdef; path=/']);
    const none = await post(`/echo/000/${crypto.randomUUID()}/xhr`);
    expect(none.headers['set-cookie']).toBeUndefined();
  });
});

describe('HTTP/1.0 and 1.1 (Http10, Http11)', () => {
  const greeting = (version: string) => `GET /echo HTTP/${version}\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n`;

  test('the greeting has a length and keeps the connection', async () => {
    for (const version of ['1.0', '1.1']) {
      const twice = await overTcp(server.port, greeting(version), 'SockJS!\n');
      expect(twice.toLowerCase()).toContain('content-length: 19');
      expect(twice.toLowerCase()).not.toContain('transfer-encoding');
    }
  });

  test('a stream to HTTP/1.0 has neither length nor chunks, and ends with the connection', async () => {
    const url = `/close/000/${crypto.randomUUID()}/xhr_streaming`;
    const text = await overTcp(server.port, `POST ${url} HTTP/1.0\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n`);
    const [head, body] = text.split('\r\n\r\n') as [string, string];
    expect(head.toLowerCase()).not.toMatch(/transfer-encoding|content-length/);
    expect(body).toBe(`${'h'.repeat(2_048)}\no\nc[3000,"Go away!"]\n`);
  });

  test('a stream to HTTP/1.1 has a chunk for each frame', async () => {
    const url = `/close/000/${crypto.randomUUID()}/xhr_streaming`;
    const text = await overTcp(
      server.port,
      `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
      '\r\n0\r\n\r\n',
    );
    expect(text.toLowerCase()).toContain('transfer-encoding: chunked');
    expect(text).toContain('\r\n2\r\no\n\r\n13\r\nc[3000,"Go away!"]\n\r\n0\r\n\r\n');
  });
});
