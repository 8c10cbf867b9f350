import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type BusProxy, startBusProxy } from '../../chaos/system/bus-proxy.ts';
import { createReplySplitter } from '../../chaos/system/resp.ts';

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const message = (text: string, channel = 'gongu:bus:room:citrus') =>
  `*3\r\n${bulk('message')}${bulk(channel)}${bulk(text)}`;

let server: Server | undefined;
let proxy: BusProxy | undefined;
let client: Socket | undefined;
afterEach(async () => {
  client?.destroy();
  await proxy?.close();
  server?.close();
});

/** A subscriber behind the proxy, and what stands for Redis; `until` waits for this text at the subscriber. */
async function subscribe() {
  const arrived = new Promise<Socket>((resolve) => {
    server = createServer(resolve);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  proxy = await startBusProxy({ target: (server!.address() as { port: number }).port });
  client = connect(proxy.port, '127.0.0.1');
  let got = '';
  client.on('data', (chunk) => {
    got += chunk;
  });
  const redis = await arrived;
  redis.on('error', () => {});
  return { redis, proxy, until: (text: string) => expect.poll(() => got, { interval: 5 }).toBe(text) };
}

it('passes everything as it is, however it is cut', async () => {
  const { redis, until } = await subscribe();
  const text = `+OK\r\n:1\r\n$-1\r\n${message('감귤')}*-1\r\n*0\r\n-ERR no\r\n`;
  for (const byte of Buffer.from(text)) redis.write(Buffer.from([byte]));
  await until(text);
});

it('doubles messages of rooms, and no beat and no reply', async () => {
  const { redis, proxy, until } = await subscribe();
  proxy.set('doubled');
  const beat = message('1', 'gongu:bus:beat');
  redis.write(`${beat}:1\r\n${message('one')}`);
  await until(`${beat}:1\r\n${message('one')}${message('one')}`);
  expect(proxy.harmed).toBe(1);
});

it('lets later messages overtake earlier ones, and holds none back for long', async () => {
  const { redis, proxy, until } = await subscribe();
  proxy.set('reordered');
  redis.write(['one', 'two', 'three', 'four'].map((text) => message(text)).join(''));
  await until(['three', 'two', 'one', 'four'].map((text) => message(text)).join(''));
});

it('knows a message in RESP 3 as well, where it is a push', async () => {
  const { redis, proxy, until } = await subscribe();
  proxy.set('doubled');
  const push = message('one').replace('*', '>');
  redis.write(`%1\r\n+proto\r\n:3\r\n${push}`);
  await until(`%1\r\n+proto\r\n:3\r\n${push}${push}`);
});

it('drops every third message', async () => {
  const { redis, proxy, until } = await subscribe();
  proxy.set('dropped');
  redis.write(['one', 'two', 'three', 'four'].map((text) => message(text)).join(''));
  await until(['one', 'two', 'four'].map((text) => message(text)).join(''));
  expect(proxy.harmed).toBe(1);
});

it('reads replies within replies', () => {
  const split = createReplySplitter();
  const [reply] = split(Buffer.from(`*2\r\n*1\r\n${bulk('a')}:5\r\n`));
  expect(reply?.bytes.toString()).toBe(`*2\r\n*1\r\n${bulk('a')}:5\r\n`);
  expect(split(Buffer.from('*2\r\n:1\r\n'))).toEqual([]);
  expect(split(Buffer.from(':2\r\n')).map(({ bytes }) => bytes.toString())).toEqual(['*2\r\n:1\r\n:2\r\n']);
});
