import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { create, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const fixture = await testTrade();
const FLOOD = '/api/products?limit=100';
const CONNECTIONS = 200;
const connections: Socket[] = [];
afterEach(stopFlood);

function stopFlood(): void {
  for (const socket of connections.splice(0)) socket.destroy();
}

/** One address that asks for all that it can get, and reads some of it slowly and the rest not at all. */
function flood({ url }: TradeServer, address: string): void {
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    connections.push(socket);
    socket.on('error', () => {});
    if (i % 4 === 0) socket.pause();
    else socket.resume();
    socket.write(`GET ${FLOOD} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n\r\n`.repeat(100));
  }
}

const flooded = () => fixture.lines.filter((line) => line.includes(FLOOD)).length;

async function metric({ url }: TradeServer, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\S* (\\S+)$`, 'm').exec(text)?.[1]);
}

it('an address that floods keeps its neighbour waiting for a few of its answers, and the instance ready', async () => {
  const server = await fixture.start({ DATABASE_POOL: '2', TRUST_PROXY: '127.0.0.1' });
  for (let i = 0; i < 50; i++) await create(server, { description: 'x'.repeat(500) });
  flood(server, '203.0.113.5');
  await expect.poll(() => metric(server, 'gongu_postgres_queue_waiting')).toBeGreaterThan(100);
  for (const [method, path, as] of [
    ['GET', '/api/products?limit=1', undefined],
    ['GET', '/api/participations/me', 'ann'],
    ['POST', '/api/products', 'seller:sel'],
  ] as const) {
    const before = flooded();
    const options = { ...(as && { as }), headers: { 'x-forwarded-for': '203.0.113.6' } };
    const { status } = await server.call(method, path, { ...options, ...(method === 'POST' && { body: {} }) });
    expect(status).toBe(method === 'POST' ? 400 : 200);
    // Without turns: all of its connections.
    expect(flooded() - before).toBeLessThan(CONNECTIONS / 3);
  }
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(await metric(server, 'gongu_postgres_queue_refused_total')).toBe(0);
  stopFlood();
  await server.stop();
});
