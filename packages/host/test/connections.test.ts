import { once } from 'node:events';
import { METHODS } from 'node:http';
import { connect } from 'node:net';
import { badRawAnswers } from '@gongu/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttp, createLog, type Http, type HttpOptions } from '../src/index.ts';
import { answersIn, rawConnection } from './fixture/raw-exchange.ts';

let app: Http;
afterEach(() => app.close());

async function listen(options: Partial<HttpOptions> = {}) {
  app = createHttp({
    log: createLog({ service: 'test', level: 'silent' }),
    service: { name: 'test', description: '', version: '0' },
    allowedOrigins: '*',
    ...options,
  });
  const seen = { handled: 0, atOnce: 0, most: 0 };
  app.get('/number/:n', async (request) => {
    seen.handled++;
    seen.most = Math.max(seen.most, ++seen.atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    seen.atOnce--;
    return { n: Number((request.params as { n: string }).n) };
  });
  app.get('/large', async () => {
    seen.handled++;
    return 'x'.repeat(4_194_304);
  });
  app.post('/things', async (request) => ({ got: request.body ?? null }));
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
  return { port, seen };
}
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const LAST = 'GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

describe('requests of one connection', () => {
  it('are handled one after the other, however many come at once', async () => {
    const { port, seen } = await listen();
    const connection = rawConnection(port);
    connection.send(Array.from({ length: 200 }, (_, n) => get(`/number/${n}`)).join('') + LAST);
    const answers = answersIn(await connection.ended);
    expect(answers.slice(0, -1).map(({ body }) => (body as { n: number }).n)).toEqual([...Array(200).keys()]);
    expect(seen.most).toBe(1);
  });

  it('wait while the answer before them is not read, and its client is cut off in time', async () => {
    const { port, seen } = await listen({ sendTimeoutMs: 500 });
    const stuck = Array.from({ length: 5 }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.pause();
      socket.on('error', () => {});
      socket.write(get('/large').repeat(100));
      return socket;
    });
    await Promise.all(stuck.map((socket) => once(socket, 'connect')));
    await expect.poll(() => connections()).toBe(5);
    expect((await fetch(`http://127.0.0.1:${port}/number/1`)).status).toBe(200);
    // The kernel takes some megabytes of each.
    await expect.poll(() => connections()).toBeLessThanOrEqual(1);
    expect(seen.handled).toBeLessThan(5 * 10);
    for (const socket of stuck) socket.destroy();
  });

  it('end where all together wait for too much, those first that have cost most', async () => {
    const { port } = await listen({ unreadBytes: 8_388_608 });
    const stuck = Array.from({ length: 20 }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.pause();
      socket.on('error', () => {});
      socket.write(get('/large').repeat(10));
      return socket;
    });
    await Promise.all(stuck.map((socket) => once(socket, 'connect')));
    // What waits of an answer of 4 MiB is all of it until the last byte has gone.
    await expect.poll(() => connections()).toBeLessThanOrEqual(3);
    expect((await fetch(`http://127.0.0.1:${port}/large`).then((answer) => answer.text())).length).toBe(4_194_304);
    for (const socket of stuck) socket.destroy();
  });

  it('are answered to a client that reads slowly, but does', async () => {
    const { port } = await listen({ sendTimeoutMs: 3_000 });
    const socket = connect(port, '127.0.0.1');
    socket.write(get('/large') + get('/large') + LAST);
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      // 8 MiB in 64 KiB each 30 ms take longer than the limit. The kernel tells the other side only now and then.
      socket.pause();
      setTimeout(() => socket.resume(), 30);
    });
    await once(socket, 'close');
    expect(bytes).toBeGreaterThan(2 * 4_194_304);
  });

  it('may be 256 behind the one that is answered; a connection with more is ended', async () => {
    const { port, seen } = await listen();
    const good = rawConnection(port);
    good.send(Array.from({ length: 256 }, (_, n) => get(`/number/${n}`)).join('') + LAST);
    expect(answersIn(await good.ended)).toHaveLength(257);
    seen.handled = 0;
    const bad = rawConnection(port);
    bad.send(get('/number/1').repeat(1_000));
    await bad.ended;
    expect(seen.handled).toBeLessThanOrEqual(1);
  });

  it('may bring bodies of a mebibyte while they wait', async () => {
    const { port } = await listen();
    const body = JSON.stringify('x'.repeat(199_998));
    const post = `POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const connection = rawConnection(port);
    connection.send(post.repeat(5) + LAST);
    expect(answersIn(await connection.ended).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 404]);
  });

  it('that are no HTTP are told so after the answers before them, never into the middle of one', async () => {
    const { port } = await listen();
    const connection = rawConnection(port);
    connection.send(`${get('/number/1') + get('/number/2')}NONSENSE\r\n\r\n`);
    expect(answersIn(await connection.ended).map(({ status }) => status)).toEqual([200, 200, 400]);
  });

  const connections = () => new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)));
});

describe('a request that is not there in time', () => {
  it.each([
    ['its head is not', 'GET /number/1 HTTP/1.1\r\nHost: x\r\n'],
    [
      'its body is not',
      'POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":',
    ],
    [
      'its chunks are not',
      'POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n',
    ],
    ['nothing of it is', ''],
    ['the second one is not', `${get('/number/1')}GET /`],
  ])('is 408 REQUEST_TIMEOUT when %s', async (_what, bytes) => {
    const { port } = await listen({ requestTimeoutMs: 300 });
    const connection = rawConnection(port);
    connection.send(bytes);
    const answers = answersIn(await connection.ended);
    expect(answers.at(-1)).toMatchObject({
      status: 408,
      headers: { 'content-type': 'application/problem+json', connection: 'close' },
      body: { code: 'REQUEST_TIMEOUT', status: 408, title: 'Request Timeout' },
    });
  });

  it('has 30 s for its head unless told otherwise, and what has come of its body gives it time', async () => {
    await listen();
    expect([app.server.requestTimeout, app.server.headersTimeout]).toEqual([0, 30_000]);
    await app.close();
    const { port } = await listen({ requestTimeoutMs: 300 });
    const body = JSON.stringify('x'.repeat(199_998));
    const connection = rawConnection(port);
    connection.send(
      `POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    connection.send(body.slice(0, -1));
    const began = performance.now();
    await expect.poll(() => performance.now() - began).toBeGreaterThan(450);
    connection.send(body.slice(-1));
    connection.send(LAST);
    expect(answersIn(await connection.ended).map(({ status }) => status)).toEqual([200, 404]);
  });
});

describe('bodies that are coming', () => {
  it('are as many as may be kept: those that have cost most take too long, and the others are taken', async () => {
    const { port } = await listen({ comingBytes: 1_000_000 });
    const head =
      'POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 150002\r\n\r\n"';
    const slow = Array.from({ length: 12 }, () => rawConnection(port));
    const ended = new Map<(typeof slow)[number], string>();
    for (const one of slow) {
      void one.ended.then((text) => ended.set(one, text));
      one.send(head + 'x'.repeat(149_999));
    }
    await expect.poll(() => ended.size).toBe(6);
    for (const text of ended.values()) {
      expect(answersIn(text)).toMatchObject([{ status: 408, body: { code: 'REQUEST_TIMEOUT' } }]);
    }
    for (const one of slow.filter((one) => !ended.has(one))) {
      one.send(`x"${LAST}`);
      expect(answersIn(await one.ended).map(({ status }) => status)).toEqual([200, 404]);
    }
  });
});

describe('connections', () => {
  it('are refused with 503 above the limit, and taken again below it', async () => {
    const { port } = await listen({ maxConnections: 2 });
    const [first, second] = [rawConnection(port), rawConnection(port)];
    first.send(get('/number/1'));
    second.send(get('/number/2'));
    await Promise.all([first.until(/"n":1/), second.until(/"n":2/)]);
    const third = rawConnection(port);
    third.send(get('/number/3'));
    const [refused] = answersIn(await third.ended);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, body: { code: 'UNAVAILABLE' } });
    first.socket.destroy();
    await expect
      .poll(async () => {
        const next = rawConnection(port);
        next.send(LAST);
        return answersIn(await next.ended)[0]!.status;
      })
      .toBe(404);
    second.socket.destroy();
  });
});

describe('a connection that is refused', () => {
  it.each([
    ['for there are too many', 1, '', /503/],
    ['for what it sends is no HTTP', 0, 'NONSENSE\r\n\r\n', /400/],
    ['for it wants a proxy', 0, 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', /405/],
  ])('%s does not stay by sending on', async (_why, maxConnections, bytes, status) => {
    const { port } = await listen({ maxConnections });
    const first = rawConnection(port);
    await once(app.server, 'connection');
    const refused = rawConnection(port);
    refused.send(bytes);
    await refused.until(status);
    const dripping = setInterval(() => refused.send('x'), 100);
    await refused.ended;
    clearInterval(dripping);
    first.socket.destroy();
  });

  it('for its headers are too large reads why, however much more it sends', async () => {
    const { port } = await listen();
    const connection = rawConnection(port);
    connection.send(`GET / HTTP/1.1\r\nHost: x\r\na: ${'a'.repeat(4_194_304)}`);
    expect(answersIn(await connection.ended)).toMatchObject([{ status: 413, body: { code: 'TOO_LARGE' } }]);
  });
});

it('a body that is larger than may be is read to its end, so that its client hears why, and the connection goes on', async () => {
  const { port } = await listen();
  const connection = rawConnection(port);
  const body = 'x'.repeat(4_194_304);
  const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  connection.send(`POST /things HTTP/1.1\r\n${head}\r\n\r\n`);
  await connection.until(/TOO_LARGE/);
  connection.send(body + get('/number/1') + LAST);
  expect(answersIn(await connection.ended).map(({ status }) => status)).toEqual([413, 200, 404]);
});

it('what is no good HTTP is answered by a problem that ends its connection', async () => {
  const { port } = await listen();
  expect(await badRawAnswers(`http://127.0.0.1:${port}`)).toEqual([]);
});

describe('a method that no route has', () => {
  it.each([['TRACE'], ['QUERY'], ['PROPFIND'], ['MKCOL'], ['PURGE'], ['LINK'], ['SEARCH']])(
    '%s is 405 with Allow, and the connection goes on',
    async (method) => {
      const { port } = await listen();
      const connection = rawConnection(port);
      connection.send(
        `${method} /number/1 HTTP/1.1\r\nHost: x\r\n\r\n${method} /nowhere HTTP/1.1\r\nHost: x\r\n\r\n${LAST}`,
      );
      const answers = answersIn(await connection.ended);
      // A parser that knows no QUERY ends the connection with the answer.
      if (!METHODS.includes(method)) {
        expect(answers).toMatchObject([{ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } }]);
        return;
      }
      for (const [i, allow] of ['GET, HEAD, OPTIONS', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'].entries()) {
        expect(answers[i]).toMatchObject({ status: 405, headers: { allow }, body: { code: 'METHOD_NOT_ALLOWED' } });
      }
    },
  );

  it('CONNECT is 405 too, and ends the connection', async () => {
    const { port } = await listen();
    const connection = rawConnection(port);
    connection.send('CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n');
    expect(answersIn(await connection.ended)).toMatchObject([{ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } }]);
  });
});
