import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { tokenOf } from '../fixture/tokens.ts';
import { draft, testTrade } from '../fixture/trade-server.ts';

const { start } = await testTrade();

/** What comes back for these bytes until the server closes. */
function exchange(url: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => resolve(received));
  });
}
const statuses = (received: string) =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe.each([['h2c'], ['TLS/1.0'], ['websocket'], ['h2c, websocket']])('a request with Upgrade: %s', (upgrade) => {
  it('is answered as any other, by every kind of route, and nothing of it is left when the service stops', async () => {
    const server = await start({ DRAIN_MS: '200' });
    const asks = `Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABk\r\n`;
    const body = JSON.stringify(draft({ title: 'x' }));
    const received = await exchange(
      server.url,
      [
        `GET /healthz HTTP/1.1\r\n${asks}\r\n`,
        `GET /api/products?limit=1 HTTP/1.1\r\n${asks}\r\n`,
        `POST /api/products HTTP/1.1\r\n${asks}Authorization: Bearer ${tokenOf('seller:sel')}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        `DELETE /api/products/none/participations/me HTTP/1.1\r\n${asks}\r\n`,
        `GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      ].join(''),
    );
    expect(statuses(received)).toEqual([200, 200, 201, 401, 404]);
    const waiting = exchange(server.url, `GET /healthz HTTP/1.1\r\n${asks}\r\n`);
    await server.call('GET', '/api/products');
    await server.stop();
    expect(statuses(await waiting)).toEqual([200]);
  });
});
