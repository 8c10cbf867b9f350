import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';

let pair: Pair | undefined;
let between: Server | undefined;
afterEach(async () => {
  await pair?.stop();
  between?.close();
});

it('a service starts although PostgreSQL, which answered a moment ago, drops the first connections that its work asks for', async () => {
  const left = new Map([
    ['gongu-chat', 2],
    ['gongu trade', 2],
  ]);
  pair = await startPair({
    async through(url) {
      const { hostname, port } = new URL(url);
      between = createServer((client) => {
        client.on('error', () => {});
        client.once('data', (hello) => {
          // What waits for PostgreSQL, and what migrates, have other names.
          const name = [...left.keys()].find((one) => hello.includes(`application_name\0${one}\0`));
          if (name !== undefined && left.get(name)! > 0) {
            left.set(name, left.get(name)! - 1);
            return client.destroy();
          }
          const server = connect(Number(port), hostname);
          server.on('error', () => client.destroy());
          server.write(hello);
          client.pipe(server).pipe(client);
        });
      });
      await once(between.listen(0, '127.0.0.1'), 'listening');
      const at = new URL(url);
      at.host = `127.0.0.1:${(between.address() as AddressInfo).port}`;
      return at.href;
    },
  });
  expect(Object.fromEntries(left)).toEqual({ 'gongu-chat': 0, 'gongu trade': 0 });
  for (const { url } of [pair.chat, pair.trade!]) {
    expect((await call('GET', `${url}/readyz`, pair.service())).status).toBe(200);
  }
});
