import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance, opening } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { rawExchange } from '../fixture/raw-http.ts';
import { authorizationOf, SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let roomId: string;
beforeAll(async () => {
  chat = await given.start();
  roomId = await chat.room();
  await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: 'ann', body: {} });
});

interface Route {
  method: string;
  path: string;
  as: string;
  body: Record<string, unknown>;
}
/** Every route that takes a body, with one that it would accept. */
const routes = (): Route[] => [
  { method: 'POST', path: '/api/chat/rooms', as: SERVICE, body: opening() },
  { method: 'PATCH', path: `/api/chat/rooms/${roomId}`, as: SERVICE, body: { title: '제목' } },
  { method: 'POST', path: `/api/chat/rooms/${roomId}/participants`, as: 'ann', body: {} },
  { method: 'PUT', path: `/api/chat/rooms/${roomId}/participants/bob`, as: SERVICE, body: { committed: true } },
  { method: 'PUT', path: `/api/chat/rooms/${roomId}/read`, as: 'ann', body: { seq: 1 } },
  {
    ...{ method: 'POST', path: `/api/chat/rooms/${roomId}/messages`, as: 'ann' },
    body: { clientMessageId: randomUUID(), content: said('안녕') },
  },
  { method: 'POST', path: '/api/chat/tokens/anonymous', as: 'ann', body: { token: null } },
];
const send = (route: Route, body: unknown, headers?: Record<string, string>) =>
  chat.call(route.method, route.path, { as: route.as, body, ...(headers ? { headers } : {}) });
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('every route with a body', () => {
  it('takes a good one', async () => {
    for (const route of routes()) {
      expect((await send(route, route.body)).status, `${route.method} ${route.path}`).toBeLessThan(300);
    }
  });

  it('tells those who may not that they may not, before what is wrong with their request', async () => {
    for (const route of routes().slice(0, -1)) {
      for (const body of ['{}', '[1]', '{"a":']) {
        const name = `${route.method} ${route.path} ${body}`;
        const headers = { 'content-type': 'application/json' };
        const stranger = await chat.call(route.method, route.path, { body, headers });
        expect([name, stranger.status, stranger.body.code]).toEqual([name, 401, 'UNAUTHENTICATED']);
        if (route.as !== SERVICE || route.method === 'PATCH') continue;
        const shopper = await send({ ...route, as: 'ann' }, body, headers);
        expect([name, shopper.status, shopper.body.code]).toEqual([name, 403, 'FORBIDDEN']);
      }
    }
    const nowhere = await chat.call('GET', `/api/chat/rooms/${'x'.repeat(65)}/messages?limit=0`);
    expect([nowhere.status, nowhere.body.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('refuses NUL and half a surrogate pair in every text, wherever it stands', async () => {
    for (const route of routes()) {
      for (const bad of ['\u0000', 'a\u0000b', '\ud800', '\udc00\ud800']) {
        const name = `${route.method} ${route.path} ${JSON.stringify(bad)}`;
        for (const field of [...Object.keys(route.body), 'unknown']) {
          const { status, body } = await send(route, { ...route.body, [field]: bad });
          expect([name, field, status, body.code]).toEqual([name, field, 400, 'VALIDATION_FAILED']);
        }
        for (const body of [
          { ...route.body, x: { y: [bad] } },
          { ...route.body, [`a${bad}`]: 1 },
        ]) {
          expect((await send(route, body)).status, name).toBe(400);
        }
      }
    }
  });

  it('refuses what is not the object it wants: other types, arrays, text, nothing', async () => {
    for (const route of routes()) {
      for (const body of ['[]', '"text"', '12', 'true', '[{}]', ' ', '{', '{"a":}', "{'a':1}", '{}{}', '\ufeff{']) {
        const answer = await send(route, body);
        expect([route.path, body, answer.status, answer.body.code]).toEqual([
          ...[route.path, body, 400, 'VALIDATION_FAILED'],
        ]);
      }
      // Nothing is no body, which two of the routes do not need.
      const optional = /participants$|anonymous$/.test(route.path) && route.method === 'POST';
      const nothing = await send(route, '');
      expect([route.path, nothing.status < 300, nothing.body.code]).toEqual([
        ...[route.path, optional, optional ? undefined : 'VALIDATION_FAILED'],
      ]);
      for (const field of Object.keys(route.body)) {
        for (const value of [[], {}, [[]], true, -1, { toString: 1 }, 'x'.repeat(9_000)]) {
          const { status } = await send(route, { ...route.body, [field]: value });
          const accepted = field === 'committed' && value === true;
          expect([route.path, field, value, status]).toEqual([route.path, field, value, accepted ? 200 : 400]);
        }
      }
    }
  });

  it('refuses __proto__ and constructor.prototype, and is not poisoned by them', async () => {
    for (const route of routes()) {
      for (const bad of ['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}']) {
        const answer = await send(route, bad);
        expect([route.path, bad, answer.status]).toEqual([route.path, bad, 400]);
      }
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('refuses 65 levels and survives 100 000', async () => {
    for (const route of routes()) {
      for (const body of [`{"x":${deep(70)}}`, deep(20_000), '['.repeat(100_000)]) {
        expect((await send(route, body)).body.code, route.path).toBe('VALIDATION_FAILED');
      }
    }
  });

  it('refuses 10 MB with 413, announced or not, and other media types with 400', async () => {
    for (const route of routes()) {
      const large = await send(route, JSON.stringify({ ...route.body, x: 'x'.repeat(10_000_000) }));
      expect([large.status, large.body.code], route.path).toEqual([413, 'TOO_LARGE']);
      for (const type of [
        'text/plain',
        'application/xml',
        'multipart/form-data',
        'application/x-www-form-urlencoded',
        'x',
      ]) {
        const answer = await send(route, JSON.stringify(route.body), { 'content-type': type });
        expect([route.path, type, answer.status, answer.body.code]).toEqual([
          route.path,
          type,
          400,
          'VALIDATION_FAILED',
        ]);
      }
    }
    const pieces = [
      `POST /api/chat/rooms HTTP/1.1\r\nhost: chat\r\nauthorization: ${authorizationOf(SERVICE)}\r\n`,
      'content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
      ...Array.from({ length: 40 }, () => `2000\r\n${'x'.repeat(0x2000)}\r\n`),
    ];
    const chunked = await rawExchange(chat.port, pieces, { until: /"code":"\w+"/ });
    expect(chunked).toMatch(/^HTTP\/1.1 413 .*"code":"TOO_LARGE"/s);
  });
});

describe('every path and query', () => {
  it('refuses ids that can not be, with the field they stand in', async () => {
    const ids = [
      '%00',
      '%ED%A0%80',
      '%E0%A4%A',
      'a%20b',
      '%EB%B0%A9',
      'x'.repeat(65),
      '..%2F..',
      'a%2Fb',
      '%0A',
      "'--",
    ];
    for (const id of ids) {
      for (const path of ['', '/participants', '/messages']) {
        const { status, body } = await chat.call('GET', `/api/chat/rooms/${id}${path}`, { as: 'ann' });
        expect([id, status, body.code]).toEqual([id, 400, 'VALIDATION_FAILED']);
      }
    }
    expect((await chat.call('GET', `/api/chat/rooms/${'x'.repeat(5_000)}`, { as: 'ann' })).status).toBeLessThan(500);
  });

  it('refuses queries that can not be', async () => {
    for (const query of [
      'limit=%00',
      'cursor=%00',
      'limit=%E0%A4%A',
      '%00=1',
      'limit=%ED%A0%80',
      '__proto__=1&limit=x',
    ]) {
      for (const path of [
        '/api/chat/rooms',
        `/api/chat/rooms/${roomId}/messages`,
        `/api/chat/rooms/${roomId}/participants`,
      ]) {
        const { status, body } = await chat.call('GET', `${path}?${query}`, { as: 'ann' });
        expect([query, status, body.code]).toEqual([query, 400, 'VALIDATION_FAILED']);
      }
    }
  });
});

describe('what is no HTTP', () => {
  it('is answered with 4xx and a close, and the others go on', async () => {
    const odd: (string | Buffer)[] = [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /\u0000 HTTP/1.1\r\nhost: x\r\n\r\n',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`,
      'POST /api/chat/rooms HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
      'POST /api/chat/rooms HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
      Buffer.alloc(1_000, 0xff),
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    ];
    for (const bytes of odd) {
      const answer = await rawExchange(chat.port, [bytes, '\r\n\r\n'], { timeoutMs: 2_000 });
      expect(answer, JSON.stringify(bytes.toString('latin1').slice(0, 40))).toMatch(/^(?:HTTP\/1.1 4\d\d |$)/);
    }
    expect((await fetch(`${chat.url}/healthz`)).status).toBe(200);
  });
});

describe('after all of this', () => {
  it('nothing was stored that should not be, and the service works', async () => {
    const { body } = await chat.call<{ messages: { seq: number; kind: string; content: string }[] }>(
      'GET',
      `/api/chat/rooms/${roomId}/messages?after=0&limit=100`,
      { as: 'ann' },
    );
    expect(body.messages.map((message) => message.seq)).toEqual(body.messages.map((_, i) => i + 1));
    expect(body.messages.filter((message) => message.kind === 'CHAT').map((message) => message.content)).toEqual([
      said('안녕'),
    ]);
    expect((await fetch(`${chat.url}/readyz`)).status).toBe(200);
  });
});
