import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttp, createLog, type Http } from '../src/index.ts';
import { answersIn, rawConnection } from './fixture/raw-exchange.ts';

let app: Http;
afterEach(() => app.close());

async function listen(
  answer: () => Promise<unknown> = async () => ({}),
  options: { draining?: () => boolean } = {},
): Promise<number> {
  app = createHttp({
    log: createLog({ service: 'test', level: 'silent' }),
    service: { name: 'test', description: '', version: '0' },
    allowedOrigins: '*',
    ...options,
  });
  app.get('/', answer);
  app.get('/raw', async (_request, reply) => {
    reply.hijack();
    await answer();
    reply.raw.end('raw');
  });
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
}

describe('closing', () => {
  it('does not wait for a connection on which nothing was asked', async () => {
    const port = await listen();
    const opened = once(app.server, 'connection');
    const socket = connect(port, '127.0.0.1');
    const closed = once(socket, 'close');
    await opened;
    await app.close();
    await closed;
  });

  it('waits for an answer that is under way, and not for the client to let go of the connection after it', async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let reached = () => {};
    const reachedHandler = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const port = await listen(async () => {
      reached();
      await finished;
      return { late: true };
    });
    const agent = new Agent({ keepAlive: true, timeout: 60_000 });
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent }, resolve).once('error', reject);
    });
    await reachedHandler;
    const closed = app.close();
    setTimeout(finish, 100);
    const body = await (await response).toArray();
    expect(Buffer.concat(body).toString()).toBe('{"late":true}');
    expect((await response).headers.connection).toBe('close');
    await closed;
    agent.destroy();
  });

  it.each<[string, (ask: () => void, close: () => void) => unknown]>([
    ['just before it', (ask, close) => [ask(), close()]],
    ['just after it', (ask, close) => [close(), ask()]],
    ['a turn after it', (ask, close) => [close(), setImmediate(ask)]],
    ['some turns after it', (ask, close) => [close(), setTimeout(ask, 5)]],
  ])('answers what is asked on idle connections %s, and says that they end', async (_when, inOrder) => {
    const port = await listen();
    const connections = Array.from({ length: 30 }, () => rawConnection(port));
    const ask = () => {
      for (const connection of connections) connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    };
    ask();
    await Promise.all(connections.map((connection) => connection.until(/\{\}$/)));
    let closed: Promise<unknown> = Promise.resolve();
    inOrder(ask, () => {
      closed = app.close();
    });
    for (const connection of connections) {
      const [, last] = answersIn(await connection.ended);
      expect(last).toMatchObject({ headers: { connection: 'close' } });
      expect([200, 503]).toContain(last!.status);
    }
    await closed;
  });

  it('says in every answer that begins from then on that its connection ends, also of what was asked before', async () => {
    const held: (() => void)[] = [];
    const port = await listen(() => new Promise((resolve) => held.push(() => resolve({}))));
    const connections = ['/', '/raw'].map((path) => {
      const connection = rawConnection(port);
      connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      return connection;
    });
    await expect.poll(() => held.length).toBe(2);
    const closed = app.close();
    await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
    for (const answer of held) answer();
    for (const { ended } of connections) expect(await ended).toMatch(/\r\nconnection: close\r\n/i);
    await closed;
  });

  it('has answers end their connections once the service drains, also of what was asked before', async () => {
    let draining = false;
    const held: (() => void)[] = [];
    const answer = () => new Promise((resolve) => held.push(() => resolve({})));
    const port = await listen(answer, { draining: () => draining });
    const connection = rawConnection(port);
    connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => held.length).toBe(1);
    draining = true;
    held[0]!();
    expect(answersIn(await connection.ended)).toMatchObject([{ status: 200, headers: { connection: 'close' } }]);
  });

  it('waits for a request whose head is on its way', async () => {
    const port = await listen();
    const connection = rawConnection(port);
    connection.send('GET / HTTP/1.1\r\nHost: ');
    await once(app.server, 'connection');
    const closed = app.close();
    setTimeout(() => connection.send('x\r\n\r\n'), 300);
    expect(answersIn(await connection.ended)).toMatchObject([{ status: 503, headers: { connection: 'close' } }]);
    await closed;
  });
});
