import { Client, type IMessage, type StompConfig, Versions } from '@stomp/stompjs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import webstomp from 'webstomp-client';
import { WebSocket } from 'ws';
import { type StompBroker, stompBroker } from '../../fixture/stomp-broker.ts';

let broker: StompBroker;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  broker = await stompBroker();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(() => broker.close());

/** A connected client of @stomp/stompjs. */
async function stompjs(
  config: StompConfig = {},
  subprotocols = ['v12.stomp', 'v11.stomp', 'v10.stomp'],
): Promise<Client> {
  const client = new Client({
    // The real client runs on the real socket; only the constructor's type differs from a browser's.
    webSocketFactory: () => new WebSocket(broker.url, subprotocols) as never,
    reconnectDelay: 0,
    ...config,
  });
  ends.push(() => client.deactivate());
  await new Promise<void>((resolve) => {
    client.onConnect = () => resolve();
    client.activate();
  });
  return client;
}

/** What arrives at a destination, taken one by one. */
function inbox(client: Client, destination: string): () => Promise<IMessage> {
  const queue: IMessage[] = [];
  let wake: (() => void) | undefined;
  client.subscribe(destination, (message) => {
    queue.push(message);
    wake?.();
  });
  return async () => {
    while (queue.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return queue.shift()!;
  };
}

function receipt(client: Client, id: string): Promise<void> {
  return new Promise((resolve) => client.watchForReceipt(id, () => resolve()));
}

test.each<[string, StompConfig]>([
  ['text frames', {}],
  ['binary frames', { forceBinaryWSFrames: true }],
  ['frames over several messages', { splitLargeFrames: true, maxWebSocketChunkSize: 64 }],
  ['STOMP 1.1', { stompVersions: new Versions(['1.1']) }],
  ['STOMP 1.0', { stompVersions: new Versions(['1.0']) }],
])('stompjs 7 with %s: bodies and user headers go through the frame layer as they are', async (_, config) => {
  const client = await stompjs(config);
  const next = inbox(client, '/anything/at all');
  const body = `안녕 🍊 ${'감귤 '.repeat(2_000)}\nline`;
  client.publish({ destination: '/anything/at all', body, headers: { 'x-user': '값 1', receipt: 'r-1' } });
  await receipt(client, 'r-1');
  const message = await next();
  expect(message.body).toBe(body);
  expect(message.headers['x-user']).toBe('값 1');
  expect(message.headers['message-id']).toMatch(/^\d+$/);
});

test('stompjs 7: escaped headers of 1.2 come back as they were', async () => {
  const client = await stompjs();
  const next = inbox(client, '/q');
  const value = 'a:b\nd\re \\ f';
  client.publish({ destination: '/q', body: 'x', headers: { key: value } });
  expect((await next()).headers.key).toBe(value);
});

test('stompjs 7: a body of any bytes is opaque, NUL included', async () => {
  const client = await stompjs();
  const next = inbox(client, '/bytes');
  const binaryBody = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
  client.publish({ destination: '/bytes', binaryBody, headers: { 'content-type': 'application/octet-stream' } });
  const message = await next();
  expect([...message.binaryBody]).toEqual([...binaryBody]);
  expect(message.headers['content-type']).toBe('application/octet-stream');
});

test('stompjs 7: two clients of different versions understand each other', async () => {
  const [old, current] = await Promise.all([stompjs({ stompVersions: new Versions(['1.0']) }), stompjs()]);
  const next = inbox(old, '/topic/x');
  old.publish({ destination: '/topic/none', headers: { receipt: 'there' } });
  await receipt(old, 'there');
  current.publish({ destination: '/topic/x', body: '안녕', headers: { key: 'two\nlines' } });
  const message = await next();
  expect([message.body, message.headers.key]).toEqual(['안녕', 'two lines']);
});

test('stompjs 7 takes its leave: the receipt of DISCONNECT, then the close', async () => {
  const client = await stompjs();
  const codes: number[] = [];
  client.onWebSocketClose = (event) => codes.push(event.code);
  await client.deactivate();
  // The client's own close, which names no code.
  expect(codes).toEqual([1005]);
});

test('webstomp-client, which cuts frames into messages', async () => {
  const socket = new WebSocket(broker.url, ['v10.stomp', 'v11.stomp', 'v12.stomp']);
  const client = webstomp.over(socket as never, { debug: false });
  ends.push(() => client.disconnect());
  (client as unknown as { maxWebSocketFrameSize: number }).maxWebSocketFrameSize = 100;
  await new Promise<void>((resolve, reject) => client.connect({}, () => resolve(), reject));
  const got = new Promise<string>((resolve) => client.subscribe('/topic/w', (message) => resolve(message.body)));
  const body = '감귤🍊'.repeat(200);
  client.send('/topic/w', body);
  expect(await got).toBe(body);
});
