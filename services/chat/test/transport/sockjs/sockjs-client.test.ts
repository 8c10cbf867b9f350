import { Client } from '@stomp/stompjs';
import SockJS from 'sockjs-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDestinations } from '../../../src/protocol/stomp/destination.ts';
import { createStompProtocol } from '../../../src/protocol/stomp/protocol.ts';
import type { Accept } from '../../../src/transport/socket.ts';
import { close, echo, recorder, type SockJsApp, sockJsApp } from '../../fixture/sockjs-app.ts';
import { joined, messageEvent, ready } from '../../fixture/stomp-client.ts';

/** Those that work without a browser's own parts are those that work in a current browser. */
const TRANSPORTS = ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'] as const;

/** A STOMP codec on a socket, with a session that knows everybody and grants everything. */
const stomp: Accept = (socket) => {
  const codec = createStompProtocol({ destinations: createDestinations() }).create({ subprotocol: null });
  const tell = (event: Parameters<typeof codec.render>[0]) => {
    for (const text of codec.render(event).texts) socket.send(text);
  };
  let seq = 9;
  return {
    frame(data) {
      for (const step of codec.receive(data)) {
        if (step.kind === 'reply') socket.send(step.text);
        if (step.kind === 'close') {
          for (const text of step.texts ?? []) socket.send(text);
          socket.close(step.code, step.reason);
        }
        if (step.kind !== 'command') continue;
        if (step.command.type === 'auth') tell(ready);
        if (step.command.type === 'join') tell(joined(step.command));
        if (step.command.type !== 'send') continue;
        tell(messageEvent(++seq, step.command.content));
        tell({ type: 'ok', ref: step.command.ref });
      }
    },
    drained() {},
    closed() {},
  };
};

/** What the types of sockjs-client leave out. */
type Chosen = WebSocket & { readonly transport: string };

let server: SockJsApp;
const kept = recorder();
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  server = await sockJsApp({
    '/echo': { accept: echo, responseLimitBytes: 4_096, disconnectDelayMs: 500 },
    '/close': { accept: close },
    '/kept': { accept: kept.accept },
    '/stomp': { accept: stomp },
  });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(() => server.close());

function connect(base: string, transport: string): { client: Chosen; opened: Promise<void>; next(): Promise<string> } {
  const client = new SockJS(server.url(`${base}?token=abc`), null, { transports: [transport] }) as Chosen;
  ends.push(() => client.close());
  const queue: string[] = [];
  let wake = () => {};
  client.onmessage = ({ data }) => {
    queue.push(data);
    wake();
  };
  return {
    client,
    opened: new Promise((resolve, reject) => {
      client.onopen = () => resolve();
      client.onclose = ({ code, reason }) => reject(new Error(`${code} ${reason}`));
    }),
    async next() {
      while (queue.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return queue.shift()!;
    },
  };
}

describe.each(TRANSPORTS)('sockjs-client 1.6 over %s', (transport) => {
  test('sends and receives, in order, every character', async () => {
    const { client, opened, next } = connect('/echo', transport);
    await opened;
    expect(client.transport).toBe(transport);
    const texts = [
      'a',
      '안녕 🍊',
      '\u0000\u2028\ufeff"\\\n',
      '50% 할인, %25, %ED%95%A0, %E0%A4 and %',
      '',
      'x'.repeat(3_000),
      ...Array.from({ length: 30 }, (_, i) => `${i}`),
    ];
    for (const text of texts) client.send(text);
    for (const text of texts) expect(await next()).toBe(text);
  });

  test('goes on over many answers when there is more than one may hold', async () => {
    const { client, opened, next } = connect('/echo', transport);
    await opened;
    for (let i = 0; i < 12; i++) {
      client.send(`${i} ${'x'.repeat(1_500)}`);
      expect(await next()).toMatch(new RegExp(`^${i} x`));
    }
  });

  test('is told by the server that it is over, and why', async () => {
    const { client } = connect('/close', transport);
    const closed = await new Promise<{ code: number; reason: string }>((resolve) => {
      client.onclose = ({ code, reason }) => resolve({ code, reason });
    });
    expect(closed).toEqual({ code: 3000, reason: 'Go away!' });
  });

  test('keeps its query on every request, and its close is heard', async () => {
    const sockets = kept.sockets.length;
    const count = kept.ends.length;
    const { client, opened } = connect('/kept', transport);
    await opened;
    expect(kept.sockets).toHaveLength(sockets + 1);
    client.close();
    while (kept.ends.length === count) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(kept.ends).toHaveLength(count + 1);
  });

  test('carries stompjs', async () => {
    const client = new Client({
      webSocketFactory: () => new SockJS(server.url('/stomp'), null, { transports: [transport] }),
      connectHeaders: { Authorization: 'Bearer a.b.c' },
      reconnectDelay: 0,
    });
    ends.push(() => client.deactivate());
    await new Promise<void>((resolve) => {
      client.onConnect = () => resolve();
      client.activate();
    });
    const received = new Promise<string>((resolve) => {
      client.subscribe('/topic/chat/r1', ({ body }) => resolve(JSON.parse(body).content));
    });
    client.publish({ destination: '/app/chat/r1', body: JSON.stringify({ content: '안녕 🍊' }) });
    expect(await received).toBe('안녕 🍊');
  });
});

test('with all transports allowed, the first that works is taken', async () => {
  const client = new SockJS(server.url('/echo')) as Chosen;
  ends.push(() => client.close());
  await new Promise((resolve) => {
    client.onopen = resolve;
  });
  expect(client.transport).toBe('websocket');
});
