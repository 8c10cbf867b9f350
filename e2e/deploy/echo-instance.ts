import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';

/** What an instance saw of a request or an upgrade. */
export interface Seen {
  readonly instance: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
}

export interface EchoInstance {
  readonly port: number;
  /** Answers of streams that are open: write to them. */
  readonly streams: ServerResponse[];
  /** The next `/readyz` is answered only after so long; fulfilled once it is, or once nobody waits for it any longer. */
  standStill(ms: number): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Stands in for a chat instance behind the balancer: says what it saw, as JSON and as the first frame of a WebSocket,
 * then echoes; an answer to `staysOpen` stays open.
 */
export async function startEcho(instance: string, staysOpen = /^\/stream/): Promise<EchoInstance> {
  const streams: ServerResponse[] = [];
  let still: { ms: number; over: (event: Promise<unknown>) => void } | undefined;
  const server = createServer((request, reply) => {
    const { url = '', httpVersion, headers } = request;
    if (staysOpen.test(url)) {
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.flushHeaders();
      streams.push(reply);
      return;
    }
    const { ms = 0, over } = (url === '/readyz' && still) || {};
    if (over) still = undefined;
    over?.(once(reply, 'close'));
    request.resume().on('end', async () => {
      if (ms > 0) await sleep(ms);
      reply.setHeader('x-request-id', `request-of-${instance}`);
      reply.end(JSON.stringify({ instance, url, httpVersion, headers } satisfies Seen));
    });
  });
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false });
  sockets.on('connection', (socket, { url = '', httpVersion, headers }) => {
    socket.send(JSON.stringify({ instance, url, httpVersion, headers } satisfies Seen));
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    streams,
    standStill: (ms) =>
      new Promise((over) => {
        still = { ms, over };
      }),
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
