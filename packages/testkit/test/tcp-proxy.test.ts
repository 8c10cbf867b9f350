import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TcpProxy, tcpProxy } from '../src/index.ts';

let server: Server;
let proxy: TcpProxy;
let accepted: Socket[];
let clients: Socket[];

beforeEach(async () => {
  accepted = [];
  clients = [];
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(data));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await tcpProxy({ target: (server.address() as { port: number }).port });
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await proxy.close();
  for (const socket of accepted) socket.destroy();
  server.close();
});

async function open(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  socket.on('error', () => {});
  clients.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function echo(socket: Socket, text: string): Promise<number> {
  const started = performance.now();
  socket.write(text);
  let got = 0;
  while (got < text.length) got += ((await once(socket, 'data')) as [Buffer])[0].length;
  return performance.now() - started;
}

test('passes what it gets, and rewrites URLs', async () => {
  await echo(await open(), 'hello');
  expect(proxy.through('redis://user:pw@example:6379/2')).toBe(`redis://user:pw@127.0.0.1:${proxy.port}/2`);
  expect(proxy.connections).toBe(1);
});

test('delays each way, in order', async () => {
  const socket = await open();
  proxy.delay(60);
  expect(await echo(socket, 'hello')).toBeGreaterThan(110);
});

test('throttles', async () => {
  const socket = await open();
  proxy.throttle(100_000);
  expect(await echo(socket, 'x'.repeat(30_000))).toBeGreaterThan(250);
});

test('a black hole accepts and swallows, and nobody hears that the other is gone', async () => {
  const socket = await open();
  await echo(socket, 'a');
  proxy.blackHole();
  let heard = 0;
  socket.on('data', () => heard++);
  socket.write('lost');
  const second = await open();
  second.write('lost too');
  const [upstream] = accepted;
  let ended = false;
  upstream!.on('close', () => (ended = true));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 80));
  expect([heard, ended]).toEqual([0, false]);
});

test('what lost something in a black hole is reset by what follows, and never goes on behind a gap', async () => {
  const [broken, silent] = [await open(), await open()];
  for (const one of [broken, silent]) await echo(one, 'a');
  let heard = 0;
  accepted[0]!.on('data', () => heard++);
  proxy.blackHole();
  broken.write('lost');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await proxy.pass();
  const closed = new Promise((resolve) => broken.on('close', resolve));
  broken.write('behind the gap');
  await closed;
  expect(heard).toBe(0);
  await echo(silent, 'still here');
});

test('cut resets connections on both sides; the next one works', async () => {
  const socket = await open();
  await echo(socket, 'a');
  // Not `once`, which fails on the error that a reset is.
  const gone = Promise.all([socket, accepted[0]!].map((one) => new Promise((resolve) => one.on('close', resolve))));
  proxy.cut();
  await gone;
  await echo(await open(), 'again');
});

test('refuse refuses new connections and leaves the old, until pass', async () => {
  const socket = await open();
  await proxy.refuse();
  const refused = connect(proxy.port, '127.0.0.1');
  const [error] = await once(refused, 'error');
  expect(error.code).toBe('ECONNREFUSED');
  await echo(socket, 'still here');
  await proxy.pass();
  await echo(await open(), 'back');
});

test('the end of one side reaches the other', async () => {
  const socket = await open();
  await echo(socket, 'a');
  accepted[0]!.end('bye');
  const [data] = await once(socket, 'data');
  expect(data.toString()).toBe('bye');
  await once(socket, 'end');
});

test('mute: what is sent arrives, and no answer comes', async () => {
  const socket = await open();
  await echo(socket, 'hello');
  proxy.mute();
  let answered = '';
  socket.on('data', (data) => {
    answered += data;
  });
  const arrived = once(accepted[0]!, 'data');
  socket.write('again');
  expect(String((await arrived)[0])).toBe('again');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  proxy.cut();
  await closed;
  await proxy.pass();
  await echo(await open(), 'hello');
  expect(answered).toBe('');
});
