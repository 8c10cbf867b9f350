import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { createWaiters } from '../../src/shopper/waiters.ts';

/** One connection of a client, and what it sent. */
export interface Connection {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into the frames
  readonly frames: readonly any[];
  send(frame: object): void;
  close(code: number, reason?: string): void;
  cut(): void;
  /** The first frame of that type, there or to come; `skip` of them are passed over. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into the frames
  got(type: string, skip?: number): Promise<any>;
}

/** A WebSocket server that says what the test tells it to say, and nothing else. */
export async function scriptedServer(options: { refuse?: () => number | null } = {}) {
  const connections: Connection[] = [];
  const waiters = createWaiters();
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: () => 'gongu.v1',
    verifyClient: (_, answer) => {
      const status = options.refuse?.() ?? null;
      answer(status === null, status ?? 101);
    },
  });
  server.on('connection', (socket) => {
    connections.push(connectionOf(socket));
    waiters.look();
  });
  await new Promise((resolve) => server.once('listening', resolve));

  function connectionOf(socket: WebSocket): Connection {
    const frames: { type: string }[] = [];
    socket.on('message', (data) => {
      frames.push(JSON.parse(String(data)));
      waiters.look();
    });
    return {
      frames,
      send: (frame) => socket.send(JSON.stringify(frame)),
      close: (code, reason) => socket.close(code, reason),
      cut: () => socket.terminate(),
      async got(type, skip = 0) {
        const all = () => frames.filter((frame) => frame.type === type);
        await waiters.until(
          () => all().length > skip,
          5_000,
          () => `no ${type}: ${JSON.stringify(frames)}`,
        );
        return all()[skip];
      },
    };
  }

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    connections,
    /** The connection of that number, there or to come. */
    async connection(index: number): Promise<Connection> {
      await waiters.until(
        () => connections.length > index,
        5_000,
        () => `no connection ${index}`,
      );
      return connections[index]!;
    },
    async stop(): Promise<void> {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type ScriptedServer = Awaited<ReturnType<typeof scriptedServer>>;
