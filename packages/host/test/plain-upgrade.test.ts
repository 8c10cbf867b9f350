import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttp, type Http, type HttpOptions } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';
import { answersIn, rawConnection } from './fixture/raw-exchange.ts';

let app: Http;
afterEach(() => app.close());

async function listen(options: Partial<HttpOptions> = {}) {
  const { log, lines } = logLines();
  app = createHttp({ log, service: { name: 'test', description: '', version: '0' }, allowedOrigins: '*', ...options });
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/seen', async (request) => ({ headers: request.headers }));
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/things/:id',
    schema: { body: z.object({ title: z.string() }).nullish() },
    handler: async (request) => ({ method: request.method, url: request.url, title: request.body?.title ?? null }),
  });
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
  const requests = () => lines.filter(({ msg }) => msg === 'request').map(({ method, url }) => `${method} ${url}`);
  return { port, requests };
}

const head = (line: string, headers: string[]) => `${line} HTTP/1.1\r\nHost: x\r\n${headers.join('\r\n')}\r\n\r\n`;
/** As Java's HttpClient and `curl --http2` send them. */
const H2C = [
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
];
const last = head('GET /last', ['Connection: close']);

describe.each([[false], [true]])('with webSockets %s, a request that asks for another protocol', (webSockets) => {
  it.each([
    ['h2c', H2C],
    ['TLS/1.0', ['Connection: upgrade', 'Upgrade: TLS/1.0']],
    ['something unknown', ['Connection: keep-alive, Upgrade', 'Upgrade: foo/2, bar']],
    ['nothing by name', ['Connection: Upgrade', 'Upgrade: ']],
  ])(
    '(%s) is an ordinary one by every method, with and without a body, and the connection goes on',
    async (_what, asks) => {
      const { port, requests } = await listen({ webSockets });
      const connection = rawConnection(port);
      const body = '{"title":"감귤"}';
      const bytes = Buffer.from(body).toString('latin1');
      const json = ['Content-Type: application/json', ...asks];
      connection.send(head('GET /healthz', asks));
      connection.send(head('HEAD /healthz', asks));
      await connection.until(/200 OK[\s\S]*200 OK/);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        connection.send(head(`${method} /things/length`, [...json, `Content-Length: ${bytes.length}`]) + bytes);
        const chunks = `${(4).toString(16)}\r\n${bytes.slice(0, 4)}\r\n${(bytes.length - 4).toString(16)}\r\n${bytes.slice(4)}\r\n0\r\n\r\n`;
        connection.send(head(`${method} /things/chunked`, [...json, 'Transfer-Encoding: chunked']) + chunks);
        connection.send(head(`${method} /things/none`, asks));
      }
      connection.send(last);
      const received = (await connection.ended).replace(/HTTP\/1.1 200 OK[\s\S]*?"status":"ok"\}/, '');
      const answers = answersIn(received.slice(received.indexOf('HTTP/1.1', 10))).slice(0, -1);
      const methods = ['POST', 'PUT', 'PATCH', 'DELETE'];
      expect(answers.map((answer) => answer.body)).toEqual(
        methods.flatMap((method) => [
          { method, url: '/things/length', title: '감귤' },
          { method, url: '/things/chunked', title: '감귤' },
          { method, url: '/things/none', title: null },
        ]),
      );
      expect(requests()).toEqual([
        'GET /healthz',
        'HEAD /healthz',
        ...methods.flatMap((method) => ['length', 'chunked', 'none'].map((id) => `${method} /things/${id}`)),
        'GET /last',
      ]);
    },
  );

  it('may have requests before and behind it in the same packet, and they are answered in order', async () => {
    const { port } = await listen({ webSockets });
    const connection = rawConnection(port);
    const body = '{"title":"x"}';
    const post = (id: number, asks: string[]) =>
      head(`POST /things/${id}`, ['Content-Type: application/json', ...asks, `Content-Length: ${body.length}`]) + body;
    const requests = Array.from({ length: 100 }, (_, n) => (n % 3 === 0 ? post(n, []) : post(n, H2C)));
    connection.send(requests.join('') + last);
    const answers = answersIn(await connection.ended);
    expect(answers.map(({ body }) => (body as { url?: string }).url)).toEqual([
      ...requests.map((_, n) => `/things/${n}`),
      undefined,
    ]);
  });

  it('keeps its other headers as they were, and may come in pieces', async () => {
    const { port } = await listen({ webSockets });
    const connection = rawConnection(port);
    const text = head('GET /seen?a=1&b=%20', [...H2C, 'X-Twice: 1', 'x-twice: 2', 'X-Latin: caf\u00e9', 'Cookie: a=b']);
    for (const character of text) connection.send(character);
    const [answer] = answersIn(await connection.until(/\}\}$/));
    expect(answer!.body).toEqual({
      headers: { host: 'x', 'x-twice': '1, 2', 'x-latin': 'caf\u00e9', cookie: 'a=b' },
    });
    connection.socket.destroy();
  });

  it('of HTTP/1.0 is ordinary too', async () => {
    const { port } = await listen({ webSockets });
    const connection = rawConnection(port);
    connection.send('GET /healthz HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(answersIn(await connection.ended)).toMatchObject([{ status: 200, body: { status: 'ok' } }]);
  });

  it('has the same limit of time for its body, and an answer with a code', async () => {
    const { port } = await listen({ webSockets, requestTimeoutMs: 300 });
    const connection = rawConnection(port);
    connection.send(head('POST /things/1', [...H2C, 'Content-Type: application/json', 'Content-Length: 100']));
    expect(answersIn(await connection.ended)).toMatchObject([{ status: 408, body: { code: 'REQUEST_TIMEOUT' } }]);
  });

  it('does not keep the service from stopping', async () => {
    const { port } = await listen({ webSockets });
    const connections = Array.from({ length: 5 }, () => rawConnection(port));
    for (const connection of connections) connection.send(head('GET /healthz', H2C));
    await Promise.all(connections.map((connection) => connection.until(/"ok"/)));
    await app.close();
    await Promise.all(connections.map(({ ended }) => ended));
  });
});

describe('an upgrade to WebSocket', () => {
  const WEBSOCKET = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==',
  ];

  it.each([[WEBSOCKET], [['Connection: Upgrade', 'Upgrade: h2c, websocket']]])(
    'is an ordinary request where no WebSockets are taken',
    async (asks) => {
      const { port } = await listen();
      const connection = rawConnection(port);
      connection.send(head('GET /healthz', asks) + last);
      expect(answersIn(await connection.ended)).toMatchObject([{ status: 200 }, { status: 404 }]);
    },
  );

  it('by another method than GET is an ordinary request everywhere', async () => {
    const { port } = await listen({ webSockets: true });
    const connection = rawConnection(port);
    connection.send(head('POST /things/1', WEBSOCKET) + last);
    expect(answersIn(await connection.ended)).toMatchObject([{ status: 200, body: { title: null } }, { status: 404 }]);
  });

  it('is taken by its name where others are offered too, after the answers to what came before it', async () => {
    const { port } = await listen({ webSockets: true });
    const upgraded = once(app.server, 'upgrade');
    const connection = rawConnection(port);
    connection.send(
      [head('GET /healthz', []), head('GET /ws', ['Connection: Upgrade', 'Upgrade: h2c, WebSocket']), 'frames'].join(
        '',
      ),
    );
    await connection.until(/"ok"/);
    const [request, socket, rest] = await upgraded;
    expect([request.url, request.headers.upgrade, rest.toString()]).toEqual(['/ws', 'websocket', 'frames']);
    socket.destroy();
  });
});
