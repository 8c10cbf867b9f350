import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttp, createLog, type Http } from '../src/index.ts';

let app: Http;
afterEach(() => app.close());

async function listen(answer: () => Promise<unknown> = async () => ({})): Promise<number> {
  app = createHttp({
    log: createLog({ service: 'test', level: 'silent' }),
    service: { name: 'test', description: '', version: '0' },
    allowedOrigins: '*',
  });
  app.get('/', answer);
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
    await closed;
    agent.destroy();
  });
});
