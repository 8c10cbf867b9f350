import { once } from 'node:events';
import { connect } from 'node:net';
import { tcpProxy } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance, opening } from '../fixture/chat.ts';
import { authorizationOf, SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});
const answer = async (path: string, from = chat) => {
  const response = await fetch(from.url + path);
  return { status: response.status, headers: response.headers, body: await response.json() };
};

describe('/healthz and /readyz', () => {
  it('say that the process turns, and that it can work', async () => {
    expect(await answer('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    await expect.poll(async () => (await answer('/readyz')).status).toBe(200);
    const ready = await answer('/readyz');
    expect(ready.body).toEqual({ status: 'ready', checks: { postgres: 'ok', redis: 'off' } });
    expect(ready.headers.get('cache-control')).toBe('no-store');
  });

  it('tell a database that is away apart from a process that is: 200 and 503, and back', async () => {
    const proxy = await tcpProxy({ target: given.databaseUrl });
    const other = await given.start({ DATABASE_URL: proxy.through(given.databaseUrl) });
    await proxy.refuse();
    proxy.cut();
    await expect.poll(async () => (await answer('/readyz', other)).status).toBe(503);
    expect((await answer('/readyz', other)).body).toEqual({
      status: 'unavailable',
      checks: { postgres: 'down', redis: 'off' },
    });
    expect((await answer('/healthz', other)).status).toBe(200);
    const refused = await other.call('GET', '/api/chat/rooms', { as: 'ann' });
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
    await proxy.pass();
    await expect.poll(async () => (await answer('/readyz', other)).status).toBe(200);
    await other.stop();
    await proxy.close();
  });
});

it('a change that trade no longer waits for when it is read is not made: a newer one may have been', async () => {
  const roomId = await chat.room();
  const path = `/api/chat/rooms/${roomId}/participants/late-buyer`;
  const socket = connect(chat.port, '127.0.0.1');
  socket.write('GET /healthz HTTP/1.1\r\nhost: chat\r\n\r\n');
  await once(socket, 'data');
  const body = JSON.stringify({ committed: true });
  const head = [
    `PUT ${path} HTTP/1.1`,
    'host: chat',
    `authorization: ${authorizationOf(SERVICE)}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  // As a process finds it that was frozen: all of the request, and the end of its connection.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  await once(socket, 'close');
  expect((await chat.call('PUT', path, { as: SERVICE, body: { committed: false } })).status).toBe(200);
  const rows = await chat.call<{ messages: unknown[] }>('GET', `/api/chat/rooms/${roomId}/messages?after=0`, {
    as: SERVICE,
  });
  expect(JSON.stringify(rows.body.messages)).not.toContain('late-buyer');
  // Asked by one who waits, it is made.
  expect((await chat.call('PUT', path, { as: SERVICE, body: { committed: true } })).body).toMatchObject({
    role: 'BUYER',
  });
});

describe('/metrics', () => {
  it('counts connections, rooms, messages, refusals and answers by route, never by user or room', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann-of-the-metrics');
    await ann.join(roomId);
    await ann.say(roomId);
    ann.send({ type: 'join', roomId: 'nowhere' });
    await ann.event('error');
    const text = await (await fetch(`${chat.url}/metrics`)).text();
    for (const line of [
      /^gongu_chat_connections\{[^}]*protocol="json"[^}]*\} 1$/m,
      /^gongu_chat_rooms_in_memory\{service="chat"\} [1-9]/m,
      /^gongu_chat_messages_accepted_total\{service="chat"\} 1$/m,
      /^gongu_chat_commands_refused_total\{code="NOT_FOUND",service="chat"\} 1$/m,
      /^gongu_http_request_duration_seconds_count\{.*method="POST",route="\/api\/chat\/rooms",status="201"/m,
    ]) {
      expect(text).toMatch(line);
    }
    for (const secret of ['ann-of-the-metrics', roomId]) expect(text).not.toContain(secret);
  });
});

describe('every answer', () => {
  it('carries a request id, the caller’s where it sent a good one', async () => {
    const own = await chat.call('GET', '/api/chat/rooms', { as: 'ann', headers: { 'x-request-id': 'shop-42.a_b' } });
    expect(own.headers.get('x-request-id')).toBe('shop-42.a_b');
    for (const bad of ['', 'a b', 'x'.repeat(129), 'a,b']) {
      const { headers } = await chat.call('GET', '/api/chat/rooms', { as: 'ann', headers: { 'x-request-id': bad } });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    const refused = await chat.call('GET', '/api/chat/rooms/nowhere', { as: 'ann' });
    expect(refused.body).toEqual({
      ...{ type: 'about:blank', title: 'Not Found', status: 404, code: 'NOT_FOUND', detail: 'There is no such room' },
      ...{ errors: [], requestId: refused.headers.get('x-request-id') },
    });
  });

  it('to an allowed origin may be read by it, and a disallowed one may change nothing', async () => {
    const body = opening();
    const from = (origin: string, method = 'POST') =>
      chat.call(method, '/api/chat/rooms', {
        as: SERVICE,
        headers: { origin },
        ...(method === 'POST' ? { body } : {}),
      });
    const evil = await from('https://evil.example');
    expect([evil.status, evil.body.code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    expect(evil.headers.get('access-control-allow-origin')).toBeNull();
    const shop = await from('https://shop.example');
    expect(shop.status).toBe(201);
    expect(shop.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(shop.headers.get('access-control-expose-headers')).toContain('Location');
    const preflight = await fetch(`${chat.url}/api/chat/rooms`, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'PATCH' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
  });

  it('to a route that does not exist is 404 with a problem body, and 405 where it has other methods', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/api/chat/room'],
    ]) {
      const { status, body } = await chat.call(method!, path!, { as: 'ann' });
      expect([path, status, body.code]).toEqual([path, 404, 'NOT_FOUND']);
    }
    for (const [method, path] of [
      ['PUT', '/api/chat/rooms'],
      ['POST', '/ws'],
    ]) {
      const { status, body } = await chat.call(method!, path!, { as: 'ann' });
      expect([path, status, body.code]).toEqual([path, 405, 'METHOD_NOT_ALLOWED']);
    }
  });
});

describe('/docs', () => {
  it('is a page of its own without scripts, and shows every route', async () => {
    const response = await fetch(`${chat.url}/docs`);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await response.text();
    expect(html).not.toMatch(/<script/i);
    for (const path of ['/api/chat/rooms/{roomId}/messages', '/api/chat/tickets']) expect(html).toContain(path);
  });
});
