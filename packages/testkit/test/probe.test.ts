import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Probe, probe, UpgradeRefused } from '../src/index.ts';

let http: Server;
let sockets: WebSocketServer;
let url: string;
let onSocket: (socket: WebSocket) => void;
const probes: Probe[] = [];

beforeEach(async () => {
  onSocket = () => {};
  http = createServer();
  sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  http.on('upgrade', (request, socket, head) => {
    if (request.url === '/refused') {
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\nx-a: b\r\n\r\n{}');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => onSocket(opened));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `ws://127.0.0.1:${(http.address() as { port: number }).port}`;
});
afterEach(() => {
  for (const one of probes.splice(0)) one.terminate();
  sockets.close();
  http.close();
});

async function open(path = '/', protocols?: string[]): Promise<Probe> {
  const opened = await probe(url + path, { timeoutMs: 500, ...(protocols ? { protocols } : {}) });
  probes.push(opened);
  return opened;
}

test('frames are taken in order; with a predicate, others wait in the queue', async () => {
  onSocket = (socket) => {
    socket.send('{"type":"ready"}'); // in one packet with the 101
    socket.send('CONNECTED\n\n\u0000');
    socket.send(Buffer.from([1, 2]));
  };
  const one = await open('/', ['gongu.v1']);
  expect(one.protocol).toBe('gongu.v1');
  expect(await one.next((frame) => typeof frame === 'string')).toBe('CONNECTED\n\n\u0000');
  expect(await one.next()).toEqual({ type: 'ready' });
  expect(await one.next()).toEqual(Buffer.from([1, 2]));
});

test('none: fails when a frame comes, and only for the frames that it means', async () => {
  onSocket = (socket) => socket.on('message', (data, binary) => socket.send(data, { binary }));
  const one = await open();
  await one.none(30);
  one.send({ type: 'a' });
  await one.none(100, (frame) => frame.type === 'b');
  await expect(one.none(100)).rejects.toThrow('a frame came that should not');
});

test('next: says what is in the queue when time is up, and does not wait for a socket that is closed', async () => {
  onSocket = (socket) => socket.send('{"type":"other"}');
  const one = await open();
  await expect(one.next((frame) => frame.type === 'ack', 30)).rejects.toThrow(
    'no frame in 30 ms; queue: [{"type":"other"}]',
  );
  one.terminate();
  await expect(one.next((frame) => frame.type === 'ack')).rejects.toThrow('closed before the frame came');
});

test('closed: code and reason', async () => {
  onSocket = (socket) => socket.close(4503, '나가기');
  expect(await (await open()).closed()).toEqual({ code: 4503, reason: '나가기' });
});

test('a refused upgrade tells status, headers and body', async () => {
  const refused = await probe(`${url}/refused`).catch((error) => error);
  expect(refused).toBeInstanceOf(UpgradeRefused);
  expect(refused).toMatchObject({ status: 401, body: '{}', headers: { 'x-a': 'b' } });
});
